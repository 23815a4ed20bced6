// Show a report when it is made: the page is asked for until it says so.
const making = document.querySelector("#making");

async function look() {
  try {
    const answer = await fetch(making.dataset.url);
    if (answer.ok && !(await answer.text()).includes('id="making"')) return location.reload();
  } catch {
    // no connection: look again
  }
  setTimeout(look, 2000);
}

if (making) setTimeout(look, 2000);
