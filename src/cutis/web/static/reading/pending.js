// Answers on their way: kept in the browser until the server has them, sent in order, each with its own key.
export class Pending {
  constructor(name, send, say) {
    Object.assign(this, { name, send, say, going: null, wait: 1000 });
    addEventListener("online", () => this.hurry());
  }

  all() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) ?? [];
    } catch {
      return [];
    }
  }

  keep(items) {
    if (items.length) localStorage.setItem(this.name, JSON.stringify(items));
    else localStorage.removeItem(this.name);
  }

  add(item) {
    this.keep([...this.all().filter((one) => one.key !== item.key), item]);
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
      this.keep(this.all().filter((one) => one.key !== item.key));
      last = told;
    }
    return last;
  }

  hurry() {}
}
