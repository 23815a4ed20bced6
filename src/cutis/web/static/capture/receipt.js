// The receipt of a withdrawal can be kept as a file; nothing else of the participant stays.
import { forget } from "./queue.js";

const receipt = document.querySelector("#receipt");
const [save, print] = ["#save", "#print"].map((query) => document.querySelector(query));

function words() {
  const facts = [...receipt.querySelectorAll("dt")].map((one) => `${one.textContent}: ${one.nextElementSibling.textContent}`);
  return [document.title, receipt.querySelector("p").textContent, ...facts, ""].map((one) => one.trim()).join("\n");
}

save.hidden = print.hidden = false;
save.addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([words()], { type: "text/plain;charset=utf-8" }));
  link.download = `${receipt.dataset.name}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
print.addEventListener("click", () => window.print());
forget();
