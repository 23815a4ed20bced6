// Copy what browsers need out of node_modules into static/vendor, which is ignored by git and part of the wheel.
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "../../../node_modules");
const vendor = join(here, "static/vendor");
const wanted = {
  htmx: ["htmx.org", ["dist/htmx.min.js", "LICENSE"]],
  "onnxruntime-web": [
    "onnxruntime-web",
    ["dist/ort.wasm.min.mjs", "dist/ort-wasm-simd-threaded.mjs", "dist/ort-wasm-simd-threaded.wasm"],
  ],
  openseadragon: ["openseadragon", ["build/openseadragon/openseadragon.min.js", "LICENSE.txt"]],
};

rmSync(vendor, { recursive: true, force: true });
for (const [name, [from, files]] of Object.entries(wanted)) {
  mkdirSync(join(vendor, name), { recursive: true });
  for (const file of files) {
    const source = join(modules, from, file);
    if (existsSync(source)) cpSync(source, join(vendor, name, file.split("/").at(-1)));
    else if (!file.startsWith("LICENSE")) throw new Error(`${source} is missing. Run npm ci, then npm run vendor.`);
  }
}
