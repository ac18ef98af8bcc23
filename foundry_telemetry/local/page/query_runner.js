/* The runs of one query: again when its text or the data changed, never two at once, late answers dropped. */
// @ts-check

import { query } from './api.js';

/**
 * @import { Answer, QueryError } from './api.js'
 * @import { PageServices } from './page.js'
 * @import { QueryRequest } from './scope.js'
 *
 * @typedef {object} RunListeners  `isChange`: the reader wants something else than before.
 * @property {(isChange: boolean) => void} started
 * @property {(answer: Answer, isChange: boolean) => void} answered
 * @property {(error: QueryError) => void} failed
 *
 * @typedef {Pick<QueryRequest, 'text' | 'timespan' | 'shape'>} RunRequest
 */

export class QueryRunner {
  /** @type {string | null} */
  #shape = null;
  #revision = -1;
  /** @type {AbortController | null} */
  #controller = null;

  /**
   * @param {Pick<PageServices, 'queue' | 'data'>} services
   * @param {number} order  In the queue.
   * @param {RunListeners} on
   */
  constructor(services, order, on) {
    this.services = services;
    this.order = order;
    this.on = on;
  }

  /**
   * Runs a request unless one of its shape has run on the current data.
   * @param {RunRequest} request
   */
  want(request) {
    if (request.shape !== this.#shape || this.#revision !== this.services.data.revision)
      void this.again(request);
  }

  /** Cancels what runs; it runs again when it is next wanted. */
  stop() {
    if (!this.#controller) return;
    this.#controller.abort();
    this.#controller = null;
    this.#shape = null;
  }

  /**
   * Runs a request, whatever was before.
   * @param {RunRequest} request
   */
  async again({ text: kql, timespan, shape }) {
    const { queue, data } = this.services;
    const isChange = shape !== this.#shape;
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.#shape = shape;
    this.#revision = data.revision;
    this.on.started(isChange);
    try {
      const answer = await queue.run(this.order, () => query({ kql, timespan }, controller.signal));
      if (!controller.signal.aborted) this.on.answered(answer, isChange);
    } catch (error) {
      if (!controller.signal.aborted) this.on.failed(/** @type {QueryError} */ (error));
    }
    if (this.#controller === controller) this.#controller = null;
  }
}
