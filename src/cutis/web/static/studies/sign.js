// A field to sign in: what is drawn is sent as lines of points from 0 to 1. Without this script, consent is on paper.
import { signing } from "../signing.js";

const form = document.querySelector("#sign");
const field = form?.querySelector(".signing");

if (field) {
  field.hidden = false;
  const strokes = signing(field.querySelector("canvas"), field.querySelector("[data-clear]"));
  form.addEventListener("submit", () => {
    form.strokes.value = JSON.stringify(strokes);
    form.clock.value = new Date().toISOString();
  });
}
