// A photo that can be looked at closer, in an SVG whose units are the photo's pixels.
const MOST = 40; // screen pixels for a pixel of the photo

export class View {
  constructor(svg) {
    this.svg = svg;
    this.image = svg.querySelector("image");
    this.size = { width: 1, height: 1 };
    this.pointers = new Map();
    this.draw = null; // what takes the pointer instead, see regions.js
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(1.0015 ** -event.deltaY, this.toPhoto(event));
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => this.up(event));
    svg.addEventListener("dblclick", (event) => {
      if (!this.draw?.tool) this.zoom(2, this.toPhoto(event));
    });
    new ResizeObserver(() => this.set(this.box)).observe(svg);
  }

  show(url, width, height) {
    this.size = { width, height };
    this.image.setAttribute("width", width);
    this.image.setAttribute("height", height);
    this.image.setAttribute("href", url);
    this.whole();
  }

  clear() {
    this.image.removeAttribute("href");
  }

  whole() {
    this.set({ x: 0, y: 0, width: this.size.width, height: this.size.height });
  }

  set(box) {
    if (!box) return;
    this.box = box;
    this.svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  }

  toPhoto(event) {
    const matrix = this.svg.getScreenCTM();
    if (!matrix) return { x: 0, y: 0 };
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return { x, y };
  }

  zoom(by, at) {
    const { box, size } = this;
    const to = at ?? { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const least = this.svg.clientWidth / MOST;
    const width = Math.min(Math.max(box.width / by, least), size.width);
    const factor = width / box.width;
    const moved = { width, height: box.height * factor };
    moved.x = to.x - (to.x - box.x) * factor;
    moved.y = to.y - (to.y - box.y) * factor;
    this.set(this.within(moved));
  }

  pan(dx, dy) {
    this.set(this.within({ ...this.box, x: this.box.x - dx, y: this.box.y - dy }));
  }

  within(box) {
    const clamp = (at, room) => (room <= 0 ? room / 2 : Math.min(Math.max(at, 0), room));
    return { ...box, x: clamp(box.x, this.size.width - box.width), y: clamp(box.y, this.size.height - box.height) };
  }

  down(event) {
    if (event.button > 0) return;
    this.svg.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.toPhoto(event));
    if (this.draw?.tool && this.pointers.size === 1) this.draw.down(this.toPhoto(event), event);
    else this.svg.classList.add("moving");
  }

  move(event) {
    const from = this.pointers.get(event.pointerId);
    if (!from) return;
    const to = this.toPhoto(event);
    if (this.pointers.size === 1) {
      if (this.draw?.tool) return this.draw.move(to);
      return this.pan(to.x - from.x, to.y - from.y); // the point that was taken stays under the pointer
    }
    this.draw?.cancel();
    const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(to.x - other.x, to.y - other.y);
    if (before > 0 && after > 0) this.zoom(after / before, other);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (!this.pointers.size) {
      this.svg.classList.remove("moving");
      this.draw?.up();
    }
  }
}
