// Answers on their way: kept in the browser until the server has them, sent in order, each with its own key.
export class Pending {
  constructor(name, send, say) {
    Object.assign(this, { name, send, say, going: null, wait: 1000 });
    addEventListener("online", () => this.hurry());
    this.adopt();
  }

  // Answers that an earlier version of this page kept in one list.
  adopt() {
    const list = parsed(localStorage.getItem(this.name) ?? "[]");
    if (!Array.isArray(list)) return; // what cannot be read stays for somebody to look at, and stops nothing
    list.forEach((item, at) => localStorage.setItem(`${this.name}/${String(at).padStart(15, "0")}/${item.key}`, JSON.stringify(item)));
    localStorage.removeItem(this.name);
  }

  // Each answer has an entry of its own: two tabs that write one list would lose what the other wrote.
  all() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`${this.name}/`)).sort();
    return names.map((name) => parsed(localStorage.getItem(name))).filter((item) => item?.key);
  }

  drop(item) {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(`${this.name}/`) && name.endsWith(`/${item.key}`)) localStorage.removeItem(name);
    }
  }

  add(item) {
    this.drop(item);
    const when = String(Date.now()).padStart(15, "0"); // they are sent in the order in which they were given
    localStorage.setItem(`${this.name}/${when}/${item.key}`, JSON.stringify(item));
    return this.flush();
  }

  // Resolves with the last answer of the server once nothing is left to send.
  flush() {
    this.going ??= this.work().finally(() => { this.going = null; });
    return this.going;
  }

  async work() {
    let last = null;
    for (let [item] = this.all(); item; [item] = this.all()) {
      const told = await this.send(item);
      if (told.again) {
        this.say(told.again);
        await new Promise((done) => {
          this.hurry = done;
          setTimeout(done, this.wait);
        });
        this.wait = Math.min(this.wait * 2, 15000);
        continue;
      }
      this.wait = 1000;
      this.say("");
      this.drop(item);
      last = told;
    }
    return last;
  }

  hurry() {}
}

// What was kept, or null where a browser that died while it wrote left something else.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
