// Photos of a form, sent one after the other, each exactly once: its key stays the same when it is sent again.
// Without this script such a form sends one photo by itself.
export function uploads(form, { fill, took, done = () => {} }) {
  const list = form.querySelector(".sent");
  const chooser = form.querySelector("input[type=file]");
  let last = Promise.resolve();
  let open = 0; // photos that the server has not answered yet
  let batch = 0; // photos that came since none was open

  // fill: writes what else is sent into a FormData. took: told (JSON) of a photo that was taken, and how it stands
  // there: its status, whether it is alone (no other came before all were answered), and what says it in its line.
  // done: after all that wait.
  function add(files) {
    if (!files.length || !form.reportValidity()) return;
    if (!open) batch = 0;
    batch += files.length;
    for (const file of files) {
      const say = line(list, file.name);
      if (file.size > Number(form.dataset.megabytes) * 1e6) {
        say("attention", form.dataset.large);
        continue;
      }
      const body = new FormData();
      fill(body);
      body.set("key", key());
      body.set("photo", file, "photo"); // its name may be a person's
      say("unknown", form.dataset.sending);
      open += 1;
      last = last.then(() => send(body, say));
    }
    chooser.value = "";
    last.then(done);
  }

  async function send(body, say) {
    say("unknown", form.dataset.sending);
    let answer, told;
    try {
      const headers = { accept: "application/json", "x-form-token": form.form_token.value };
      answer = await fetch(form.action, { method: "POST", body, headers });
      told = await answer.json();
    } catch {
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = form.dataset.retry;
      again.addEventListener("click", () => send(body, say).then(done));
      say("attention", "").append(again);
      return;
    }
    open -= 1;
    if (answer.ok) took(told, { status: answer.status, alone: batch === 1, say });
    else say("attention", told.detail);
  }

  // What was dropped or pasted stands in the field of files too, so that nothing is lost where a name is missing.
  function take(files) {
    const carried = new DataTransfer();
    for (const file of files) carried.items.add(file);
    chooser.files = carried.files;
    add(files);
  }

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
    take([...event.dataTransfer.files]);
  });
  return { take };
}

// A link or a button of a form's own making, put below what was sent.
export function offer(form, name, address, words) {
  if (form.querySelector(`.${name}`)) return;
  const link = document.createElement("a");
  link.className = `button ${name}`;
  link.href = address;
  link.textContent = words;
  form.append(link);
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// A photo's line in the list; what says how it stands there: a kind, words and perhaps where they lead.
function line(list, name) {
  const row = document.createElement("li");
  const called = document.createElement("div");
  const state = document.createElement("p");
  called.textContent = name;
  row.append(called, state);
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
