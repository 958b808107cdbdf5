/** Named timers: one of each name, and all of them gone at once. */
export class Timers {
  constructor() {
    /** @type {Map<string, ReturnType<typeof setTimeout>>} */
    this._running = new Map();
  }

  /** @param {string} name One that runs under this name is replaced. @param {number} ms @param {() => void} action */
  after(name, ms, action) {
    this.cancel(name);
    const timer = setTimeout(() => {
      this._running.delete(name);
      action();
    }, ms);
    this._running.set(name, timer);
  }

  /** @param {string} name */
  cancel(name) {
    clearTimeout(this._running.get(name));
    this._running.delete(name);
  }

  cancelAll() {
    for (const name of [...this._running.keys()]) this.cancel(name);
  }
}
