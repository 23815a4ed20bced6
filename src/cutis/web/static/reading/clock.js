// How long something is visible: not while the page is hidden, or the clock is stopped.
export class Clock {
  #sum = 0; // milliseconds until it was last stopped
  #since = null;

  run(on) {
    this.#sum = this.spent;
    this.#since = on && document.visibilityState === "visible" ? performance.now() : null;
  }

  // Begin anew, for who comes back with what was spent before.
  reset(spent = 0) {
    this.#sum = spent;
    this.#since = null;
  }

  get spent() {
    return this.#sum + (this.#since === null ? 0 : performance.now() - this.#since);
  }

  get seconds() {
    return this.spent / 1000;
  }
}
