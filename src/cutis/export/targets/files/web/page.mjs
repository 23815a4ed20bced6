// The page around the model: one photo in, its answer out.
import { Model } from "./cutis.mjs";

const part = (id) => document.getElementById(id);
const percent = (share) => (share < 0.01 ? "below 1%" : share > 0.99 ? "above 99%" : `${Math.round(100 * share)}%`);
let model = null;

try {
  model = await Model.open();
  part("state").textContent = "Ready. It works without a network from here on.";
  part("photo").disabled = part("check").disabled = false;
  part("use").textContent = [model.facts.use, model.facts.licence && `Licence: ${model.facts.licence}.`].filter(Boolean).join(" ");
  part("rendered").textContent = model.facts.rendered ?? "";
  part("rendered").hidden = !model.facts.rendered;
} catch (error) {
  part("state").textContent = `The model could not be loaded: ${error.message}. See README.md: onnxruntime-web must lie in the folder onnxruntime-web, and the page must come from a web server.`;
}

part("photo").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  part("state").textContent = "Looking at the photo";
  part("result").hidden = true;
  try {
    show(await model.judge(file), file);
    part("state").textContent = "Done.";
  } catch (error) {
    part("state").textContent = `This photo cannot be judged: ${error.message} Choose a JPEG, PNG or WebP photo.`;
  }
});

part("check").addEventListener("click", async () => {
  part("checked").textContent = "Asking the model about its test images";
  try {
    const { difference, tolerance, passed } = await model.check();
    part("checked").textContent = `${passed ? "Passed" : "Not passed"}: largest difference ${difference.toExponential(1)}, ${tolerance} allowed.`;
  } catch (error) {
    part("checked").textContent = `Could not be checked: ${error.message}`;
  }
});

function show(said, file) {
  const { facts } = model;
  URL.revokeObjectURL(part("seen").src);
  part("seen").src = URL.createObjectURL(file);
  part("answer").textContent = said.answers.join("; ");
  part("advice").textContent = said.advice.join(" ");
  part("shares").replaceChildren(...said.probabilities.map((share, place) => row(titleOf(place), percent(share))));
  part("points_title").hidden = !facts.operating_points.length;
  part("points").replaceChildren(
    ...facts.operating_points.map(({ name, threshold }, place) => {
      const { reached, probability } = said.points[place];
      return row(name, `${reached ? "reached" : "not reached"}: ${probability.toFixed(3)} against ${threshold.toFixed(3)}`);
    }),
  );
  part("pace").textContent = `Looked at in ${Math.round(said.milliseconds)} ms.`;
  part("result").hidden = false;
}

function titleOf(place) {
  const { kind, labels, answers } = model.facts;
  if (kind !== "multilabel") return labels[place].title;
  return `${labels[Math.floor(place / answers.length)].title}: ${answers[place % answers.length].title}`;
}

function row(...cells) {
  const line = document.createElement("tr");
  line.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  return line;
}
