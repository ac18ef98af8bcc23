/** From what `fetch` threw to a failure; its text is never looked at. */

import { makeFailure } from "./cause.js";
import { causeOfEntra, readEntraError } from "./claims.js";
import type { Cause, Failure } from "./generated/causes.js";
import { MAX_CAUSES } from "./generated/wire.js";
import type { Json } from "./sanitize.js";
import { isObject } from "./sanitize.js";

/** Names and codes of errors to the cause they mean; the first row of which anything in the chain has one. */
const CAUSES: readonly (readonly [RegExp, Cause])[] = [
  [/^(?:TimeoutError|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/, "client_timeout"],
  [/^(?:Z_\w+|ERR__ERROR_FORMAT\w*|ERR_PADDING_2)$/, "decoding_error"], // zlib and brotli
  [/^(?:TypeError|UND_ERR_\w+|E[A-Z0-9]+|EAI_[A-Z]+)$/, "connection_error"],
];
/** Codes of sockets, of the resolver and of TLS; others are of Node's own making. */
const SOCKET_ERROR = /^(?!UND_ERR_|ERR_|Z_)(?:[A-Z_]{3,64}|E[A-Z0-9]{2,63})$/;
/** What Node names otherwise than the resolver does. */
const OTHER_NAMES: Readonly<Record<string, string>> = { ENOTFOUND: "EAI_NONAME" };

/** Classify what `fetch`, or the body of its answer, failed with. */
export function readException(error: unknown, inBody: boolean): Failure {
  const chain = chainOf(error);
  const names = chain.flatMap(({ name, code }) => [name, code]).filter((each) => typeof each === "string");
  const known = CAUSES.find(([pattern]) => names.some((each) => pattern.test(each)))?.[1] ?? "client_error";
  const isBroken = inBody && (known === "connection_error" || known === "client_error");
  const code = names.find((each) => SOCKET_ERROR.test(each));
  return makeFailure(isBroken ? "stream_truncated" : known, "client", {
    code: OTHER_NAMES[code ?? ""] ?? code,
  });
}

/** Classify what a token provider failed with; of its text only the ids that Entra's support needs are kept. */
export function readCredentialError(error: unknown): Failure {
  const entra = readEntraError(error);
  const { code } = entra;
  return makeFailure(causeOfEntra(code), code === undefined ? "client" : "entra", { code, entra });
}

/** An error, its cause, the cause of that; of several at once the first. Those of a test runner are of another `Error`. */
function chainOf(error: unknown): readonly Json[] {
  const chain: Json[] = [];
  let next = error;
  while (isObject(next) && chain.length < MAX_CAUSES) {
    const { name, code, cause, errors } = next;
    chain.push({ name, code });
    next = Array.isArray(errors) ? errors[0] : cause;
  }
  return chain;
}
