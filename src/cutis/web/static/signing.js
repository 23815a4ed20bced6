// A field to sign in. What is drawn is kept as strokes: lines of points from 0 to 1 of the field's width and height.
export function signing(canvas, clear, changed = () => {}) {
  const strokes = [];
  let pen = null;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const within = (n) => Math.round(Math.min(1, Math.max(0, n)) * 1e4) / 1e4;
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  }

  function draw() {
    const brush = canvas.getContext("2d");
    const [width, height] = [canvas.width, canvas.height];
    brush.clearRect(0, 0, width, height);
    brush.strokeStyle = brush.fillStyle = getComputedStyle(canvas).color;
    brush.lineWidth = width / 160;
    brush.lineCap = brush.lineJoin = "round";
    for (const stroke of strokes) {
      brush.beginPath();
      for (const [x, y] of stroke) brush.lineTo(x * width, y * height);
      if (stroke.length === 1) brush.lineTo(stroke[0][0] * width + 1, stroke[0][1] * height);
      brush.stroke();
    }
    if (clear) clear.hidden = !strokes.length;
    changed(strokes);
  }

  // As many pixels as the screen shows, so that lines are not blurred.
  function fit() {
    const scale = Math.min(3, devicePixelRatio || 1);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => Math.round(n * scale));
    if (!width || (width === canvas.width && height === canvas.height)) return;
    [canvas.width, canvas.height] = [width, height];
    draw();
  }

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    pen = [place(event)];
    strokes.push(pen);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pen) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) pen.push(place(one));
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (pen = null));
  clear?.addEventListener("click", () => {
    strokes.length = 0;
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(fit).observe(canvas);
  return strokes;
}
