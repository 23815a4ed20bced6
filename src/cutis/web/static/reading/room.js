// The reading room. What the server says is the truth; this page shows a case, measures how long it is visible,
// and sends the answer, once, whatever the connection does.
import { Cases, SignedOut, ask } from "./cases.js";
import { Clock } from "./clock.js";
import { Confidence } from "./confidence.js";
import { Pending } from "./pending.js";
import { Regions } from "./regions.js";
import { View } from "./view.js";

const room = document.querySelector("#room");
const find = (selector) => room.querySelector(selector);
const says = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), room.dataset[name]);
const { here, token } = room.dataset;
const trainings = Number(room.dataset.trainings); // they come first, and are not counted
const form = find("#answer");
const view = new View(find("#photo"));
const regions = new Regions(view, find("#regions"), [...room.querySelectorAll("[data-tool]")]);
const pending = new Pending(`cutis-reading-${room.dataset.reader}`, send, (text) => {
  const line = find(".sending");
  line.hidden = !text;
  line.textContent = text;
  if (text === says("sign")) {
    const link = Object.assign(document.createElement("a"), { textContent: says("signin"), target: "_blank", rel: "noopener" });
    link.href = `/sign-in?back=${encodeURIComponent(`${here}/room`)}`;
    line.append(" ", link);
  }
});
// The server tells an answer only once it has it.
const cases = new Cases(here, async (place) => { if (place < front) await pending.flush(); });
const confidence = new Confidence(form, room.dataset.confidence, says);
const clock = new Clock();
let now = null; // the case that is shown
let front = 0; // the first place that is not answered
let busy = true;
let starting = false; // a button asks where the reader stands
const spent = new Map(); // place -> milliseconds that its case was visible before

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

async function send(item) {
  const body = new URLSearchParams(item);
  try {
    const answer = await ask(`${here}/answers`, { method: "POST", body, headers: { "x-form-token": token } });
    if (answer.status === 403) { // signed in anew: the page has to be a new one too; the answer is kept until then
      location.reload();
      return { again: says("sign") };
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) return { again: says("lost") };
    const told = answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : {};
    // 409: it is there already, or the reading was closed; 422 cannot be mended by sending it again.
    return { ok: answer.ok, status: answer.status, ...told };
  } catch (error) {
    return { again: says(error instanceof SignedOut ? "sign" : "lost") };
  }
}

function cover(name) {
  for (const one of room.querySelectorAll(".cover")) one.hidden = one.id !== name;
  const shown = name ? find(`#${name}`) : null;
  // What lies under a cover can neither be reached nor read out; a feedback leaves the photo to be looked at.
  for (const part of [form, find(".stage"), find(".bar")]) part.inert = Boolean(shown) && name !== "feedback";
  form.inert = Boolean(shown);
  shown?.querySelector("button.main, a.main")?.focus();
}

// Where the reader stands, from the server; then the case, or the end.
async function go() {
  busy = true;
  clock.run(false);
  await pending.flush();
  let told = null;
  while (!told) {
    try {
      const answer = await ask(`${here}/standing`);
      if (answer.ok) told = await answer.json();
      else pending.say(says("lost"));
    } catch (error) {
      pending.say(says(error instanceof SignedOut ? "sign" : "lost"));
    }
    if (!told) await new Promise((done) => setTimeout(done, 2000));
  }
  front = told.place;
  if (told.state === "reading") await show(told.place);
  else ended(told);
}

// What a button does: once, however often it is pressed while there is no connection.
async function start() {
  if (starting) return;
  starting = true;
  try {
    await go();
  } finally {
    starting = false;
  }
}

async function show(place) {
  busy = true;
  let told;
  for (;;) {
    try {
      told = await cases.fetched(place);
      break;
    } catch (error) {
      if (error.message === "409" || error.message === "404") return go();
      pending.say(says(error instanceof SignedOut ? "sign" : "lost"));
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
  if (!pending.all().length) pending.say("");
  clock.run(false);
  if (now) spent.set(now.place, clock.spent);
  now = told;
  now.key = key();
  clock.reset(spent.get(place)); // who comes back to a case has no new time for it
  present(told);
  cover("");
  find("#question").focus({ preventScroll: true }); // only now: what is covered takes no focus
  clock.run(true);
  busy = false;
  watch(); // at once: a photo whose time is over is not seen again
  cases.forget(place - 2);
  if (!told.last && place >= front) cases.fetched(place + 1).catch(() => {}); // the next one is there when it is wanted
}

function present(told) {
  const name = told.training ? "training" : told.of ? "case" : "settle";
  find(".at").textContent = says(name, told.training || !told.of ? told : { place: told.place - trainings, of: told.of - trainings });
  const far = find(".bar progress");
  far.hidden = !told.of;
  far.max = told.of || 1;
  far.value = told.place - 1;
  find("#back").hidden = !told.back;
  form.reset();
  problem("");
  find(".covered").hidden = !told.gone;
  find(".covered").textContent = told.gone ? says(told.why) : "";
  for (const part of form.querySelectorAll("fieldset, .percent")) part.hidden = told.gone; // nothing to answer
  find("#confirm span").textContent = says(told.gone ? "next" : "confirm");
  find(".lens").hidden = told.gone;
  view.svg.setAttribute("aria-label", says("photo", { place: told.place }));
  if (told.gone) view.clear();
  else view.show(told.url, told.width, told.height);
  regions.choose(null);
  regions.reset(told.earlier?.regions ?? []);
  if (told.earlier) {
    const before = form.querySelector(`[name=answer][value="${CSS.escape(told.earlier.answer)}"]`);
    if (before) before.checked = true;
    confidence.set(told.earlier.confidence);
  } else confidence.set(null);
  list(find(".help:not(.answers)"), told.help?.scores, (value) => `${says("percent", { value: percent(value) })}, ${says("thousand", { value: Math.round(value * 1000) })}`);
  find(".help .source").textContent = told.help?.source ?? "";
  find(".help .rendered").hidden = !told.help?.rendered;
  const most = Math.max(1, told.answers.reduce((sum, one) => sum + one.value, 0));
  list(find(".help.answers"), told.answers.length ? told.answers : null, (value) => says("given", { value }), most);
  form.scrollTop = 0;
}

function percent(value) {
  const whole = Math.round(value * 100);
  return whole === 0 && value > 0 ? "<1" : whole === 100 && value < 1 ? ">99" : whole;
}

function list(part, scores, words, most = 1) {
  part.hidden = !scores;
  part.querySelector("ul").replaceChildren(...(scores ?? []).slice(0, 6).map(({ title, value }) => {
    const row = document.createElement("li");
    const [name, told] = [title, words(value)].map((text) => Object.assign(document.createElement("span"), { textContent: text }));
    const bar = Object.assign(document.createElement("progress"), { max: most, value });
    bar.setAttribute("aria-hidden", "true");
    row.append(name, told, bar);
    return row;
  }));
}

// What the form says, as the server tells an earlier answer.
function given() {
  if (now.gone) return { answer: "", confidence: null, regions: [] };
  regions.finish();
  return {
    answer: form.querySelector("[name=answer]:checked")?.value ?? "",
    confidence: confidence.value,
    regions: regions.kept,
  };
}

function problem(text) {
  find(".problem").hidden = !text;
  find(".problem").textContent = text;
}

// One answer, however often it is asked for: until the next case is there, this one is answered.
async function confirm() {
  if (busy || !now) return;
  const chosen = form.querySelector("[name=answer]:checked");
  const said = given();
  if (!now.gone) {
    if (!chosen) return problem(says("choose"));
    if (confidence.asked && said.confidence === null) return problem(says("sure"));
    if (room.dataset.regions === "needed" && !said.regions.length) return problem(says("draw"));
  }
  busy = true;
  clock.run(false);
  const item = {
    place: now.place, key: now.key, seconds: clock.seconds.toFixed(2), answer: said.answer,
    confidence: said.confidence ?? "", regions: JSON.stringify(said.regions),
  };
  const answered = now;
  answered.earlier = said; // who comes back finds it, sent or not
  const sent = pending.add(item);
  const next = answered.place < front ? front : answered.place + 1;
  front = Math.max(front, next);
  if (answered.training && !answered.gone) return feedback(await sent, chosen?.dataset.title);
  if (answered.last) return told(await sent);
  await show(next);
  const kept = await sent;
  if (kept && !kept.ok) told(kept); // such as when it was answered in another tab, or the reading closed
}

// Where the server says one stands, with what it said of an answer that it did not take.
async function told(kept) {
  const refused = kept && !kept.ok;
  if (refused) cases.forget(Infinity); // what is kept here of cases is not what the server has
  await go();
  if (refused) pending.say(kept.detail ?? "");
}

function feedback(kept, said) {
  if (!kept?.ok || !kept.truth) return told(kept);
  find("#feedback .told").className = `told state ${kept.right ? "good" : "attention"}`;
  find("#feedback .told").textContent = kept.right ? says("right", kept) : says("wrong", { said, truth: kept.truth });
  cover("feedback");
}

function ended(told) {
  view.clear();
  now = null;
  find("#ended h1").textContent = find("#ended h1").dataset[told.state] ?? "";
  find("#ended .done").textContent = done(told.done, told.of);
  const when = told.opens && new Date(told.opens).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  find("#ended .opens").textContent = when ? says("opens", { when }) : find("#ended .opens").dataset[told.state] ?? "";
  pending.say("");
  cover("ended");
}

function done(count, of) {
  return of ? says("done", { done: Math.max(count - trainings, 0), of: of - trainings }) : says("settled", { done: count });
}

function pause() {
  if (busy || !now) return;
  clock.run(false);
  find("#paused .done").textContent = done(front - 1, now.of);
  cover("paused");
}

function resume() {
  cover("");
  clock.run(true);
  find("#question").focus({ preventScroll: true });
}

function back() {
  if (busy || !now) return;
  clock.run(false);
  if (now.place >= front) now.earlier = given(); // what is begun waits here
  show(now.place - 1);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.repeat) return event.preventDefault(); // held, it would press the next button too
  if (event.ctrlKey || event.metaKey || event.altKey || !find("#keys").checked) return;
  if (room.querySelector(".cover:not([hidden])") || busy) return;
  const own = event.target.closest("button, a"); // Enter does what it says
  const chosen = form.querySelector(`kbd[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (event.key === "Enter" && !own) confirm();
  else if (chosen && !now.gone) {
    chosen.closest("label").querySelector("input").checked = true;
    problem("");
  }
  else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && event.shiftKey) view.pan((event.key === "ArrowLeft" ? 1 : -1) * view.box.width / 8, 0);
  else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && event.shiftKey) view.pan(0, (event.key === "ArrowUp" ? 1 : -1) * view.box.height / 8);
  else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && !event.target.closest("input[type=range]") && confidence.asked) confidence.step(event.key === "ArrowRight" ? 1 : -1);
  else if (event.key === "+" || event.key === "=") view.zoom(1.5);
  else if (event.key === "-") view.zoom(1 / 1.5);
  else if (event.key === "f") view.whole();
  else if (event.key === "p") pause();
  else if (event.key === "z" && room.dataset.regions !== "none") regions.undo();
  else return;
  event.preventDefault();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  confirm();
});
form.addEventListener("input", () => problem(""));
document.addEventListener("visibilitychange", () => {
  if (now && !busy && !room.querySelector(".cover:not([hidden])")) clock.run(document.visibilityState === "visible");
});
find("#closer").addEventListener("click", () => view.zoom(1.5));
find("#farther").addEventListener("click", () => view.zoom(1 / 1.5));
find("#whole").addEventListener("click", () => view.whole());
find("#undo")?.addEventListener("click", () => regions.undo());
find("#pause").addEventListener("click", pause);
find("#back").addEventListener("click", back);
find("#paused button.main").addEventListener("click", resume);
find("#feedback button").addEventListener("click", start);
find("#begin button").addEventListener("click", start);

const limit = Number(room.dataset.limit); // seconds; 0 for none
if (limit) setInterval(watch, 200);

function watch() {
  if (!limit) return;
  const left = Math.ceil(limit - clock.seconds);
  find(".left").hidden = !now || now.gone || left <= 0;
  find(".left").textContent = says("left", { value: left });
  if (!now || now.gone || busy || clock.seconds < limit) return;
  find(".covered").hidden = false;
  find(".covered").textContent = says("covered");
}

const keys = find("#keys");
keys.checked = localStorage.getItem("cutis-reading-keys") !== "off";
keys.addEventListener("change", () => localStorage.setItem("cutis-reading-keys", keys.checked ? "on" : "off"));
find("#begin button").disabled = false;
cover("begin");
