// Parts of the protocol are added, removed and moved without the page jumping. Without this script the page is loaded anew.
function kinds(form) {
  for (const part of form.querySelectorAll(".question")) {
    const kind = part.querySelector("select").value;
    for (const field of part.querySelectorAll("[data-kinds]")) field.hidden = !field.dataset.kinds.split(" ").includes(kind);
  }
}

async function change(form, button) {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", button.value);
  const answer = await fetch(form.action, { method: "POST", body });
  if (!answer.ok) {
    form.dataset.plain = "yes"; // the page that says what is wrong
    return form.requestSubmit(button);
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#protocol");
  const next = fresh.querySelector("[autofocus]");
  next?.removeAttribute("autofocus"); // that is for a page that loads
  form.replaceWith(fresh);
  kinds(fresh);
  next?.focus();
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target.id !== "protocol" || button?.name !== "do" || button.value === "save" || event.target.dataset.plain) return;
  event.preventDefault();
  change(event.target, button);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("#protocol");
  if (form) kinds(form);
});
const form = document.querySelector("#protocol");
if (form) kinds(form);
