(() => {
  "use strict";
  const layers = JSON.parse(document.getElementById("layers").textContent);

  document.querySelectorAll(".area").forEach((area) => {
    const map = area.querySelector(".map"), choice = area.querySelector("select.layer"), veil = area.querySelector(".veil");
    if (!map || !choice) return;
    choice.addEventListener("change", () => {
      const layer = layers[choice.dataset.area][Number(choice.value)];
      map.src = layer.source;
      map.alt = layer.title;
      area.querySelector(".legend .title").textContent = layer.title;
      [".low", ".high"].forEach((end, place) => { area.querySelector(".legend " + end).textContent = layer.ends[place]; });
    });
    veil.addEventListener("input", () => map.style.setProperty("--veil", String(veil.value / 100)));
  });

  const opened = () => {
    const block = location.hash && document.getElementById(location.hash.slice(1));
    if (block && block.tagName === "DETAILS") { block.open = true; block.scrollIntoView(); }
  };
  addEventListener("hashchange", opened);
  opened();

  document.querySelectorAll(".slider").forEach((slider) => {
    const view = slider.querySelector(".before-after"), slide = slider.querySelector(".slide");
    const show = () => view.style.setProperty("--cut", slide.value + "%");
    slide.addEventListener("input", show);
    const follow = (event) => {
      const box = view.getBoundingClientRect();
      slide.value = String(Math.round(100 * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))));
      show();
    };
    view.addEventListener("pointerdown", (event) => { view.setPointerCapture(event.pointerId); follow(event); });
    view.addEventListener("pointermove", (event) => { if (event.buttons) follow(event); });
    show();
  });
})();
