// --- names of the classes, where they hide no photo -------------------------------------------------------------
const BIN = 4, FARTHEST = 150, LINE = 18;           // pixels
const BESIDE = 14, LONGEST = 56;                    // pixels: near enough to need no line; longest line
const ABOUT = 0.08;                                 // of the map: so near are points that belong to a class's place
const UP = -Math.PI / 2, AROUND = 16;
const ways = [...Array(AROUND).keys()].map(n => UP + (n % 2 ? 1 : -1) * Math.ceil(n / 2) * 2 * Math.PI / AROUND);  // above first
const kept = new Map();                             // class -> way and distance, so that names do not jump about

function crowd(points, reach) {                     // how many points' marks reach into a box
  const across = Math.ceil(width / BIN) + 2, down = Math.ceil(height / BIN) + 2, sums = new Int32Array(across * down);
  const bin = (value, most) => Math.min(most - 1, Math.max(0, Math.floor(value / BIN) + 1));
  for (const i of points) sums[bin(py(ys[i]), down) * across + bin(px(xs[i]), across)]++;
  for (let row = 0; row < down; row++) for (let column = 0; column < across; column++) {
    const at = row * across + column;
    sums[at] += (column && sums[at - 1]) + (row && sums[at - across]) - (row && column && sums[at - across - 1]);
  }
  return box => {
    const [l, r] = [box.l - reach, box.r + reach].map(v => bin(v, across)), [t, b] = [box.t - reach, box.b + reach].map(v => bin(v, down));
    const sum = (row, column) => row < 0 || column < 0 ? 0 : sums[row * across + column];
    return sum(b, r) - sum(t - 1, r) - sum(b, l - 1) + sum(t - 1, l - 1);
  };
}
const meets = (a, b) => a.l < b.r + 4 && b.l < a.r + 4 && a.t < b.b && b.t < a.b;
const within = (value, low, high) => Math.min(high, Math.max(low, value));
const crosses = (line, box) => line && [...Array(13).keys()].some(n => {
  const x = line[0] + (line[2] - line[0]) * n / 12, y = line[1] + (line[3] - line[1]) * n / 12;
  return x > box.l - 2 && x < box.r + 2 && y > box.t - 2 && y < box.b + 2;
});
function lineOf(box, own) {                         // from a name to the nearest of its own points
  let least = Infinity, line = null;
  for (const [x, y] of own) {
    const bx = within(x, box.l + 4, box.r - 4), by = within(y, box.t + 2, box.b - 2), d = Math.hypot(x - bx, y - by);
    if (d < least) { least = d; line = [bx, by, x, y]; }
  }
  return least > LONGEST ? null : { line: least < BESIDE ? null : line };
}
function names(ink, ground, points, reach) {
  pen.font = "600 13px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineJoin = "round";
  const hidden = crowd(points, reach), taken = [], about = ABOUT * Math.min(width, height);
  for (const [c, one] of data.classes.entries()) {
    const place = one.places[key];
    if (!place || off.has(c) || (lit >= 0 && lit !== c)) continue;
    const x0 = px(place[0]), y0 = py(place[1]), half = pen.measureText(one.title).width / 2 + 2;
    if (x0 < 0 || y0 < 0 || x0 > width || y0 > height) continue;
    const own = points.filter(i => classOf(i) === c).map(i => [px(xs[i]), py(ys[i])]).filter(([x, y]) => Math.hypot(x - x0, y - y0) < about);
    const boxAt = ([way, distance]) => {
      const x = x0 + Math.cos(way) * (half + distance), y = y0 + Math.sin(way) * (LINE / 2 + distance);
      return { c, x, y, l: x - half, r: x + half, t: y - LINE / 2, b: y + LINE / 2 };
    };
    const free = box => box.l >= 4 && box.r <= width - 4 && box.t >= 2 && box.b <= height - 2
      && !hidden(box) && !taken.some(other => meets(box, other) || crosses(other.line, box));
    const tried = kept.has(c) ? [kept.get(c)] : [];
    for (let distance = 8; distance <= FARTHEST; distance += 6) for (const way of ways) tried.push([way, distance]);
    kept.delete(c);  // without room the list above the map names it
    for (const offset of tried) {
      const box = boxAt(offset), led = free(box) && lineOf(box, own);
      if (!led || taken.some(other => crosses(led.line, other))) continue;
      kept.set(c, offset);
      taken.push({ ...box, ...led });
      break;
    }
  }
  pen.strokeStyle = ink; pen.lineWidth = 1; pen.globalAlpha = 0.55;
  for (const { line } of taken) if (line) {
    pen.beginPath(); pen.moveTo(line[0], line[1]); pen.lineTo(line[2], line[3]); pen.stroke();
  }
  pen.globalAlpha = 1;
  for (const box of taken) {
    const text = data.classes[box.c].title;
    pen.strokeStyle = ground; pen.lineWidth = 4; pen.strokeText(text, box.x, box.y);
    pen.fillStyle = ink; pen.fillText(text, box.x, box.y);
  }
  canvas.dataset.names = JSON.stringify(taken.map(box => [box.l, box.t, box.r, box.b].map(Math.round)));
}
