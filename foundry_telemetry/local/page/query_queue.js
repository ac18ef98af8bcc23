/* The queue of queries: a few run at once, the others wait in the order of the page. */
// @ts-check

const MOST_RUNNING = 4;

/** Runs a few tasks at once, the smallest order first. */
export class QueryQueue {
  /** @type {{order: number, start: () => Promise<void>}[]} */
  #waiting = [];
  #running = 0;
  /** @type {(() => void)[]} */
  #idle = [];

  /**
   * Runs a task when it is its turn.
   * @template T
   * @param {number} order
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  run(order, task) {
    return new Promise((resolve, reject) => {
      const start = () => task().then(resolve, reject);
      this.#waiting.push({ order, start });
      this.#waiting.sort((a, b) => a.order - b.order);
      queueMicrotask(() => void this.#next());
    });
  }

  /** Resolves when nothing runs or waits. */
  idle() {
    return this.#isIdle()
      ? Promise.resolve()
      : new Promise((/** @type {(none: void) => void} */ resolve) => {
          this.#idle.push(resolve);
        });
  }

  #isIdle() {
    return !this.#running && !this.#waiting.length;
  }

  async #next() {
    if (this.#running >= MOST_RUNNING) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#running += 1;
    await next.start();
    this.#running -= 1;
    void this.#next();
    if (this.#isIdle()) this.#idle.splice(0).forEach((done) => done());
  }
}
