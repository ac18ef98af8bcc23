/* The language service, as the editor sees it: questions to a worker, which is started once, when it is there. */
// @ts-check

/**
 * @import { Completions, Problem, Tables } from './language_worker.js'
 * @import { TypedView } from './typed_view.js'
 *
 * @typedef {object} Facts  Of the server.
 * @property {Tables} tables
 * @property {TypedView} view
 * @property {string[]} language_service  Its scripts; none where it has not been fetched.
 * @property {string} command  Fetches it.
 *
 * @typedef {{id: number, answer: never, error?: string}} Answered
 * @typedef {{resolve: (answer: never) => void, reject: (error: Error) => void}} Waiting
 */

const WORKER = '/page/console/language_worker.js';

export class LanguageService {
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #next = 0;
  #worker;

  /** @param {Facts} facts */
  constructor({ tables, language_service: scripts }) {
    this.#worker = new Worker(WORKER);
    this.#worker.addEventListener('message', (/** @type {MessageEvent<unknown>} */ event) =>
      this.#answered(/** @type {Answered} */ (event.data)),
    );
    this.#worker.addEventListener('error', () => this.#failed());
    /** Whether it could be loaded. */
    this.ready = this.#ask('begin', { scripts, tables }).then(
      () => true,
      () => false,
    );
  }

  /**
   * @param {string} text
   * @param {number} at
   * @returns {Promise<Completions>}
   */
  complete(text, at) {
    return this.#ask('complete', { text, at });
  }

  /**
   * @param {string} text
   * @returns {Promise<Problem[]>}
   */
  check(text) {
    return this.#ask('check', { text });
  }

  /**
   * @template T
   * @param {string} name
   * @param {object} question
   * @returns {Promise<T>}
   */
  #ask(name, question) {
    this.#next += 1;
    const id = this.#next;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, question });
    });
  }

  /** @param {Answered} answered */
  #answered({ id, answer, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }

  #failed() {
    for (const { reject } of this.#waiting.values()) reject(new Error('the worker failed'));
    this.#waiting.clear();
  }
}
