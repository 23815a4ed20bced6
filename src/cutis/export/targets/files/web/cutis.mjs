// Judges photos with an exported model. Nothing leaves this page.
const RUNTIME = "./onnxruntime-web/";
const MOST = 16_000_000; // pixels that every browser can draw

export class Model {
  // Reads model.json and the graph. `ort` is onnxruntime-web; it is loaded from RUNTIME when left out.
  static async open(folder = "./", ort = null) {
    const runtime = ort ?? (await import(new URL(`${RUNTIME}ort.wasm.min.mjs`, location.href)));
    runtime.env.wasm.wasmPaths = new URL(RUNTIME, location.href).href;
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = "error";
    const answer = await fetch(`${folder}model.json`);
    if (!answer.ok) throw new Error("model.json is missing. Copy the whole folder.");
    const facts = await answer.json();
    const session = await runtime.InferenceSession.create(`${folder}model.onnx`, { executionProviders: ["wasm"] });
    return new Model(facts, session, runtime);
  }

  constructor(facts, session, runtime) {
    Object.assign(this, { facts, session, runtime });
  }

  // Of a file, or anything that can be drawn.
  async judge(photo) {
    const picture = photo instanceof Blob ? await createImageBitmap(photo, { imageOrientation: "from-image" }) : photo;
    const { data, width, height } = pixelsOf(picture);
    return this.ask(data, width, height);
  }

  // Of red, green, blue bytes, row by row.
  async ask(rgb, width, height) {
    const { size, resized, grey } = this.facts.input;
    const least = Math.min(width, height);
    if (!resized && least < size) {
      throw new Error(`The image is ${width} x ${height} pixels; the model needs ${size} x ${size} or more.`);
    }
    const block = resized ? Math.floor(least / (2 * size)) : 1;
    const seen = block < 2 ? { rgb, width, height } : reduced(rgb, width, height, block);
    if (grey) makeGrey(seen.rgb);
    const began = performance.now();
    const image = new this.runtime.Tensor("uint8", seen.rgb, [1, seen.height, seen.width, 3]);
    const found = await this.session.run({ image }, this.facts.outputs);
    const milliseconds = performance.now() - began;
    const probabilities = [...found.probabilities.data];
    return this.#told(probabilities, found.findings ? [...found.findings.data] : [], milliseconds);
  }

  // The bundle's own test: the largest difference of a probability in this browser.
  async check(folder = "./") {
    const { cases, tolerance } = await (await fetch(`${folder}vectors/expected.json`)).json();
    let difference = 0;
    for (const { input, height, width, expected } of cases) {
      const bytes = new Uint8Array(await (await fetch(`${folder}vectors/${input}`)).arrayBuffer());
      const image = new this.runtime.Tensor("uint8", bytes, [1, height, width, 3]);
      const found = await this.session.run({ image }, this.facts.outputs);
      const said = [...found.probabilities.data, ...(found.findings?.data ?? [])];
      difference = Math.max(difference, ...said.map((value, place) => Math.abs(value - expected[place])));
    }
    return { difference, tolerance, passed: difference <= tolerance };
  }

  #told(probabilities, findings, milliseconds) {
    const { operating_points: points, plausible } = this.facts;
    const reached = points.map(({ first, count, threshold }) => {
      const probability = sum(probabilities.slice(first, first + count));
      return { probability: Math.min(1, probability), reached: probability >= threshold };
    });
    const ranked = findings.map((value, place) => [value, place]).sort((a, b) => b[0] - a[0]);
    const plain = ranked.filter(([value]) => value >= plausible);
    const advice = (plain.length ? plain : ranked.slice(0, 1)).slice(0, 2).map(([, place]) => this.facts.findings[place].advice);
    return { probabilities, findings, answers: this.#answers(probabilities), points: reached, advice, milliseconds };
  }

  // The most probable label; of grades the median, of each condition.
  #answers(probabilities) {
    const { kind, labels, answers } = this.facts;
    if (kind === "categorical") return [labels[probabilities.indexOf(Math.max(...probabilities))].title];
    const grades = [];
    for (let first = 0; first < probabilities.length; first += answers.length) {
      const grade = answers[median(probabilities.slice(first, first + answers.length))].title;
      grades.push(kind === "multilabel" ? `${labels[grades.length].title}: ${grade}` : grade);
    }
    return grades;
  }
}

// Drawn upright, without transparency: over white.
export function pixelsOf(picture) {
  const [wide, high] = [picture.videoWidth ?? picture.width, picture.videoHeight ?? picture.height];
  const scale = Math.min(1, Math.sqrt(MOST / (wide * high)));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(wide * scale), Math.round(high * scale)];
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.imageSmoothingQuality = "high";
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const rgba = brush.getImageData(0, 0, canvas.width, canvas.height).data;
  const data = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    data[to++] = rgba[from];
    data[to++] = rgba[from + 1];
    data[to++] = rgba[from + 2];
  }
  return { data, width: canvas.width, height: canvas.height };
}

// Blocks averaged, since the graph's own resizing is exact up to fourfold only.
function reduced(rgb, width, height, block) {
  const [wide, high] = [Math.ceil(width / block), Math.ceil(height / block)];
  const small = new Uint8Array(wide * high * 3);
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      const [bottom, right] = [Math.min(height, (row + 1) * block), Math.min(width, (column + 1) * block)];
      const total = [0, 0, 0];
      for (let y = row * block; y < bottom; y++) {
        for (let at = (y * width + column * block) * 3; at < (y * width + right) * 3; at += 3) {
          for (let channel = 0; channel < 3; channel++) total[channel] += rgb[at + channel];
        }
      }
      const count = (bottom - row * block) * (right - column * block);
      for (let channel = 0; channel < 3; channel++) {
        small[(row * wide + column) * 3 + channel] = Math.round(total[channel] / count);
      }
    }
  }
  return { rgb: small, width: wide, height: high };
}

function makeGrey(rgb) {
  for (let at = 0; at < rgb.length; at += 3) {
    const grey = Math.floor((299 * rgb[at] + 587 * rgb[at + 1] + 114 * rgb[at + 2] + 500) / 1000);
    rgb.fill(grey, at, at + 3);
  }
}

function median(shares) {
  let upto = 0;
  const place = shares.findIndex((share) => (upto += share) >= 0.5);
  return place < 0 ? shares.length - 1 : place;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
