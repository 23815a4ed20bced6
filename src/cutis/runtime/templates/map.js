(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas"), pen = canvas.getContext("2d");
  const cover = document.createElement("canvas"), coverPen = cover.getContext("2d");
  const colours = Uint8Array.from(atob(data.colours), (c) => c.charCodeAt(0));
  const [height, width] = data.photo.sizes[0];
  const NONE = 255, top = Math.max(1, data.grades.length - 1);
  const view = { x: width / 2, y: height / 2, zoom: 1 };  // image pixel in the middle, screen pixels per image pixel
  let layer = "grade", opacity = 0.5, wanted = false, pointed = null;

  // ---- tiles, loaded when they are first seen and forgotten when they were not seen for long
  const store = (most, load) => {
    const kept = new Map();
    return {
      get(key) {
        let item = kept.get(key);
        if (item) kept.delete(key);
        else item = load(key);
        kept.set(key, item);
        if (kept.size > most) kept.delete(kept.keys().next().value);
        return item;
      },
      peek: (key) => kept.get(key),
    };
  };
  let failed = 0;
  const photos = store(240, (key) => {
    const image = new Image(), item = { image, ready: false };
    image.onload = () => { item.ready = true; byId("waiting").hidden = true; draw(); };
    image.onerror = () => { failed += 1; complain(); };
    image.src = "viewer/photo/" + key + ".jpg";
    return item;
  });
  const arriving = new Map();
  globalThis.cutisCells = (key, packed) => {
    const item = arriving.get(key);
    if (!item) return;
    arriving.delete(key);
    item.bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    item.ready = true;
    draw();
    read();
  };
  const cells = store(120, (key) => {
    const [level, row, column] = key.split(/[/_]/).map(Number);
    const [rows, columns] = data.cells.sizes[level], side = data.cells.tile;
    const item = { ready: false, rows: Math.min(side, rows - row * side), columns: Math.min(side, columns - column * side) };
    arriving.set(key, item);
    const script = document.createElement("script");
    script.src = "viewer/cells/" + key + ".js";
    script.onload = () => script.remove();
    script.onerror = () => { script.remove(); failed += 1; complain(); };
    document.head.append(script);
    return item;
  });
  function complain() {
    const text = byId("waiting");
    text.hidden = false;
    text.textContent = failed + (failed === 1 ? " file" : " files") + " of the folder viewer beside this page could not be opened. Copy the whole folder.";
  }

  // ---- colours
  function colourOf(bytes, at) {
    if (bytes[at + 2] === NONE) return -1;
    if (layer === "named") return Math.round(255 * bytes[at + 2] / top);
    if (layer === "confidence") return Math.round(255 * bytes[at + 1] / 100);
    return Math.round(255 * bytes[at] / data.cells.steps);
  }
  function painted(item) {
    if (item.layer === layer) return item.picture;
    const picture = item.picture || document.createElement("canvas");
    picture.width = item.columns;
    picture.height = item.rows;
    const brush = picture.getContext("2d"), pixels = brush.createImageData(item.columns, item.rows);
    for (let n = 0; n < item.rows * item.columns; n += 1) {
      const place = colourOf(item.bytes, 3 * n);
      if (place < 0) continue;
      pixels.data.set(colours.subarray(3 * place, 3 * place + 3), 4 * n);
      pixels.data[4 * n + 3] = 255;
    }
    brush.putImageData(pixels, 0, 0);
    item.picture = picture;
    item.layer = layer;
    return picture;
  }

  // ---- drawing
  const ratio = () => globalThis.devicePixelRatio || 1;
  function draw() {
    if (wanted) return;
    wanted = true;
    requestAnimationFrame(() => { wanted = false; paint(); });
  }
  function paint() {
    const wide = canvas.clientWidth, high = canvas.clientHeight, r = ratio();
    if (!wide || !high) return;
    for (const each of [canvas, cover]) {
      if (each.width !== Math.round(wide * r) || each.height !== Math.round(high * r)) {
        each.width = Math.round(wide * r);
        each.height = Math.round(high * r);
      }
    }
    const zoom = view.zoom * r, left = view.x - canvas.width / 2 / zoom, above = view.y - canvas.height / 2 / zoom;
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = zoom < 2;
    pyramid(data.photo, 1, 0, zoom, left, above, (key) => photos.get(key), (item, x, y, w, h) => pen.drawImage(item.image, x, y, w, h));
    coverPen.clearRect(0, 0, cover.width, cover.height);
    coverPen.imageSmoothingEnabled = false;
    if (opacity > 0) {
      const origin = data.offset - data.stride / 2;
      pyramid(data.cells, data.stride, origin, zoom, left, above, (key) => cells.get(key), (item, x, y, w, h) => {
        coverPen.clearRect(x, y, w, h);  // a finer tile replaces the coarser one below it
        coverPen.drawImage(painted(item), x, y, w, h);
      });
      pen.globalAlpha = opacity;
      pen.drawImage(cover, 0, 0);
      pen.globalAlpha = 1;
    }
    bar();
  }
  function pyramid(kind, unit, origin, zoom, left, above, get, put) {
    const best = Math.floor(Math.log2(1 / (zoom * unit)) + 0.25), last = kind.sizes.length - 1;
    const sharp = Math.min(last, Math.max(0, best));
    for (let level = last; level >= sharp; level -= 1) {
      if (level !== last && level > sharp + 2) continue;
      const pixel = unit * 2 ** level, side = pixel * kind.tile, [rows, columns] = kind.sizes[level];
      const edge = [Math.ceil(rows / kind.tile) - 1, Math.ceil(columns / kind.tile) - 1];
      const first = [Math.max(0, Math.floor((above - origin) / side)), Math.max(0, Math.floor((left - origin) / side))];
      const until = [Math.min(edge[0], Math.floor((above - origin + canvas.height / zoom) / side)), Math.min(edge[1], Math.floor((left - origin + canvas.width / zoom) / side))];
      for (let row = first[0]; row <= until[0]; row += 1) for (let column = first[1]; column <= until[1]; column += 1) {
        const key = level + "/" + row + "_" + column;
        const item = level === sharp || level === last ? get(key) : (kind === data.photo ? photos : cells).peek(key);
        if (!item || !item.ready) continue;
        const tall = Math.min(kind.tile, rows - row * kind.tile), broad = Math.min(kind.tile, columns - column * kind.tile);
        const x = Math.round((origin + column * side - left) * zoom), y = Math.round((origin + row * side - above) * zoom);
        const x1 = Math.round((origin + column * side + broad * pixel - left) * zoom), y1 = Math.round((origin + row * side + tall * pixel - above) * zoom);
        put(item, x, y, x1 - x, y1 - y);
      }
    }
  }
  function bar() {
    if (!data.spacing) return;
    const each = data.spacing / view.zoom, longest = Math.min(180, canvas.clientWidth / 3) * each;
    const power = 10 ** Math.floor(Math.log10(longest)), length = [5, 2, 1].map((s) => s * power).find((s) => s <= longest) || power;
    byId("scalebar").hidden = false;
    byId("scalebar").querySelector("i").style.width = length / each + "px";
    byId("scaletext").textContent = length < 1000 ? +length.toPrecision(1) + " µm" : length / 1000 + " mm";
  }
  function legend() {
    const strip = byId("legend").getContext("2d"), pixels = strip.createImageData(256, 1);
    for (let n = 0; n < 256; n += 1) {
      const step = layer === "named" ? Math.round(255 * Math.round(n / 255 * top) / top) : n;
      const place = layer === "named" ? Math.round(255 * Math.min(top, Math.floor(n / 256 * (top + 1))) / top) : step;
      pixels.data.set([...colours.subarray(3 * place, 3 * place + 3), 255], 4 * n);
    }
    strip.putImageData(pixels, 0, 0);
    byId("low").textContent = layer === "confidence" ? "Confidence 0%" : "Grade " + data.grades[0];
    byId("high").textContent = layer === "confidence" ? "100%" : data.grades[data.grades.length - 1];
  }

  // ---- what stands at a place
  function placed(x, y) {
    const unit = data.spacing;
    const text = (v) => (unit ? v * unit : v).toLocaleString("en", { maximumFractionDigits: 0 }) + (unit ? " µm" : " pixels");
    return text(x) + " across, " + text(y) + " down";
  }
  function read() {
    if (!pointed) return;
    const box = canvas.getBoundingClientRect();
    const x = view.x + (pointed.x - box.width / 2) / view.zoom, y = view.y + (pointed.y - box.height / 2) / view.zoom;
    const say = (text) => { if (byId("readout").textContent !== text) byId("readout").textContent = text; };
    if (x < 0 || y < 0 || x >= width || y >= height) return say("Outside the photo.");
    const column = Math.floor((x - data.offset) / data.stride + 0.5), row = Math.floor((y - data.offset) / data.stride + 0.5);
    const [rows, columns] = data.cells.sizes[0], side = data.cells.tile;
    if (row < 0 || column < 0 || row >= rows || column >= columns)
      return say("Not graded: nearer than half a patch (" + data.patch / 2 + " pixels) to the edge. " + placed(x, y) + ".");
    const item = cells.get("0/" + Math.floor(row / side) + "_" + Math.floor(column / side));
    if (!item.ready) return;
    const at = 3 * ((row % side) * item.columns + (column % side));
    if (item.bytes[at + 2] === NONE) return say("Not graded: outside tissue, or pixels are missing. " + placed(x, y) + ".");
    const grade = item.bytes[at] / data.cells.steps * top;
    say("Grade " + grade.toFixed(1) + "; median " + data.grades[item.bytes[at + 2]] + ", confidence " + item.bytes[at + 1] + "%. " + placed(x, y) + ".");
  }

  // ---- moving
  const whole = () => Math.min(canvas.clientWidth / width, canvas.clientHeight / height);
  function keep() {
    view.zoom = Math.min(16, Math.max(whole() * 0.8, view.zoom));
    view.x = Math.min(width, Math.max(0, view.x));
    view.y = Math.min(height, Math.max(0, view.y));
    draw();
    read();
  }
  function fit() { view.x = width / 2; view.y = height / 2; view.zoom = whole(); keep(); }
  function zoomBy(factor, at) {
    const box = canvas.getBoundingClientRect(), x = at ? at.x - box.width / 2 : 0, y = at ? at.y - box.height / 2 : 0;
    const before = view.zoom;
    view.zoom = Math.min(16, Math.max(whole() * 0.8, before * factor));
    view.x += x / before - x / view.zoom;
    view.y += y / before - y / view.zoom;
    keep();
  }
  const at = (event) => { const box = canvas.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    pointed = at(event);
    read();
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = at(event), before = fingers.get(event.pointerId);
    if (!before) { pointed = now; return read(); }
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    view.x -= (now.x - before.x) / view.zoom / (others.length + 1);
    view.y -= (now.y - before.y) / view.zoom / (others.length + 1);
    if (others.length) {
      const far = (place) => Math.max(1, Math.hypot(place.x - others[0].x, place.y - others[0].y));
      zoomBy(far(now) / far(before), { x: (now.x + others[0].x) / 2, y: (now.y + others[0].y) / 2 });
    }
    fingers.set(event.pointerId, now);
    pointed = now;
    keep();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(2 ** (-event.deltaY / (event.deltaMode ? 12 : 240)), at(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoomBy(2, at(event)));
  canvas.addEventListener("keydown", (event) => {
    const step = 80 / view.zoom;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key]) { view.x += moves[event.key][0]; view.y += moves[event.key][1]; }
    else if (event.key === "+" || event.key === "=") zoomBy(1.5);
    else if (event.key === "-") zoomBy(1 / 1.5);
    else if (event.key === "0") fit();
    else if (event.key === "[" || event.key === "]") { setOpacity(opacity + (event.key === "]" ? 0.1 : -0.1)); }
    else return;
    event.preventDefault();
    pointed = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 };
    keep();
  });
  byId("in").addEventListener("click", () => zoomBy(1.5));
  byId("out").addEventListener("click", () => zoomBy(1 / 1.5));
  byId("fit").addEventListener("click", fit);
  function setOpacity(value) {
    opacity = Math.min(1, Math.max(0, Math.round(20 * value) / 20));
    byId("opacity").value = 100 * opacity;
    byId("percent").textContent = Math.round(100 * opacity) + "%";
    draw();
  }
  byId("opacity").addEventListener("input", (event) => setOpacity(event.target.value / 100));
  for (const choice of document.querySelectorAll("input[name=layer]"))
    choice.addEventListener("change", () => { layer = choice.value; legend(); draw(); });
  let shown = 0;
  new ResizeObserver(() => {
    const fitted = !shown || Math.abs(view.zoom / shown - 1) < 1e-6;
    if (fitted) { view.zoom = whole(); view.x = width / 2; view.y = height / 2; }
    shown = whole();
    keep();
  }).observe(canvas);
  legend();
})();
