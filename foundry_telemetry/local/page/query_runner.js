/* The runs of one query: again when its text or the data changed, never two at once, late answers dropped. */

import { query } from './api.js';

export class Runner {
  #shape = null;
  #revision = -1;
  #controller = null;

  /** `on` has started(isChange), answered(answer, isChange) and failed(error, isChange). */
  constructor(page, order, on) {
    Object.assign(this, { page, order, on });
  }

  /** Runs a request {text, timespan, shape} unless one of its shape was run on the data of now. */
  want(request) {
    if (request.shape !== this.#shape || this.#revision !== this.page.revision) this.again(request);
  }

  /** Gives up what is under way; it is run again when it is next wanted. */
  stop() {
    if (!this.#controller) return;
    this.#controller.abort();
    this.#controller = null;
    this.#shape = null;
  }

  /** Runs a request, whatever was before. It is a change when the reader asks something else than before. */
  async again({ text: kql, timespan, shape }) {
    const isChange = shape !== this.#shape;
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.#shape = shape;
    this.#revision = this.page.revision;
    this.on.started(isChange);
    try {
      const answer = await this.page.queue.run(this.order, () => query({ kql, timespan }, controller.signal));
      if (!controller.signal.aborted) this.on.answered(answer, isChange);
    } catch (error) {
      if (!controller.signal.aborted) this.on.failed(error, isChange);
    }
    if (this.#controller === controller) this.#controller = null;
  }
}
