/** The body of a failed answer, reduced to what may be kept and the message to be matched, which is forgotten. */

import { CODES } from "./generated/causes.js";
import { CODE, UPSTREAM_ID } from "./generated/wire.js";
import type { Json } from "./sanitize.js";
import { asObject, cleanBodyId, cleanWord, firstOf, readJson } from "./sanitize.js";

/** The error shapes of Foundry, Anthropic and API Management. */
export interface ErrorBody {
  readonly shape: "anthropic" | "azure" | "gateway" | "html" | "other" | "unread";
  readonly code?: string | undefined;
  readonly apiType?: string | undefined;
  readonly message: string;
  readonly requestId?: string | undefined;
}

/** Read an error body. */
export function readError(body: string, mediaType: string): ErrorBody {
  if (mediaType === "text/html" || /^[\t-\r ]*</.test(body)) return { shape: "html", message: "" };
  if (body === "") return { shape: "unread", message: "" };
  const decoded = readJson(body);
  if (decoded === undefined) return { shape: "other", message: "" };
  const error = asObject(decoded.error);
  const message = textOf(firstOf(error.message, decoded.message, decoded.error));
  return {
    shape: shapeOf(decoded),
    code: codeOf(firstOf(error.code, decoded.statusCode)),
    apiType: cleanWord(error.type),
    message,
    requestId: cleanBodyId(decoded.request_id) ?? UPSTREAM_ID.exec(message)?.[1],
  };
}

function shapeOf(body: Json): ErrorBody["shape"] {
  if (body.type === "error") return "anthropic";
  if ((body.error ?? null) !== null) return "azure";
  return (body.statusCode ?? null) !== null ? "gateway" : "other";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** An unknown code must look like one: no digits among letters, so that an echoed key never passes. */
function codeOf(value: unknown): string | undefined {
  const text = Number.isInteger(value) ? String(value) : textOf(value);
  return CODES.has(text) || CODE.test(text) ? text : undefined;
}
