// Two photos over each other, with a line between them that a slider moves. Without this script they stand side by side.
const box = document.querySelector(".compare");
const figures = [...(box?.querySelectorAll("figure") ?? [])];

if (figures.length === 2) {
  const range = document.createElement("input");
  range.type = "range";
  range.min = 0;
  range.max = 100;
  range.value = 50;
  range.setAttribute("aria-label", box.dataset.label);
  const move = () => {
    box.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value}%`);
  };
  range.addEventListener("input", move);
  box.classList.add("over");
  box.style.setProperty("--ratio", figures[0].querySelector("img").width / figures[0].querySelector("img").height);
  box.append(range);
  move();
}
