// A link that was made goes on by whatever the phone or the desk has: the clipboard, or another program.
const link = document.querySelector(".handed input");
const hand = document.querySelector("#hand");
const [copy, share, told] = [".copy", ".share", "[role=status]"].map((query) => hand.querySelector(query));

link.addEventListener("focus", () => link.select());
copy.hidden = !navigator.clipboard;
share.hidden = !navigator.share;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(link.value);
  told.textContent = hand.dataset.copied;
});
share.addEventListener("click", () => navigator.share({ title: hand.dataset.title, url: link.value }).catch(() => {}));
