// Photos that wait are not sent any more.
import { all, drop } from "./queue.js";

document.querySelector("#withdraw")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await all()
    .then((entries) => drop(entries.map((entry) => entry.key)))
    .catch(() => {});
  event.target.submit();
});
