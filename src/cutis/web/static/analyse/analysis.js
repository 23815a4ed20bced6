// Brings what the models say as they say it, and lays their maps over the photo as strong as is wanted.
const MOST = 600; // looks, then the link on the page is left
let before = document.querySelector("#results")?.innerHTML; // as it arrived: what is shown changes by being used

function overlays(root) {
  for (const figure of root.querySelectorAll("[data-overlay]")) {
    const layer = figure.querySelector(".layer");
    const slide = figure.querySelector("input[type=range]");
    const choice = figure.querySelector("select[data-layer]");
    const show = () => {
      layer.style.opacity = slide.value / 100;
    };
    slide.addEventListener("input", show);
    show();
    choice?.addEventListener("change", () => {
      layer.src = choice.dataset.layer + encodeURIComponent(choice.value);
    });
  }
}

async function look(count) {
  const results = document.querySelector("#results");
  const where = results?.dataset.waiting;
  if (!where || count > MOST) return;
  try {
    const answer = await fetch(where + location.search.replace("?", "&"), { headers: { accept: "text/html" } });
    if (answer.redirected) return; // signed out meanwhile
    if (answer.ok) {
      const arrived = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#results");
      // Somebody who moves a slider is left in peace until they are done.
      if (arrived && !results.contains(document.activeElement)) {
        if (arrived.innerHTML !== before || !arrived.dataset.waiting) {
          before = arrived.innerHTML;
          results.replaceWith(document.adoptNode(arrived));
          overlays(arrived);
        }
      }
    }
  } catch {
    // no connection: look again
  }
  setTimeout(() => look(count + 1), count < 20 ? 300 : 1500);
}

overlays(document);
look(0);
