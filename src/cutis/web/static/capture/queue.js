// Photos that wait on this phone. They outlive a closed browser, and each arrives exactly once: its key stays the
// same however often it is sent. Used by the pages and by the service worker.
const NAME = "cutis-take-part";
const STORE = "photos";
const SLOWEST = 300; // seconds between two tries
const FINAL = [409, 422]; // what the server says of a photo that it will never take
export const PAGES = "take-part-pages"; // what is of a participant
export const ASSETS = "take-part-assets"; // scripts, styles and the network: of nobody

const channel = "BroadcastChannel" in self ? new BroadcastChannel(NAME) : null;
const here = new EventTarget();
channel?.addEventListener("message", (event) => here.dispatchEvent(new CustomEvent("change", { detail: event.data })));

export function watch(react) {
  here.addEventListener("change", (event) => react(event.detail));
}

function tell(outcome) {
  channel?.postMessage(outcome);
  here.dispatchEvent(new CustomEvent("change", { detail: outcome }));
  return outcome;
}

function database() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function work(mode, ask) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode, { durability: "strict" });
      const asked = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? asked?.error);
    });
  } finally {
    opened.close(); // an open one keeps the database from being deleted
  }
}

export const all = () => work("readonly", (store) => store.getAll());

const change = (entry) => work("readwrite", (store) => store.put(entry));

export function fresh(owner, visit, view, photo) {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  return { key, owner, visit, view, photo, taken: local(new Date()), state: "waiting", tries: 0, next: 0, words: "" };
}

// Throws where the phone's storage is full.
export async function keep(entry) {
  await change(entry);
  tell("kept");
  navigator.storage?.persist?.().catch(() => {});
  const worker = await navigator.serviceWorker?.getRegistration?.("/take-part");
  await worker?.sync?.register("photos").catch(() => {});
}

export async function drop(keys) {
  for (const key of keys) await work("readwrite", (store) => store.delete(key));
  tell("dropped");
}

// Nothing of a participant stays on this phone.
export async function forget() {
  await work("readwrite", (store) => store.clear()).catch(() => {});
  await new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
  if ("caches" in self) await caches.delete(PAGES);
  tell("dropped");
}

// Sends what waits. One at a time sends: the pages and the service worker share a lock.
export function flush(hurry = false) {
  const send = () => sendAll(hurry);
  return navigator.locks ? navigator.locks.request(NAME, send) : send();
}

async function sendAll(hurry) {
  const kept = (await all()).filter((entry) => entry.state === "waiting");
  const waiting = kept.filter((entry) => entry.photo instanceof Blob);
  // One without its photo, which an earlier version could keep, can never be sent.
  const broken = kept.filter((entry) => !waiting.includes(entry));
  if (broken.length) await drop(broken.map((entry) => entry.key));
  if (!waiting.length) return "empty";
  const phone = await whose();
  if (typeof phone === "string") return tell(phone);
  let outcome = "sent";
  for (const entry of waiting) {
    if (entry.owner !== phone.owner) {
      outcome = "closed";
    } else if (!hurry && later(entry)) {
      outcome = "later";
    } else {
      outcome = tell(phone.unsigned ? "unsigned" : await send(entry, phone.form_token).catch(() => "later"));
      if (["offline", "closed", "unsigned"].includes(outcome)) break;
    }
  }
  return outcome;
}

// A clock that was set back must not keep a photo waiting for longer than the slowest pace.
const later = (entry) => entry.next > Date.now() && entry.next < Date.now() + 1000 * SLOWEST;

// Milliseconds to the next try, after so many in a row that sent nothing.
export function wait(entries, vain = 0) {
  const waiting = entries.filter((entry) => entry.state === "waiting");
  const due = Math.min(1000 * SLOWEST, ...waiting.map((entry) => entry.next - Date.now()));
  return Math.max(1000, pause(vain), due);
}

// Ever slower, and not at the same moment as all other phones.
const pause = (tries) => 1000 * Math.min(2 ** tries, SLOWEST) * (0.5 + Math.random() / 2);

// Of whom this phone is now, or why it cannot send.
async function whose() {
  try {
    const answer = await fetch("/take-part/state", { headers: { accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) return "closed";
    return answer.ok ? await answer.json() : "later";
  } catch {
    return "offline";
  }
}

export async function send(entry, token) {
  const body = new FormData();
  for (const name of ["key", "owner", "visit", "view", "taken"]) body.set(name, entry[name]);
  body.set("clock", local(new Date()));
  body.set("photo", entry.photo, "photo");
  let answer;
  try {
    answer = await fetch("/take-part/photos", {
      method: "POST",
      body,
      headers: { accept: "application/json", "x-form-token": token },
    });
  } catch {
    await again(entry);
    return "offline";
  }
  if (answer.ok) {
    // Its pixels are not needed any more. Where not even that can be written down, it is sent again, and is the same.
    await change({ ...entry, state: "sent", photo: null, words: "" }).catch(() => {});
    return "sent";
  }
  if (answer.status === 401 || answer.status === 403) return "closed";
  if (answer.status === 428) return "unsigned";
  // Pixels are deleted only on the server's own word on this photo: whatever else answers, they are kept.
  const told = FINAL.includes(answer.status) ? await answer.json().catch(() => null) : null;
  if (!told) {
    await again(entry);
    return "later";
  }
  await change({ ...entry, state: "refused", photo: null, words: told.detail ?? "" });
  return "refused";
}

function again(entry) {
  return change({ ...entry, tries: entry.tries + 1, next: Date.now() + pause(entry.tries) });
}

export async function token() {
  const phone = await whose();
  return typeof phone === "string" ? null : phone.form_token;
}

// Local time with its offset, such as 2026-05-31T09:30:00+02:00.
export function local(moment) {
  const offset = -moment.getTimezoneOffset();
  const two = (n) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const shifted = new Date(moment.getTime() + offset * 60000).toISOString().slice(0, 19);
  return `${shifted}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}
