// The cases of a reading, with their photos, from the server: each is fetched once, and kept until it is let go.
export class SignedOut extends Error {}

export async function ask(address, options = {}) {
  const answer = await fetch(address, { redirect: "manual", ...options });
  if (answer.type === "opaqueredirect") throw new SignedOut();
  return answer;
}

export class Cases {
  #kept = new Map(); // place -> a promise of its case

  // `before(place)` is waited for before a case is asked for.
  constructor(here, before) {
    this.here = here;
    this.before = before;
  }

  fetched(place) {
    if (!this.#kept.has(place)) {
      const promise = this.#load(place);
      promise.catch(() => this.#kept.delete(place));
      this.#kept.set(place, promise);
    }
    return this.#kept.get(place);
  }

  // Let go of all in front of a place.
  forget(before) {
    for (const [place, promise] of this.#kept) {
      if (place >= before) continue;
      this.#kept.delete(place);
      promise.then(({ url }) => url && URL.revokeObjectURL(url), () => {});
    }
  }

  async #load(place) {
    await this.before(place);
    const answer = await ask(`${this.here}/places/${place}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (told.gone) return told;
    const photo = await ask(`${this.here}/places/${place}/photo`);
    if (!photo.ok) throw new Error(String(photo.status));
    told.url = URL.createObjectURL(await photo.blob());
    const image = new Image();
    image.src = told.url;
    await image.decode();
    return told;
  }
}
