// A form that is sent without a network would end on a page of the browser's own, and what was filled in with it.
for (const form of document.querySelectorAll("form[data-offline]"))
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const note = form.querySelector("[role=alert]");
    note.hidden = navigator.onLine;
    note.textContent = navigator.onLine ? "" : form.dataset.offline;
    if (!navigator.onLine) event.preventDefault();
  });
