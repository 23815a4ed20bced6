// Drop, paste, choose or photograph. One photo leads to its answer; several are sent one after the other.
import { offer, uploads } from "../upload.js";

const form = document.querySelector("#analyse");
const chooser = form.querySelector("input[type=file]");
const whose = form.querySelector("select[name=participant]");
const pseudonym = form.querySelector("input[name=pseudonym]");
const camera = form.querySelector(".camera");
let sent = 0;
let leaving = false;

const { take } = uploads(form, {
  fill(body) {
    if (leaving) window.stop(); // another photo came: it is not left behind
    leaving = false;
    body.set("participant", whose?.value ?? "");
    body.set("pseudonym", pseudonym?.value ?? "");
  },
  took(told, { alone, say }) {
    leaving = alone && sent === 0;
    if (leaving) location.href = told.page;
    say("good", form.dataset.kept, told.page);
    sent += 1;
    const all = `${form.action.replace(/analyse$/, "")}participants/${told.participant}/screening`;
    if (sent > 1) offer(form, "together", all, form.dataset.together);
  },
});

function need() {
  if (!pseudonym) return; // the protocol asks questions first
  pseudonym.required = !whose?.value;
  pseudonym.closest(".new").hidden = Boolean(whose?.value);
}

whose?.addEventListener("change", need);
need();
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) {
    event.preventDefault();
    take(files);
  }
});

if (matchMedia("(pointer: coarse)").matches) {
  camera.hidden = false;
  camera.querySelector("button").addEventListener("click", () => {
    chooser.setAttribute("capture", "environment");
    chooser.click();
    chooser.removeAttribute("capture");
  });
}
