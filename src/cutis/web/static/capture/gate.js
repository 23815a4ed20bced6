// What the quality gate says of a picture: asked in a worker, or, of a photo that was taken, on the server.
const SIDES = [160, 192, 256]; // pixels of the shorter side: the sizes that the network was trained with
const [FAST, SLOW] = [60, 150]; // milliseconds of one look, below and above which the size changes
const canvas = document.createElement("canvas");
const brush = canvas.getContext("2d", { willReadFrequently: true });

// The camera's frame as it is: making it small and reading it, which takes longer than all else here, is the worker's.
function framed(picture) {
  if (!(picture instanceof HTMLVideoElement) || !("VideoFrame" in window) || !("OffscreenCanvas" in window)) return null;
  try {
    return { frame: new VideoFrame(picture) };
  } catch {
    return null; // none is there yet
  }
}

function drawn(picture, { width, height }) {
  [canvas.width, canvas.height] = [width, height];
  brush.imageSmoothingQuality = "high";
  brush.drawImage(picture, 0, 0, width, height);
  return { pixels: brush.getImageData(0, 0, width, height).data.buffer };
}

export class Gate {
  constructor(setting) {
    this.setting = setting;
    this.live = false;
    this.waiting = new Map();
    this.number = 0;
    this.size = 1; // place in SIDES while the camera runs; a photo that was taken is looked at in the largest
    this.pace = [];
  }

  // Whether it answers on this phone.
  async start() {
    const { runtime } = this.setting;
    if (!runtime || typeof WebAssembly === "undefined" || typeof Worker === "undefined") return false;
    const ready = new Promise((resolve) => {
      this.worker = new Worker(runtime.worker, { type: "module" });
      this.worker.addEventListener("error", () => resolve(false));
      this.worker.addEventListener("message", ({ data }) => {
        if (data.ready) resolve(true);
        else if (data.id) this.#answered(data);
        else resolve(false);
      });
    });
    this.worker.postMessage({ start: { ...runtime, model: this.setting.model } });
    this.live = await ready;
    if (!this.live) this.worker.terminate();
    return this.live;
  }

  // Of a video or a picture; null where it cannot be told.
  async look(picture, width, height, side = SIDES.at(-1)) {
    const scale = Math.min(1, side / Math.min(width, height));
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    const told = framed(picture) ?? drawn(picture, size);
    const id = ++this.number;
    const answer = await new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, ...size, ...told }, Object.values(told));
    });
    return answer.failed ? null : answer;
  }

  // Of the camera's moving picture, as sharply as this phone can at some five times a second or more.
  async glance(video) {
    const answer = await this.look(video, video.videoWidth, video.videoHeight, SIDES[this.size]);
    if (!answer) return null;
    this.pace.push(answer.milliseconds);
    if (this.pace.length < 4) return answer;
    const usual = this.pace.sort((a, b) => a - b)[1];
    this.pace = [];
    if (usual > SLOW) this.size = Math.max(0, this.size - 1);
    else if (usual < FAST) this.size = Math.min(SIDES.length - 1, this.size + 1);
    return answer;
  }

  // Of a photo that was taken: { passed, sentence }, or null where it cannot be told, such as without a network.
  async judge(photo, token, outlined) {
    const picture = await createImageBitmap(photo, { imageOrientation: "from-image" });
    if (this.live) return this.verdict(await this.look(picture, picture.width, picture.height), outlined);
    const scale = Math.min(1, 1024 / Math.max(picture.width, picture.height));
    const small = document.createElement("canvas");
    [small.width, small.height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    small.getContext("2d").drawImage(picture, 0, 0, small.width, small.height);
    const body = new FormData();
    body.set("photo", await new Promise((resolve) => small.toBlob(resolve, "image/jpeg", 0.95)), "photo");
    if (outlined) body.set("outlined", "yes");
    try {
      const headers = { accept: "application/json", "x-form-token": token };
      const answer = await fetch("/take-part/advice", { method: "POST", body, headers });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  // Where an outline of the body is to be filled, how far away a single spot would be says nothing.
  verdict(answer, outlined) {
    if (!answer) return null;
    const { good, threshold, plausible, advice, of_a_spot, words } = this.setting;
    if (good.reduce((sum, place) => sum + answer.probabilities[place], 0) >= threshold)
      return { passed: true, sentence: words.kept, live: words.good };
    const counts = answer.findings.map((one, place) => (outlined && of_a_spot.includes(place) ? 0 : one));
    const most = counts.indexOf(Math.max(...counts));
    if (outlined && counts[most] < plausible) return { passed: true, sentence: words.unfaulted, live: words.outline };
    return { passed: false, sentence: advice[most], live: advice[most] };
  }

  #answered(data) {
    this.waiting.get(data.id)?.(data);
    this.waiting.delete(data.id);
  }
}

// Several looks as one: what is said must not flicker.
export class Steady {
  constructor() {
    this.held = null;
  }

  add(answer) {
    const mix = (before, now) => now.map((value, place) => 0.6 * (before?.[place] ?? value) + 0.4 * value);
    this.held = {
      probabilities: mix(this.held?.probabilities, answer.probabilities),
      findings: mix(this.held?.findings, answer.findings),
    };
    return this.held;
  }
}
