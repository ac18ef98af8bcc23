/** A `fetch` that writes the ledger event of every call to Claude in Foundry, and is otherwise the one it was given. */

import { context } from "@opentelemetry/api";
import type { LoggerProvider } from "@opentelemetry/api-logs";

import type { Attempt } from "./attempt.js";
import { openLedger } from "./ledger.js";
import { guarded } from "./losses.js";
import { beginRecorded } from "./record.js";
import type { Asked, FetchInit, FetchInput, RequestFacts } from "./request.js";
import { NOT_ASKED, askedBy, readAsked, readHosts, readRequest } from "./request.js";
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

/**
 * Give a `fetch` a ledger. Requests, answers, errors and their number stay as they are.
 *
 * @param send The `fetch` that makes the requests; the global one by default.
 * @throws TypeError for a host that is none.
 */
export function instrumentFetch(send: Fetch = fetch, options: Options = {}): Fetch {
  const hosts = readHosts(options.hosts ?? []);
  const ledger = openLedger(options.loggerProvider);
  return (input, init) => {
    const request = guarded(() => readRequest(input, init, hosts));
    if (request === undefined) return send(input, init);
    const asked = guarded(() => askedOf(input, init, request)) ?? (() => NOT_ASKED);
    const attempt = guarded(() => beginRecorded(request, asked, ledger, context.active()));
    return attempt === undefined ? send(input, init) : follow(send(input, init), attempt, request);
  };
}

/** What the body asks for: read when it is first needed, while the request is on its way. */
function askedOf(input: FetchInput, init: FetchInit, { body }: RequestFacts): () => Asked {
  let asked: Asked | undefined;
  if (body === undefined && input instanceof Request && !init?.body && isJson(input)) {
    const copy = input.clone(); // its body is in memory, or goes there to be sent again
    copy.json().then(
      (wanted: unknown) => {
        asked = askedBy(asObject(wanted));
      },
      () => undefined,
    );
    return () => asked ?? NOT_ASKED;
  }
  return () => (asked ??= readAsked(body));
}

function isJson({ headers, bodyUsed, body }: Request): boolean {
  return !bodyUsed && body !== null && headers.get("content-type")?.startsWith("application/json") === true;
}

/** See an exchange through. */
async function follow(sent: Promise<Response>, attempt: Attempt, request: RequestFacts): Promise<Response> {
  const isCancelled = (error: unknown): boolean => isAbort(error, request.signal);
  let response: Response;
  try {
    response = await sent;
  } catch (error) {
    guarded(() => {
      attempt.end(isCancelled(error) ? "cancelled" : "failed", error);
    });
    throw error;
  }
  return guarded(() => answered(response, attempt, isCancelled)) ?? response;
}

/** Whether an error is an abort of the caller, for whatever reason it gave, and no timeout. */
function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  const isOfSignal = signal?.aborted === true && error === signal.reason;
  const name = error instanceof Error ? error.name : "";
  return name === "AbortError" || (isOfSignal && name !== "TimeoutError");
}

/** The same answer, its body watched. */
function answered(response: Response, attempt: Attempt, isCancelled: (error: unknown) => boolean): Response {
  attempt.headers(response.status, response.headers);
  if (response.body === null || response.bodyUsed) {
    attempt.end("complete");
    return response;
  }
  return likeness(new Response(watched(response.body, attempt, isCancelled)), response);
}

/** What a new `Response` cannot be made with, or would change. */
const TAKEN_OVER = ["headers", "ok", "redirected", "status", "statusText", "type", "url"] as const;

/** Let a copy show all that the original shows; so do its clones. */
function likeness(copy: Response, original: Response): Response {
  for (const name of TAKEN_OVER) Object.defineProperty(copy, name, { value: original[name] });
  const clone = copy.clone.bind(copy);
  return Object.defineProperty(copy, "clone", { value: () => likeness(clone(), original) });
}
