/** Calls that are never sent, because the token provider of a client fails: `fetch` does not hear of these. */

import { context } from "@opentelemetry/api";

import { readCredentialError } from "./exception.js";
import type { Options } from "./fetch.js";
import { openLedger } from "./ledger.js";
import { guarded } from "./losses.js";
import { beginRecorded } from "./record.js";
import { askedBy, unsentRequest } from "./request.js";
import { asObject } from "./sanitize.js";

/** What the SDK gives its `authHeaders` method, which asks the token provider. */
interface SdkRequest {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
}
type AuthHeaders = (request: SdkRequest) => Promise<unknown>;

/** Clients that are instrumented: once is enough, and twice would count a call twice. */
const instrumented = new WeakSet<object>();

/**
 * Write the ledger event of each call of a client whose token provider fails. The error stays as it is.
 *
 * @param client An `AnthropicFoundry` client; a copy that its `withOptions` makes is another one.
 * @returns The same client.
 */
export function instrumentCredentials<T extends object>(client: T, options: Options = {}): T {
  const ledger = openLedger(options.loggerProvider);
  const ask: unknown = Reflect.get(client, "authHeaders");
  if (typeof ask !== "function" || instrumented.has(client)) return client; // or an SDK of another make
  instrumented.add(client);
  const authHeaders: AuthHeaders = async (request) => {
    const attempt = guarded(() => {
      const facts = unsentRequest(request.method ?? "post", request.path ?? "");
      return beginRecorded(facts, () => askedBy(asObject(request.body)), ledger, context.active());
    });
    try {
      return await (ask as AuthHeaders).call(client, request);
    } catch (error) {
      guarded(() => attempt?.end("failed", error, readCredentialError(providerError(error))));
      throw error;
    }
  };
  Object.defineProperty(client, "authHeaders", { value: authHeaders, configurable: true, writable: true });
  return client;
}

/** The SDK wraps what the provider threw. */
function providerError(error: unknown): unknown {
  return asObject(error).cause ?? error;
}
