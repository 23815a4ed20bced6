// The first page of a participant: what waits is sent, and the camera's page is kept for when there is no network.
import { install, keep_sending, remember, show_queue } from "./app.js";
import { PAGES, all, forget, watch } from "./queue.js";

const box = document.querySelector("#queue");
const finish = document.querySelector("#finish");
let leaving = false;

async function keep_camera() {
  if (!("caches" in window)) return;
  const pages = await caches.open(PAGES);
  for (const link of document.querySelectorAll('.todo a[href^="/take-part/visits/"]')) {
    const path = new URL(link.href).pathname;
    if (path.split("/").length !== 4) continue; // a questionnaire
    const answer = await fetch(path);
    if (!answer.ok || answer.redirected) continue;
    await pages.put(path, answer.clone());
    const camera = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#setting");
    if (camera) await remember(JSON.parse(camera.textContent).files);
  }
}

finish.addEventListener("submit", async (event) => {
  event.preventDefault();
  const note = finish.querySelector(".notice");
  const discard = finish.querySelector(".discard");
  const waiting = (await all().catch(() => [])).filter((entry) => entry.state === "waiting");
  note.hidden = true;
  const { sure } = finish.dataset;
  delete finish.dataset.sure; // where it does not work, it is asked again
  if (waiting.length && !sure) {
    note.textContent = finish.dataset.waiting;
    note.hidden = discard.hidden = false;
    return;
  }
  const form_token = finish.form_token.value;
  try {
    const body = new URLSearchParams({ form_token });
    const answer = await fetch(finish.action, { method: "POST", body });
    if (!answer.ok && answer.status !== 401) {
      // Too busy, or an old form: the server still takes this phone for the participant's.
      note.textContent = finish.dataset.failed;
      note.hidden = false;
      return;
    }
    leaving = true;
    await forget();
    location.replace(answer.ok ? answer.url : "/take-part/finished");
  } catch {
    note.textContent = finish.dataset.offline;
    note.hidden = false;
  }
});
finish.querySelector(".discard").addEventListener("click", () => {
  finish.dataset.sure = "yes";
  finish.requestSubmit();
});
// Only now: pressed before this script was here, the next page would forget photos that were not sent, unasked.
finish.querySelector("button").hidden = false;

// What is due is another once the photos that waited have arrived.
async function follow() {
  const waits = async () => (await all().catch(() => [])).some((entry) => entry.state === "waiting");
  let waited = await waits();
  watch(async () => {
    const now = await waits();
    if (waited && !now && navigator.onLine && !leaving) location.reload();
    waited = now;
  });
}

// A view whose photo waits here needs not be taken again.
async function mark() {
  const waiting = (await all().catch(() => [])).filter((one) => one.state === "waiting" && one.owner === box.dataset.owner);
  const places = new Set(waiting.map((one) => `${one.visit}/${one.view}`));
  for (const line of document.querySelectorAll(".views [data-view]")) {
    const saved = line.querySelector(".unknown");
    if (saved) saved.hidden = !places.has(line.dataset.view);
  }
}

show_queue(box);
watch(mark);
mark();
follow();
keep_sending(true);
install().then(keep_camera).catch(() => {});
