// The consent is sent with a signature, or not at all.
import { signing } from "../signing.js";
import { local } from "./queue.js";

const form = document.querySelector("#sign");
const note = form.querySelector("[role=alert]");
const strokes = signing(document.querySelector("#field"), document.querySelector("#clear"), (drawn) => {
  if (drawn.length) note.hidden = true;
});
form.paper?.addEventListener("change", () => (note.hidden = true));

form.addEventListener("submit", (event) => {
  const signed = strokes.flat().length > 4 || form.paper?.checked;
  note.textContent = signed ? form.dataset.offline : form.dataset.empty;
  note.hidden = Boolean(signed) && navigator.onLine;
  if (!note.hidden) event.preventDefault();
  form.strokes.value = JSON.stringify(strokes);
  form.clock.value = local(new Date());
});
