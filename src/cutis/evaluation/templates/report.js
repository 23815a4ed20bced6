"use strict";
{
  const dialog = document.querySelector("dialog");
  const items = [...document.querySelectorAll(".photos button")];
  let at = 0;
  const show = (index) => {
    at = (index + items.length) % items.length;
    const item = items[at].closest("li");
    const photo = item.querySelector("img");
    const picture = dialog.querySelector("img");
    picture.hidden = !photo;
    picture.src = photo ? photo.src : "data:,";
    picture.alt = photo ? photo.alt : "";
    dialog.querySelector(".text > div").replaceChildren(...[...item.querySelectorAll("p")].map((p) => p.cloneNode(true)));
  };
  items.forEach((button, index) => button.addEventListener("click", () => { show(index); dialog.showModal(); }));
  dialog.addEventListener("click", (event) => {
    const step = event.target.dataset && event.target.dataset.step;
    if (event.target === dialog || step === "0") dialog.close();
    else if (step) show(at + Number(step));
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    if (event.key === "ArrowLeft") show(at - 1);
  });
}
