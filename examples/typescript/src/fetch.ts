/** A `fetch` that writes the ledger event of every call to Claude in Foundry, and is otherwise the one it was given. */

import { context } from "@opentelemetry/api";
import type { LoggerProvider } from "@opentelemetry/api-logs";

import type { Asking } from "./asked.js";
import { beginAsking } from "./asked.js";
import type { Attempt } from "./attempt.js";
import { openLedger } from "./ledger.js";
import { guarded } from "./losses.js";
import { followed, isNodeStream } from "./node_stream.js";
import { beginRecorded } from "./record.js";
import type { RequestFacts } from "./request.js";
import { candidateOf, readHosts, readRequest, rereadable } from "./request.js";
import { asObject } from "./sanitize.js";
import { watched } from "./stream.js";

export type Fetch = typeof fetch;

/** Options of `instrumentFetch`. */
export interface Options {
  /** Hosts that count as Foundry besides Azure's: gateways of your own, as `name`, `name:port` or a base URL. */
  readonly hosts?: readonly string[];
  /** Where the events go; the global provider by default. */
  readonly loggerProvider?: LoggerProvider;
}

/** Whether a `fetch` with a ledger is calling the one that it was given: should that have one, too, one records. */
let isRecording = false;

/**
 * Give a `fetch` a ledger. Requests, answers, errors and their number stay as they are.
 *
 * @param send The `fetch` that makes the requests; the global one by default.
 * @throws TypeError for a host that is none.
 */
export function instrumentFetch(send: Fetch = fetch, options: Options = {}): Fetch {
  const hosts = readHosts(options.hosts ?? []);
  const ledger = openLedger(options.loggerProvider);
  return (input, given) => {
    const candidate = isRecording ? undefined : guarded(() => candidateOf(input));
    if (candidate === undefined) return send(input, given);
    const init = guarded(() => rereadable(given)) ?? given;
    const request = guarded(() => readRequest(candidate, input, init, hosts));
    if (request === undefined) return send(input, init);
    const asking = beginAsking(input, init, request);
    const attempt = guarded(() => beginRecorded(request, asking.asked, ledger, context.active()));
    return attempt === undefined
      ? send(input, init)
      : follow(() => send(input, init), attempt, request, asking);
  };
}

/** See an exchange through. What `send` throws at once is thrown at once. */
function follow(
  send: () => Promise<Response>,
  attempt: Attempt,
  request: RequestFacts,
  asking: Asking,
): Promise<Response> {
  const isCancelled = (error: unknown): boolean => isAbort(error, request.signal);
  const fail = (error: unknown): never => {
    guarded(() => {
      attempt.end(isCancelled(error) ? "cancelled" : "failed", error);
      asking.stop(error);
    });
    throw error;
  };
  const take = (response: Response): Response =>
    guarded(() => answered(response, attempt, isCancelled)) ?? response;
  isRecording = true;
  try {
    return Promise.resolve(send()).then(take, fail);
  } catch (error) {
    return fail(error);
  } finally {
    isRecording = false;
  }
}

/** Whether an error is an abort of the caller, for whatever reason it gave, and no timeout. */
function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  const isOfSignal = signal?.aborted === true && error === signal.reason;
  const { name } = asObject(error);
  return name === "AbortError" || (isOfSignal && name !== "TimeoutError");
}

/** The same answer, its body watched. */
function answered(response: Response, attempt: Attempt, isCancelled: (error: unknown) => boolean): Response {
  attempt.headers(response.status, response.headers);
  if (response.body === null || response.bodyUsed) {
    attempt.end("complete");
    return response;
  }
  const body: unknown = response.body;
  if (isNodeStream(body)) {
    followed(body, attempt, isCancelled);
    return response;
  }
  const headers = new Headers(response.headers); // by which a blob has its type, and a form is read
  const copy = new Response(watched(response.body, attempt, isCancelled), { headers });
  return guarded(() => likeness(copy, response)) ?? copy; // the body of the other one is ours now
}

/** What a new `Response` cannot be made with, or would change. */
const TAKEN_OVER = ["headers", "ok", "redirected", "status", "statusText", "type", "url"] as const;

/** Let a copy show all that the original shows, also what another `fetch` has added to it; so do its clones. */
function likeness(copy: Response, original: Response): Response {
  if (original instanceof Response) Object.setPrototypeOf(copy, Object.getPrototypeOf(original) as object);
  for (const name of TAKEN_OVER) Object.defineProperty(copy, name, { value: original[name] });
  for (const name of Object.getOwnPropertyNames(original)) {
    if (!Object.hasOwn(copy, name) && name !== "clone") {
      Object.defineProperty(copy, name, { value: Reflect.get(original, name), enumerable: true });
    }
  }
  const clone = copy.clone.bind(copy);
  return Object.defineProperty(copy, "clone", { value: () => likeness(clone(), original) });
}
