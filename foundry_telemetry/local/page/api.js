/* The server: the workbook, its state, answers to queries, and word of new data. */

const WORKSPACE = '/v1/workspaces/local/query';
const PATIENCE_MS = 120_000;
const AT_ONCE = 4;

/** A query that was refused, or a server that did not answer. */
class QueryError extends Error {
  constructor(message, { code = '', line = null, position = null, lost = false } = {}) {
    super(message);
    Object.assign(this, { name: 'QueryError', code, line, position, lost });
  }
}

/** A JSON file of the server. */
export async function load(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new QueryError(`${path} was answered with ${response.status}`);
  return response.json();
}

/** What the innermost part of an error of the Log Analytics query interface says. */
function refusal(body, status) {
  let part = body?.error;
  if (!part) return new QueryError(`The query was answered with status ${status}`);
  const place = {};
  let { message } = part;
  for (; part; part = part.innererror) {
    if (part.message) message = part.message;
    if (Number.isInteger(part.line)) Object.assign(place, { line: part.line, position: part.pos ?? null });
  }
  return new QueryError(message, { code: body.error.code, ...place });
}

async function ask(body, signal) {
  const response = await fetch(WORKSPACE, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  const text = await response.text();
  return { response, text };
}

/**
 * The first table of an answer, why it is not whole (or null), and its text, by which one that says
 * nothing new is known.
 */
export async function query({ kql, timespan }, signal) {
  let answer;
  try {
    answer = await ask({ query: kql, ...(timespan ? { timespan } : {}) }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const late = error.name === 'TimeoutError';
    throw new QueryError(late ? 'No answer within two minutes' : 'The server does not answer', {
      lost: !late,
    });
  }
  const body = read(answer.text);
  if (!answer.response.ok) throw refusal(body, answer.response.status);
  if (!body?.tables?.length) throw new QueryError('The answer has no table');
  return { text: answer.text, table: body.tables[0], cut: body.error?.message ?? null };
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Lets a few tasks run at once, the smallest order first. */
export class Queue {
  #waiting = [];
  #running = 0;
  #idle = [];

  run(order, task) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, task, resolve, reject });
      this.#waiting.sort((a, b) => a.order - b.order);
      queueMicrotask(() => this.#next());
    });
  }

  /** Resolves when nothing runs or waits. */
  idle() {
    return this.#isIdle()
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#idle.push(resolve);
        });
  }

  #isIdle() {
    return !this.#running && !this.#waiting.length;
  }

  async #next() {
    if (this.#running >= AT_ONCE || !this.#waiting.length) return;
    const { task, resolve, reject } = this.#waiting.shift();
    this.#running += 1;
    try {
      resolve(await task());
    } catch (error) {
      reject(error);
    }
    this.#running -= 1;
    this.#next();
    if (this.#isIdle()) this.#idle.splice(0).forEach((done) => done());
  }
}
