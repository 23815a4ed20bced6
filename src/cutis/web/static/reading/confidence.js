// How sure a reader is: a slider in percent, five steps, or not asked.
export class Confidence {
  #touched = false; // the slider; where it stands at first is no answer

  constructor(form, kind, says) {
    this.form = form;
    this.kind = kind;
    this.says = says;
    this.#slider?.addEventListener("input", (event) => this.set(Number(event.target.value)));
  }

  get asked() {
    return this.kind !== "none";
  }

  // A number, or null where nothing was said.
  get value() {
    if (this.kind === "percent") return this.#touched ? Number(this.#slider.value) : null;
    const chosen = this.form.querySelector("[name=confidence]:checked");
    return chosen ? Number(chosen.value) : null;
  }

  set(value) {
    if (this.kind === "percent") {
      this.#touched = value !== null;
      if (this.#touched) this.#slider.value = value;
      const words = this.#touched ? this.says("percent", { value: this.#slider.value }) : this.says("unsaid");
      this.form.querySelector("output").textContent = words;
    } else if (this.kind === "steps") {
      for (const one of this.form.querySelectorAll("[name=confidence]")) one.checked = Number(one.value) === value;
    }
  }

  // One step surer or less sure, as the arrow keys say.
  step(by) {
    if (this.kind === "percent") {
      const { min, max, value } = this.#slider;
      this.set(Math.min(Number(max), Math.max(Number(min), Number(value) + 5 * by)));
    } else if (this.kind === "steps") {
      this.set(Math.min(5, Math.max(1, (this.value ?? (by > 0 ? 0 : 6)) + by)));
    }
  }

  get #slider() {
    return this.form.querySelector("[type=range]");
  }
}
