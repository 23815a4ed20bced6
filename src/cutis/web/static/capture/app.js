// What all pages of a participant do: work without a network, send what waits, and say how it stands.
import { ASSETS, PAGES, all, flush, wait, watch } from "./queue.js";

let timer = 0;
let outcome = "";
let left = Infinity; // photos that waited after the last try
let vain = 0; // tries in a row that sent nothing

export async function install(more = []) {
  if (!("serviceWorker" in navigator)) return;
  try {
    const options = { scope: "/take-part", type: "module" };
    await navigator.serviceWorker.register("/take-part/service-worker.js", options);
    await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
    const ours = loaded.filter((address) => address.pathname.startsWith("/static/")).map((address) => address.href);
    await (await caches.open(PAGES)).add(location.pathname);
    await (await caches.open(ASSETS)).add("/take-part/offline");
    await remember([...ours, ...more]);
  } catch {
    // A browser without, or a phone that is full: the pages work, but only with a network.
  }
}

export async function remember(addresses) {
  const assets = await caches.open(ASSETS);
  for (const address of new Set(addresses)) if (!(await assets.match(address))) await assets.add(address);
  // Of a file that has its version in its address the earlier ones are not needed any more.
  const now = new Map(addresses.map((address) => [bare(address), new URL(address, location).href]));
  for (const { url } of await assets.keys()) if ((now.get(bare(url)) ?? url) !== url) await assets.delete(url);
}

const bare = (address) => new URL(address, location).pathname.replace(/^(\/take-part\/model\/).*/, "$1");

// Sends now and again later, for as long as something waits.
export async function keep_sending(hurry = false) {
  clearTimeout(timer);
  if (!outcome) outcome = "sending";
  outcome = await flush(hurry).catch(() => "later");
  const waiting = (await all().catch(() => [])).filter((entry) => entry.state === "waiting");
  vain = hurry || waiting.length < left ? 0 : vain + 1;
  left = waiting.length;
  clearTimeout(timer); // of a try that was under way beside this one
  if (left) timer = setTimeout(keep_sending, wait(waiting, vain));
}

addEventListener("online", () => keep_sending(true));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && keep_sending());

// The box that says what waits, what was sent and what was not taken.
export function show_queue(box) {
  const { owner } = box.dataset;
  let shown = "";
  const say = (name, count) => {
    const line = box.querySelector(`.${name}`);
    const words = line.firstElementChild;
    line.hidden = !count;
    words.textContent = count === 1 ? words.dataset.one : words.dataset.many.replace("{n}", count);
  };
  const draw = async (told) => {
    if (["offline", "closed", "unsigned", "later", "sent"].includes(told)) outcome = told;
    const entries = (await all().catch(() => [])).filter((entry) => entry.owner === owner);
    const count = (state) => entries.filter((entry) => entry.state === state).length;
    const waits = count("waiting") ? outcome : "";
    const refused = entries.filter((one) => one.state === "refused").pop()?.words ?? "";
    const now_shown = JSON.stringify([...["waiting", "sent", "refused"].map(count), waits, refused]);
    if (now_shown === shown) return; // the box is read aloud whenever something in it is written
    shown = now_shown;
    for (const state of ["waiting", "sent", "refused"]) say(state, count(state));
    const why = box.querySelector(".why");
    why.textContent = why.dataset[waits] ?? "";
    why.hidden = !why.textContent;
    const sign = box.querySelector(".sign");
    if (sign) sign.hidden = waits !== "unsigned"; // a page that was kept may be older
    const because = box.querySelector(".because");
    because.textContent = refused;
    because.hidden = !refused;
    box.querySelector(".now").hidden = !count("waiting") || waits === "sending";
    box.hidden = !entries.length;
  };
  const now = box.querySelector(".now");
  now.addEventListener("click", async () => {
    const why = box.querySelector(".why");
    now.disabled = true;
    [outcome, shown] = ["sending", ""];
    [why.textContent, why.hidden] = [why.dataset.sending, false];
    await keep_sending(true);
    now.disabled = false;
    draw();
  });
  watch(draw);
  draw();
}
