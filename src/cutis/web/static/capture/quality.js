// The quality gate, beside the page: photos in, probabilities and findings out. This worker alone may compile.
let session = null;
let runtime = null;
let brush = null;

self.addEventListener("message", async ({ data }) => {
  try {
    if (data.start) await start(data.start);
    else await look(data);
  } catch (error) {
    self.postMessage({ id: data.id, failed: String(error) });
  }
});

async function start({ script, glue, wasm, model }) {
  runtime = await import(script);
  runtime.env.wasm.wasmPaths = { mjs: glue, wasm };
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = "error";
  session = await runtime.InferenceSession.create(model, { executionProviders: ["wasm"] });
  self.postMessage({ ready: true });
}

async function look({ id, frame, pixels, width, height }) {
  const began = performance.now();
  const rgba = frame ? small(frame, width, height) : new Uint8Array(pixels);
  const image = new runtime.Tensor("uint8", without_alpha(rgba), [1, height, width, 3]);
  const answer = await session.run({ image }, ["probabilities", "findings"]);
  self.postMessage({
    id,
    probabilities: [...answer.probabilities.data],
    findings: [...answer.findings.data],
    milliseconds: performance.now() - began,
  });
}

function small(frame, width, height) {
  brush ??= new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  [brush.canvas.width, brush.canvas.height] = [width, height];
  brush.imageSmoothingQuality = "high";
  brush.drawImage(frame, 0, 0, width, height);
  frame.close(); // a camera has few of them
  return brush.getImageData(0, 0, width, height).data;
}

function without_alpha(rgba) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return rgb;
}
