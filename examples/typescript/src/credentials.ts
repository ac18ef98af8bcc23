/** Calls that are never sent, because the token provider of a client fails: `fetch` does not hear of these. */

import { context, trace } from "@opentelemetry/api";

import type { Options } from "./fetch.js";
import type { Observation } from "./generated/fields.js";
import { placeOf } from "./calls.js";
import { readCredentialError } from "./exception.js";
import { openLedger } from "./ledger.js";
import { guarded } from "./losses.js";
import type { RequestFacts } from "./request.js";
import { askedBy, readTarget } from "./request.js";
import { asObject } from "./sanitize.js";
import { tagsOf } from "./tags.js";

/** What the SDK gives its `authHeaders` method, which asks the token provider. */
interface SdkRequest {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
}
type AuthHeaders = (request: SdkRequest) => Promise<unknown>;

/**
 * Write the ledger event of each call of a client whose token provider fails.
 *
 * @param client An `AnthropicFoundry` client; a copy that its `withOptions` makes is another one.
 * @returns The same client.
 */
export function instrumentCredentials<T extends object>(client: T, options: Options = {}): T {
  const ledger = openLedger(options.loggerProvider);
  const ask: unknown = Reflect.get(client, "authHeaders");
  if (typeof ask !== "function") return client; // an SDK of another make
  const authHeaders: AuthHeaders = async (request) => {
    const clockMs = performance.now();
    try {
      return await (ask as AuthHeaders).call(client, request);
    } catch (error) {
      const around = context.active();
      guarded(() => {
        ledger(unsent(request, providerError(error), clockMs), Date.now(), around);
      });
      throw error;
    }
  };
  Object.defineProperty(client, "authHeaders", { value: authHeaders, configurable: true, writable: true });
  return client;
}

/** The SDK wraps what the provider threw. */
function providerError(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

const NOT_SENT = Object.freeze({
  client: undefined,
  serverAddress: undefined,
  resource: undefined,
  anthropicVersion: undefined,
  authScheme: "entra_id",
  statusCode: undefined,
  responseModel: undefined,
  responseId: undefined,
  stopReason: undefined,
  region: undefined,
  ids: undefined,
  anthropicRequestId: undefined,
  outcome: "not_sent",
  retryAfterS: undefined,
  timeToHeadersS: undefined,
  timeToFirstTokenS: undefined,
  clockOffsetS: undefined,
  timeoutS: undefined,
  usage: undefined,
} as const);

function unsent(request: SdkRequest, error: unknown, clockMs: number): Observation {
  const target = readTarget({ pathname: request.path ?? "", hostname: "" });
  const facts = { method: (request.method ?? "post").toUpperCase(), retryCount: 0 };
  const span = trace.getSpanContext(context.active());
  const origin = { request: facts as RequestFacts, span, tags: tagsOf(context.active()) };
  return {
    ...NOT_SENT,
    ...placeOf(origin),
    ...askedBy(asObject(request.body)),
    method: facts.method,
    operation: target?.operation,
    path: target?.path ?? "",
    failure: readCredentialError(error),
    durationS: (performance.now() - clockMs) / 1000,
  };
}
