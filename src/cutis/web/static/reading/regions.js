// Regions drawn on a photo, kept in the photo's pixels: an outline by hand, corners one by one, or a box.
const NAMESPACE = "http://www.w3.org/2000/svg";
const MOST = 4000; // points of a region

export class Regions {
  constructor(view, layer, buttons) {
    Object.assign(this, { view, layer, buttons, tool: null, kept: [], now: null });
    view.draw = this;
    for (const button of buttons) {
      button.addEventListener("click", () => this.choose(this.tool === button.dataset.tool ? null : button.dataset.tool));
    }
  }

  choose(tool) {
    this.finish();
    this.tool = tool;
    this.view.svg.classList.toggle("drawing", Boolean(tool));
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }

  reset(kept = []) {
    this.now = null;
    this.kept = kept;
    this.paint();
  }

  undo() {
    if (this.now?.points.length > 1) this.now.points.pop();
    else if (this.now) this.now = null;
    else this.kept = this.kept.slice(0, -1);
    this.paint();
  }

  inside({ x, y }) {
    const { width, height } = this.view.size;
    const round = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 10) / 10;
    return [round(x, width), round(y, height)];
  }

  near(a, b) {
    const scale = this.view.box.width / Math.max(this.view.svg.clientWidth, 1);
    return Math.hypot(a[0] - b[0], a[1] - b[1]) < 14 * scale;
  }

  down(at) {
    const point = this.inside(at);
    if (this.tool === "polygon" && this.now) {
      if (this.now.points.length > 2 && this.near(point, this.now.points[0])) return this.finish();
      this.now.points.push(point);
    } else this.now = { kind: this.tool, points: this.tool === "polygon" ? [point] : [point, point] };
    this.paint();
  }

  move(at) {
    if (!this.now) return;
    const point = this.inside(at);
    const { kind, points } = this.now;
    if (kind === "free") {
      const last = points.at(-1);
      if (points.length < MOST && (last[0] !== point[0] || last[1] !== point[1])) points.push(point);
    } else points[points.length - 1] = point;
    this.paint();
  }

  up() {
    if (this.now && this.now.kind !== "polygon") this.finish();
  }

  cancel() {
    if (this.now && this.now.kind !== "polygon") this.now = null;
    this.paint();
  }

  // A region that is only a touch is none.
  finish() {
    const { now } = this;
    this.now = null;
    if (now) {
      const [xs, ys] = [0, 1].map((axis) => now.points.map((point) => point[axis]));
      const wide = Math.max(...xs) - Math.min(...xs);
      const high = Math.max(...ys) - Math.min(...ys);
      if (now.points.length >= (now.kind === "box" ? 2 : 3) && wide > 1 && high > 1) this.kept = [...this.kept, now];
    }
    this.paint();
  }

  paint() {
    const corners = ({ kind, points }) => {
      if (kind !== "box") return points;
      const [[a, b], [c, d]] = points;
      return [[a, b], [c, b], [c, d], [a, d]];
    };
    const shapes = [...this.kept, ...(this.now ? [this.now] : [])].flatMap((one) => {
      const open = one === this.now && one.kind === "polygon";
      return ["", "over"].map((name) => {
        const shape = document.createElementNS(NAMESPACE, open ? "polyline" : "polygon");
        shape.setAttribute("points", corners(one).map((point) => point.join(",")).join(" "));
        if (name) shape.setAttribute("class", name);
        return shape;
      });
    });
    this.layer.replaceChildren(...shapes);
  }
}
