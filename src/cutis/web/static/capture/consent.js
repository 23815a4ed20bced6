// A signature, kept as lines from 0 to 1 of the field's width and height.
import { local } from "./queue.js";

const form = document.querySelector("#sign");
const field = document.querySelector("#field");
const strokes = [];
let pen = null;

function draw() {
  const brush = field.getContext("2d");
  brush.clearRect(0, 0, field.width, field.height);
  brush.strokeStyle = getComputedStyle(field).color;
  brush.lineWidth = 4;
  brush.lineCap = brush.lineJoin = "round";
  for (const stroke of strokes) {
    brush.beginPath();
    for (const [x, y] of stroke) brush.lineTo(x * field.width, y * field.height);
    if (stroke.length === 1) brush.lineTo(stroke[0][0] * field.width + 1, stroke[0][1] * field.height);
    brush.stroke();
  }
}

function place(event) {
  const box = field.getBoundingClientRect();
  const within = (n) => Math.round(Math.min(1, Math.max(0, n)) * 1e4) / 1e4;
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

if (form) {
  field.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    field.setPointerCapture(event.pointerId);
    pen = [place(event)];
    strokes.push(pen);
    draw();
  });
  field.addEventListener("pointermove", (event) => {
    if (!pen) return;
    pen.push(place(event));
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) field.addEventListener(name, () => (pen = null));
  document.querySelector("#clear").addEventListener("click", () => {
    strokes.length = 0;
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  form.addEventListener("submit", (event) => {
    const note = form.querySelector(".notice");
    const signed = strokes.flat().length > 4 || form.paper?.checked;
    note.textContent = signed ? "" : form.dataset.empty;
    note.hidden = Boolean(signed);
    if (!signed) event.preventDefault();
    form.strokes.value = JSON.stringify(strokes);
    form.clock.value = local(new Date());
  });
}
