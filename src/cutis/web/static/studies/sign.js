// A field to sign in: what is drawn is sent as lines of points from 0 to 1. Without this script, consent is on paper.
const form = document.querySelector("#sign");
const field = form?.querySelector(".signing");
const canvas = field?.querySelector("canvas");
const strokes = [];
let line = null;

function place(event) {
  const box = canvas.getBoundingClientRect();
  const within = (n) => Math.min(1, Math.max(0, n));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

function draw() {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.lineWidth = 4;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of strokes) {
    pen.beginPath();
    stroke.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](x * canvas.width, y * canvas.height));
    pen.stroke();
  }
}

if (canvas) {
  field.hidden = false;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    line = [place(event)];
    strokes.push(line);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!line) return;
    line.push(place(event));
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (line = null));
  field.querySelector("[data-clear]").addEventListener("click", () => {
    strokes.length = 0;
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  form.addEventListener("submit", () => {
    form.strokes.value = JSON.stringify(strokes.map((one) => one.map(([x, y]) => [+x.toFixed(4), +y.toFixed(4)])));
    form.clock.value = new Date().toISOString();
  });
}
