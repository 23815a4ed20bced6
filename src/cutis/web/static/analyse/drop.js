// Drop, paste, choose or photograph. One photo leads to its answer; several are sent one after the other.
const form = document.querySelector("#analyse");
const list = form.querySelector(".sent");
const chooser = form.querySelector("input[type=file]");
const whose = form.querySelector("select[name=participant]");
const pseudonym = form.querySelector("input[name=pseudonym]");
const camera = form.querySelector(".camera");
let last = Promise.resolve();
let sent = 0;

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

function line(file) {
  const row = document.createElement("li");
  const name = document.createElement("div");
  name.textContent = file.name;
  const state = document.createElement("p");
  row.append(name, state);
  list.append(row);
  return (kind, text, href) => {
    state.className = `state ${kind}`;
    state.textContent = href ? "" : text;
    if (href) {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = text;
      state.append(link);
    }
    return state;
  };
}

async function send(file, say, body, alone) {
  say("unknown", form.dataset.sending);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { accept: "application/json", "x-form-token": form.form_token.value },
    });
    const told = await answer.json();
    if (!answer.ok) {
      say("attention", told.detail);
      return;
    }
    if (alone) location.href = told.page;
    say("good", form.dataset.kept, told.page);
    sent += 1;
    if (sent > 1 && !form.querySelector(".together")) {
      const together = document.createElement("a");
      together.className = "button together";
      together.href = `${form.action.replace(/analyse$/, "")}participants/${told.participant}/screening`;
      together.textContent = form.dataset.together;
      form.append(together);
    }
  } catch {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = form.dataset.retry;
    again.addEventListener("click", () => send(file, say, body, alone));
    say("attention", "").append(again);
  }
}

function add(files) {
  if (!files.length || !form.reportValidity()) return;
  const alone = files.length === 1 && sent === 0;
  for (const file of files) {
    const say = line(file);
    if (file.size > Number(form.dataset.megabytes) * 1e6) {
      say("attention", form.dataset.large);
      continue;
    }
    const body = new FormData();
    body.set("participant", whose?.value ?? "");
    body.set("pseudonym", pseudonym.value);
    body.set("key", key());
    body.set("photo", file, "photo"); // its name may be a person's
    last = last.then(() => send(file, say, body, alone));
  }
  chooser.value = "";
}

function need() {
  pseudonym.required = !whose?.value;
  pseudonym.closest(".new").hidden = Boolean(whose?.value);
}

chooser.multiple = true;
whose?.addEventListener("change", need);
need();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  add([...chooser.files]);
});
form.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  take([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) {
    event.preventDefault();
    take(files);
  }
});

// What was dropped or pasted stands in the field of files too, so that nothing is lost where a name is missing.
function take(files) {
  const carried = new DataTransfer();
  for (const file of files) carried.items.add(file);
  chooser.files = carried.files;
  add(files);
}

if (matchMedia("(pointer: coarse)").matches) {
  camera.hidden = false;
  camera.querySelector("button").addEventListener("click", () => {
    chooser.setAttribute("capture", "environment");
    chooser.click();
    chooser.removeAttribute("capture");
  });
}
