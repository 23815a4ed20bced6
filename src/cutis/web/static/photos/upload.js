// Send several photos, one after the other, each exactly once: a photo's key stays the same when it is sent again.
// Without this script the form sends one photo by itself.
const form = document.querySelector("#add");
const list = form?.querySelector(".sent");
const chooser = form?.querySelector("input[type=file]");
let last = Promise.resolve();

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

function line(file) {
  const row = document.createElement("li");
  const name = document.createElement("div");
  name.textContent = file.name;
  const state = document.createElement("p");
  state.className = "state unknown";
  state.textContent = form.dataset.sending;
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

async function send(file, say, body) {
  say("unknown", form.dataset.sending);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { accept: "application/json", "x-form-token": form.form_token.value },
    });
    const told = await answer.json();
    if (answer.ok) say("good", answer.status === 201 ? form.dataset.kept : form.dataset.there, told.page);
    else say("attention", told.detail);
  } catch {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = form.dataset.retry;
    again.addEventListener("click", () => send(file, say, body));
    say("attention", "").append(again);
  }
}

function add(files) {
  if (!form.reportValidity()) return;
  for (const file of files) {
    const say = line(file);
    if (file.size > Number(form.dataset.megabytes) * 1e6) {
      say("attention", form.dataset.large);
      continue;
    }
    const body = new FormData();
    body.set("participant", form.participant.value);
    body.set("place", form.place.value);
    body.set("key", key());
    body.set("photo", file, "photo"); // its name may be a person's
    last = last.then(() => send(file, say, body));
  }
  chooser.value = "";
  last.then(() => {
    if (list.querySelector(".good") && !form.querySelector(".show")) {
      const show = document.createElement("a");
      show.className = "button show";
      show.href = location.pathname + location.search;
      show.textContent = form.dataset.show;
      form.append(show);
      document.querySelector(".empty")?.remove();
    }
  });
}

if (form) {
  chooser.multiple = true;
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
    chooser.files = event.dataTransfer.files;
    add([...event.dataTransfer.files]);
  });
}
