// Positions come as 16-bit whole numbers, so that ten thousand of them stay small.
const data = JSON.parse(document.getElementById("data").textContent);
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer;
const xs = new Uint16Array(bytes(data.x)), ys = new Uint16Array(bytes(data.y));
const near = new Int32Array(bytes(data.near));
const count = xs.length, alike = count ? near.length / count : 0;
const canvas = document.getElementById("map"), pen = canvas.getContext("2d");
const facts = document.getElementById("facts"), note = document.getElementById("note");
const dark = matchMedia("(prefers-color-scheme: dark)");
const $ = id => document.getElementById(id);
const SPAN = 65535, EDGE = 28, PHOTOS_AT_ONCE = 150;

let key = data.labelled ? "label" : "prediction";   // what the colours mean
let onlyDiffering = false, lit = -1, chosen = -1, over = -1;
let view = { scale: 1, x: 0, y: 0 }, width = 0, height = 0;
const off = new Set();                              // classes switched off

const classOf = i => data[key][i];
const visible = i => !off.has(classOf(i)) && (!onlyDiffering || (data.label[i] >= 0 && data.label[i] !== data.prediction[i]));
const colour = c => c < 0 ? data.unknown[dark.matches ? 1 : 0] : data.classes[c][dark.matches ? "dark" : "light"];
const mark = c => c < 0 ? "circle" : data.classes[c].mark;
const title = c => c < 0 ? "no label" : data.classes[c].title;

// --- where things are -------------------------------------------------------------------------------------------
const base = () => Math.min(width - 2 * EDGE, height - 2 * EDGE) / SPAN;
const left = () => (width - SPAN * base()) / 2, top_ = () => (height - SPAN * base()) / 2;
const px = x => (left() + x * base()) * view.scale + view.x;
const py = y => (top_() + y * base()) * view.scale + view.y;

function zoom(factor, cx = width / 2, cy = height / 2) {
  const scale = Math.min(60, Math.max(1, view.scale * factor)), ratio = scale / view.scale;
  view = { scale, x: cx - (cx - view.x) * ratio, y: cy - (cy - view.y) * ratio };
  keepInside(); draw();
}
function pan(dx, dy) { view.x += dx; view.y += dy; keepInside(); draw(); }
function keepInside() {
  view.x = Math.min(width * 0.5, Math.max(width * 0.5 - width * view.scale, view.x));
  view.y = Math.min(height * 0.5, Math.max(height * 0.5 - height * view.scale, view.y));
  if (view.scale === 1) { view.x = 0; view.y = 0; }
}
function home() { view = { scale: 1, x: 0, y: 0 }; draw(); }

// --- pictures ---------------------------------------------------------------------------------------------------
const sheets = data.sheets.uris.map(() => null);
function sheet(number) {
  if (!sheets[number]) {
    const image = new Image();
    image.onload = () => { draw(); for (const c of document.querySelectorAll("#facts canvas")) paint(c); };
    image.src = data.sheets.uris[number];
    sheets[number] = image;
  }
  return sheets[number].complete && sheets[number].naturalWidth ? sheets[number] : null;
}
function picture(target, i, x, y, side) {
  const place = data.sheets.place[i], size = data.sheets.across ** 2;
  if (place < 0) return false;
  const image = sheet(Math.floor(place / size));
  if (!image) return false;
  const within = place % size, s = data.sheets.side;
  target.drawImage(image, (within % data.sheets.across) * s, Math.floor(within / data.sheets.across) * s, s, s, x, y, side, side);
  return true;
}
function paint(element) {
  element.width = element.height = data.sheets.side;
  picture(element.getContext("2d"), Number(element.dataset.point), 0, 0, data.sheets.side);
}

// --- drawing ----------------------------------------------------------------------------------------------------
function trace(path, shape, x, y, r) {
  const moves = {
    square: [[-.85, -.85], [.85, -.85], [.85, .85], [-.85, .85]],
    triangle: [[0, -1.1], [1, .8], [-1, .8]], down: [[0, 1.1], [1, -.8], [-1, -.8]],
    diamond: [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
    plus: [[-.35, -1], [.35, -1], [.35, -.35], [1, -.35], [1, .35], [.35, .35], [.35, 1], [-.35, 1], [-.35, .35], [-1, .35], [-1, -.35], [-.35, -.35]],
    cross: [[-.95, -.5], [-.5, -.95], [0, -.45], [.5, -.95], [.95, -.5], [.45, 0], [.95, .5], [.5, .95], [0, .45], [-.5, .95], [-.95, .5], [-.45, 0]],
  }[shape];
  if (!moves) { path.moveTo(x + r, y); path.arc(x, y, r, 0, 2 * Math.PI); return; }
  moves.forEach(([dx, dy], n) => n ? path.lineTo(x + dx * r, y + dy * r) : path.moveTo(x + dx * r, y + dy * r));
  path.closePath();
}
const radius = () => Math.min(7, (count > 4000 ? 2 : count > 800 ? 2.8 : 4) * Math.sqrt(Math.sqrt(view.scale)));

let waiting = false;
function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; paintMap(); });
}
function paintMap() {
  const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--text"), ground = style.getPropertyValue("--raised");
  const density = devicePixelRatio || 1;
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, height);
  const inside = [], paths = new Map(), r = radius();
  for (let i = 0; i < count; i++) {
    if (!visible(i)) continue;
    const x = px(xs[i]), y = py(ys[i]);
    if (x < -40 || y < -40 || x > width + 40 || y > height + 40) continue;
    inside.push(i);
    const c = classOf(i);
    if (!paths.has(c)) paths.set(c, new Path2D());
    trace(paths.get(c), mark(c), x, y, r);
  }
  const photos = inside.length <= PHOTOS_AT_ONCE && view.scale > 1.5;
  const order = [...paths.keys()].sort((a, b) => (data.classes[b]?.count ?? 1e9) - (data.classes[a]?.count ?? 1e9));  // rare classes on top
  for (const c of order) {
    pen.globalAlpha = lit >= 0 && lit !== c ? 0.12 : 0.85;
    pen.fillStyle = colour(c);
    pen.fill(paths.get(c));
  }
  pen.globalAlpha = 1;
  if (photos) for (const i of inside) framed(i, 44);
  names(ink, ground, inside, photos ? 24 : r + 1);
  if (over >= 0 && over !== chosen && visible(over)) framed(over, 72, ink);
  if (chosen >= 0) framed(chosen, 72, ink);
  canvas.dataset.points = inside.length;
  canvas.dataset.photos = photos ? inside.length : 0;
  note.textContent = inside.length ? "" : "No photo here. Switch a class on, or show the whole map.";
}
function framed(i, side, ring) {
  const x = px(xs[i]), y = py(ys[i]), half = side / 2;
  if (picture(pen, i, x - half, y - half, side)) {
    pen.lineWidth = ring ? 3 : 2; pen.strokeStyle = colour(classOf(i));
    pen.strokeRect(x - half, y - half, side, side);
    const tag = new Path2D(); trace(tag, mark(classOf(i)), x - half + 7, y - half + 7, 5);
    pen.fillStyle = colour(classOf(i)); pen.strokeStyle = "#fff"; pen.lineWidth = 2; pen.stroke(tag); pen.fill(tag);
  } else if (ring) {
    const path = new Path2D(); trace(path, mark(classOf(i)), x, y, radius() + 3);
    pen.fillStyle = colour(classOf(i)); pen.strokeStyle = ring; pen.lineWidth = 2; pen.fill(path); pen.stroke(path);
  }
}

// --- choosing ---------------------------------------------------------------------------------------------------
function nearestTo(x, y, reach) {
  let best = -1, least = reach * reach;
  for (let i = 0; i < count; i++) {
    if (!visible(i)) continue;
    const d = (px(xs[i]) - x) ** 2 + (py(ys[i]) - y) ** 2;
    if (d < least) { least = d; best = i; }
  }
  return best;
}
function step(dx, dy) {
  if (chosen < 0) return choose(nearestTo(width / 2, height / 2, Infinity));
  let best = -1, least = Infinity;
  for (let i = 0; i < count; i++) {
    if (i === chosen || !visible(i)) continue;
    const x = xs[i] - xs[chosen], y = ys[i] - ys[chosen], ahead = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
    if (ahead <= 0 || aside > ahead) continue;
    if (ahead + 2 * aside < least) { least = ahead + 2 * aside; best = i; }
  }
  if (best >= 0) choose(best, true);
}
function choose(i, follow = false) {
  chosen = i;
  if (i >= 0 && follow) {
    const x = px(xs[i]), y = py(ys[i]);
    if (x < 40 || y < 40 || x > width - 40 || y > height - 40) pan(width / 2 - x, height / 2 - y);
  }
  tell(); draw();
}
const percent = p => p > 0 && p < 0.005 ? "under 1%" : p < 1 && p >= 0.995 ? "over 99%" : `${Math.round(100 * p)}%`;
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
const thumbnail = (i, name) => {
  const made = element("canvas", { className: name });
  made.dataset.point = i; made.setAttribute("role", "img"); made.setAttribute("aria-label", `Photo ${data.id[i]}`);
  if (data.sheets.place[i] >= 0) paint(made); else made.hidden = true;
  return made;
};
const empty = facts.firstElementChild;
function tell() {
  if (chosen < 0) return facts.replaceChildren(empty);
  const i = chosen, rows = [["Photo", data.id[i]]];
  if (data.labelled) rows.push(["Label", title(data.label[i])]);
  rows.push(["Answer", `${title(data.prediction[i])}, ${percent(data.probability[i])}`]);
  if (data.group) rows.push([data.group_name, data.group[i]]);
  if (data.sheets.place[i] < 0) rows.push(["Picture", "not stored in this page"]);
  const list = element("dl", { className: "facts" }, ...rows.flatMap(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]));
  const others = [...near.subarray(i * alike, (i + 1) * alike)].filter(j => j >= 0);
  const buttons = others.map(j => {
    const made = element("button", { type: "button" }, thumbnail(j, ""), title(data.labelled ? data.label[j] : data.prediction[j]));
    made.setAttribute("aria-label", `Go to photo ${data.id[j]}`);
    made.addEventListener("click", () => choose(j, true));
    return made;
  });
  facts.replaceChildren(thumbnail(i, "picture"), list,
    ...(buttons.length ? [element("p", { className: "quiet small", textContent: `Most alike to the model, from other ${data.groups_word}` }), element("div", { className: "alike" }, ...buttons)] : []));
}

// --- classes ----------------------------------------------------------------------------------------------------
function listClasses() {
  const counts = new Map();
  for (let i = 0; i < count; i++) counts.set(classOf(i), (counts.get(classOf(i)) ?? 0) + 1);
  data.classes.forEach((one, c) => { one.count = counts.get(c) ?? 0; });
  const known = [...counts.keys()].sort((a, b) => (a < 0 ? 1e9 : a) - (b < 0 ? 1e9 : b));
  $("classes").replaceChildren(...known.map(c => {
    const made = element("button", { type: "button" });
    made.setAttribute("aria-pressed", String(!off.has(c)));
    made.innerHTML = `<svg viewBox="-7 -7 14 14" aria-hidden="true"></svg><span></span><span class="count"></span>`;
    const svg = made.querySelector("svg"), points = [];
    const path = { d: "", moveTo(x, y) { this.d += `M${x} ${y}`; }, lineTo(x, y) { this.d += `L${x} ${y}`; }, closePath() { this.d += "Z"; }, arc(x, y, r) { this.d = `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`; } };
    trace(path, mark(c), 0, 0, 5);
    svg.innerHTML = `<path d="${path.d}" fill="${colour(c)}"/>`;
    made.children[1].textContent = title(c);
    made.querySelector(".count").textContent = counts.get(c).toLocaleString("en");
    made.addEventListener("click", () => {
      off.has(c) ? off.delete(c) : off.add(c);
      made.setAttribute("aria-pressed", String(!off.has(c)));
      draw();
    });
    for (const on of ["pointerenter", "focus"]) made.addEventListener(on, () => { if (!off.has(c)) { lit = c; draw(); } });
    for (const away of ["pointerleave", "blur"]) made.addEventListener(away, () => { lit = -1; draw(); });
    return made;
  }));
}

// --- hands ------------------------------------------------------------------------------------------------------
const fingers = new Map();
let travelled = 0;
const at = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
canvas.addEventListener("pointerdown", event => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, at(event));
  travelled = 0;
});
canvas.addEventListener("pointermove", event => {
  const [x, y] = at(event), before = fingers.get(event.pointerId);
  if (!before) {
    const found = nearestTo(x, y, 14);
    canvas.classList.toggle("over", found >= 0);
    if (found !== over) { over = found; draw(); }
    return;
  }
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  travelled += Math.hypot(x - before[0], y - before[1]);
  fingers.set(event.pointerId, [x, y]);
  if (other) {
    const was = Math.hypot(before[0] - other[0], before[1] - other[1]), is = Math.hypot(x - other[0], y - other[1]);
    if (was > 0) zoom(is / was, (x + other[0]) / 2, (y + other[1]) / 2);
  } else if (travelled > 4) {
    canvas.classList.add("moving");
    pan(x - before[0], y - before[1]);
  }
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, event => {
  const alone = fingers.size === 1;
  fingers.delete(event.pointerId);
  canvas.classList.remove("moving");
  if (end === "pointerup" && alone && travelled <= 4) choose(nearestTo(...at(event), event.pointerType === "touch" ? 28 : 14));
});
canvas.addEventListener("pointerleave", () => { if (over >= 0) { over = -1; draw(); } });
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), ...at(event));
}, { passive: false });
canvas.addEventListener("dblclick", event => zoom(2, ...at(event)));
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
canvas.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (arrow) event.shiftKey ? pan(-60 * arrow[0], -60 * arrow[1]) : step(...arrow);
  else if (event.key === "+" || event.key === "=") chosen >= 0 ? zoom(1.5, px(xs[chosen]), py(ys[chosen])) : zoom(1.5);
  else if (event.key === "-") zoom(1 / 1.5);
  else if (event.key === "0") home();
  else if (event.key === "Escape") choose(-1);
  else return;
  event.preventDefault();
});
$("in").addEventListener("click", () => zoom(1.6));
$("out").addEventListener("click", () => zoom(1 / 1.6));
$("home").addEventListener("click", home);
$("find").addEventListener("change", event => {
  const text = event.target.value.trim().toLowerCase();
  if (!text) return;
  const exact = data.id.findIndex(id => id.toLowerCase() === text);
  const found = exact >= 0 ? exact : data.id.findIndex(id => id.toLowerCase().includes(text));
  if (found < 0) { note.textContent = `No photo's id holds “${event.target.value}”.`; return; }
  off.delete(classOf(found));
  if ($("differ") && onlyDiffering && !visible(found)) { onlyDiffering = false; $("differ").checked = false; }
  listClasses();
  choose(found, true);
});
$("colour")?.addEventListener("change", event => { key = event.target.value; off.clear(); listClasses(); draw(); });
$("differ")?.addEventListener("change", event => { onlyDiffering = event.target.checked; draw(); });
dark.addEventListener("change", () => { listClasses(); draw(); });
new ResizeObserver(() => {
  const box = canvas.getBoundingClientRect(), density = devicePixelRatio || 1;
  const ratio = width ? box.width / width : 1;
  width = box.width; height = box.height;
  canvas.width = Math.round(width * density); canvas.height = Math.round(height * density);
  view.x *= ratio; view.y *= ratio;
  paintMap();
}).observe(canvas);
listClasses();
