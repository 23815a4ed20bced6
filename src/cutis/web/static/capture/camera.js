// The views of a visit, one after the other: viewfinder with advice, shutter, review, and on to the next.
import { install, keep_sending, show_queue } from "./app.js";
import { Gate, Steady } from "./gate.js";
import { Lens } from "./lens.js";
import { all, drop, flush, fresh, keep, send, token, watch } from "./queue.js";

const setting = JSON.parse(document.querySelector("#setting").textContent);
const { words } = setting;
const find = (query) => document.querySelector(query);
const [finder, review, end, problem] = ["#finder", "#review", "#end", "#problem"].map(find);
const video = finder.querySelector("video");
const lens = new Lens(video);
const shutter = finder.querySelector(".shutter");
const advice = finder.querySelector(".advice");
const keeper = review.querySelector(".keep");
const spoken = find("#spoken");
const gate = setting.quality ? new Gate(setting.quality) : null;
const LEAST = 100; // milliseconds from one look to the next: more only warms the phone
const HELD = 900; // milliseconds for which a line stays, so that it can be read

let now = 0; // place of the view that is taken
let photo = null;
let looking = false;
let listed = "";

function say(line, kind, text) {
  line.className = line.className.replace(/ (good|attention|unknown|urgent)$/, "") + ` ${kind}`;
  line.textContent = text;
}

function warn(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function show(part) {
  for (const one of [finder, review, end]) one.hidden = one !== part;
}

// ---- viewfinder

async function start_camera(open = () => lens.start()) {
  try {
    await open();
  } catch (error) {
    no_camera(error?.name === "NotAllowedError" ? words.denied : words.none);
    return false;
  }
  finder.querySelector(".off").hidden = true;
  finder.classList.remove("without");
  const frame = finder.querySelector(".frame");
  frame.classList.toggle("mirrored", lens.mirrored);
  lens.all().then((all) => (frame.querySelector(".turn").hidden = all.length < 2));
  return true;
}

function no_camera(text) {
  const off = finder.querySelector(".off");
  off.textContent = text;
  off.hidden = false;
  shutter.disabled = true;
  finder.classList.add("without");
  say(advice, "unknown", words.choose);
}

function camera_works() {
  shutter.disabled = false;
  if (gate?.live) watch_picture();
  else say(advice, "unknown", gate && !gate.failed ? words.loading : words.without);
}

function stop_camera() {
  looking = false;
  lens.stop();
}

async function turn_camera() {
  shutter.disabled = true;
  if (await start_camera(() => lens.turn())) camera_works();
}

async function take_view(place) {
  now = place;
  const view = setting.views[now];
  finder.querySelector(".count").textContent = words.count.replace("{a}", now + 1).replace("{b}", setting.views.length);
  finder.querySelector(".view strong").textContent = view.name;
  finder.querySelector(".view small").textContent = view.advice;
  const shape = find(`template[data-outline="${view.key}"]`).content.cloneNode(true);
  finder.querySelector(".outline").replaceChildren(shape);
  finder.querySelector(".skip-view").hidden = setting.views.length === 1;
  show(finder);
  if (await start_camera()) camera_works();
}

// By a button that is not seen any more, or far below: the picture comes into view, and the keyboard to the shutter.
async function go_to(place) {
  await take_view(place);
  finder.scrollIntoView({ block: "nearest" });
  (shutter.disabled ? finder.querySelector(".chooser input") : shutter).focus({ preventScroll: true });
}

async function watch_picture() {
  if (looking) return;
  looking = true;
  const steady = new Steady();
  let shown = 0;
  let told = 0;
  const moments = [];
  while (looking && !finder.hidden) {
    const began = performance.now();
    if (video.videoWidth && document.visibilityState === "visible") {
      const answer = await gate.glance(video);
      if (!answer) break;
      moments.push(performance.now());
      while (moments[0] < performance.now() - 3000) moments.shift();
      if (moments.length > 2)
        finder.dataset.rate = ((1000 * (moments.length - 1)) / (moments.at(-1) - moments[0])).toFixed(2);
      const verdict = gate.verdict(steady.add(answer), setting.views[now].outlined);
      if (performance.now() - shown > HELD) {
        const text = verdict.live;
        if (advice.textContent !== text) say(advice, verdict.passed ? "good" : "attention", text);
        shown = performance.now();
        if (performance.now() - told > 4000 && spoken.textContent !== text) {
          spoken.textContent = text; // not more often: it is read aloud
          told = performance.now();
        }
      }
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, LEAST - (performance.now() - began))));
  }
  looking = false;
}

function wake_camera() {
  if (document.visibilityState === "visible" && !finder.hidden && lens.ended) take_view(now);
}

// ---- shutter and review

async function shoot() {
  shutter.disabled = true;
  const taken = await lens.photo().catch(() => null);
  shutter.disabled = false;
  if (taken) judge(taken);
  else warn(words.again);
}

async function judge(taken) {
  photo = taken;
  looking = false;
  warn("");
  if (taken.size > setting.megabytes * 1e6) return warn(words.large);
  const image = review.querySelector("img");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(taken);
  review.querySelector(".view strong").textContent = setting.views[now].name;
  const verdict = review.querySelector(".verdict");
  const why = review.querySelector(".why");
  say(verdict, "unknown", gate ? setting.quality.words.looking : "");
  why.textContent = "";
  emphasise(true);
  keeper.disabled = false;
  show(review);
  keeper.focus();
  const said = gate ? await gate.judge(taken, await current_token(), setting.views[now].outlined).catch(() => null) : null;
  if (photo !== taken) return;
  if (!said) say(verdict, "unknown", words.untold);
  else say(verdict, said.passed ? "good" : "attention", said.passed ? said.sentence : words.better);
  why.textContent = said && !said.passed ? said.sentence : "";
  emphasise(!said || said.passed);
}

function emphasise(keeping) {
  keeper.classList.toggle("main", keeping);
  review.querySelector(".again").classList.toggle("main", !keeping);
}

const current_token = async () => (gate?.live ? "" : await token()) ?? "";

async function keep_photo() {
  if (!photo) return; // a second tap, while the first is still written down
  keeper.disabled = true;
  const entry = fresh(setting.owner, setting.visit, setting.views[now].key, photo);
  photo = null;
  try {
    await make_room();
    await keep(entry);
  } catch {
    await send_at_once(entry);
  }
  keep_sending(true);
  next();
}

// What was sent is on the list only to be told; its pixels are gone already.
async function make_room() {
  const sent = (await all()).filter((entry) => entry.state !== "waiting");
  if (sent.length > 200) await drop(sent.slice(0, 100).map((entry) => entry.key));
}

async function send_at_once(entry) {
  const known = await token();
  const outcome = known ? await send({ ...entry }, known).catch(() => "offline") : "offline";
  if (outcome === "sent") setting.views[now].taken += 1;
  warn(outcome === "sent" ? words.full_sent : words.full);
}

async function next() {
  const counts = await stands();
  const following = setting.views.findIndex((view, place) => place > now && !counts[place].any);
  const first = setting.views.findIndex((view, place) => view.needed && !counts[place].any);
  const place = following >= 0 ? following : first;
  if (place >= 0) return go_to(place);
  stop_camera();
  show(end);
  end.querySelector("h2").focus();
}

// ---- what is taken

async function stands() {
  const entries = (await all().catch(() => [])).filter((e) => e.owner === setting.owner && e.visit === setting.visit);
  return setting.views.map((view) => {
    const count = (state) => entries.filter((entry) => entry.view === view.key && entry.state === state).length;
    const sent = Math.max(view.taken, count("sent"));
    return { waiting: count("waiting"), sent, refused: count("refused"), any: count("waiting") + sent > 0 };
  });
}

async function list() {
  const lines = find("#views");
  const counts = await stands();
  const now_listed = JSON.stringify(counts);
  if (now_listed === listed) return;
  listed = now_listed;
  const focused = lines.contains(document.activeElement) ? [...lines.children].findIndex((l) => l.contains(document.activeElement)) : -1;
  const made = setting.views.map((view, place) => {
    const line = find("#line").content.cloneNode(true).firstElementChild;
    const { waiting, sent, refused } = counts[place];
    line.querySelector("strong").textContent = view.name;
    line.querySelector(".hint").textContent = view.needed ? "" : words.optional;
    const state = waiting ? ["unknown", words.saved] : sent ? ["good", words.sent] : refused ? ["attention", words.refused] : ["unknown", words.missing];
    say(line.querySelector(".state"), ...state);
    const button = line.querySelector(".retake");
    button.firstElementChild.textContent = waiting + sent ? words.retake : words.take;
    button.lastElementChild.textContent = ` ${view.name}`;
    button.addEventListener("click", () => go_to(place));
    return line;
  });
  lines.replaceChildren(...made);
  lines.hidden = false;
  if (focused >= 0) lines.children[focused]?.querySelector("button").focus();
}

// ---- begin

async function begin() {
  find("#plain").hidden = true;
  show_queue(find("#queue"));
  watch(list);
  await list();
  const chooser = finder.querySelector("input[type=file]");
  chooser.addEventListener("change", () => chooser.files[0] && judge(chooser.files[0]));
  shutter.addEventListener("click", shoot);
  finder.querySelector(".turn").addEventListener("click", turn_camera);
  finder.querySelector(".skip-view").addEventListener("click", () => go_to((now + 1) % setting.views.length));
  review.querySelector(".again").addEventListener("click", () => go_to(now));
  keeper.addEventListener("click", keep_photo);
  addEventListener("pagehide", stop_camera);
  // Phones end the camera of a page that is not seen.
  for (const back of ["pageshow", "focus"]) addEventListener(back, wake_camera);
  document.addEventListener("visibilitychange", wake_camera);
  const counts = await stands();
  const first = counts.findIndex((one) => !one.any);
  const opened = take_view(Math.max(0, first));
  if (gate) {
    if (!(await gate.start())) gate.failed = true;
    await opened;
    if (!finder.hidden && lens.track) {
      if (gate.live) watch_picture();
      else say(advice, "unknown", words.without);
    }
  }
  await flush(true).catch(() => {});
  await keep_sending();
  await install(setting.files);
}

begin();
