// Photos of another participant that wait on this phone are not to be left behind unseen.
import { all, forget } from "./queue.js";

const others = document.querySelector("#others");
const begin = document.querySelector("#begin");

async function look() {
  const waiting = (await all().catch(() => [])).filter((entry) => entry.state === "waiting");
  const left = waiting.some((entry) => entry.owner !== others.dataset.owner);
  others.hidden = !left;
  begin.hidden = left;
  if (!left && !waiting.length) await forget(); // pages that were kept for somebody else
}

others.querySelector("#forget").addEventListener("click", async () => {
  await forget();
  look();
});
look();
