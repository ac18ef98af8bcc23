/** Allow-listed headers of an answer; all others are never looked at. */

import type { Observation } from "./generated/fields.js";
import { DATE_TO_THE_HOUR, DECIMAL, MAX_OFFSET_S, MAX_WAIT_S, MIN_OFFSET_S } from "./generated/wire.js";
import { cleanId, cleanLabel } from "./sanitize.js";

/** What the headers of an answer give. */
export interface ResponseFacts {
  readonly mediaType: string;
  readonly ids: NonNullable<Observation["ids"]>;
  /** The id of the model service, which Anthropic's support asks for. */
  readonly requestId: string | undefined;
  readonly region: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly clockOffsetS: number | undefined;
}

/**
 * Read the headers of an answer.
 *
 * @param headers As received.
 * @param sentMs When the request left, milliseconds since the epoch.
 * @param receivedMs The same for the headers.
 */
export function readResponse(headers: Headers, sentMs: number, receivedMs: number): ResponseFacts {
  return {
    mediaType: (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
    ids: {
      apimRequestId: cleanId(headers.get("apim-request-id")),
      xRequestId: cleanId(headers.get("x-request-id")),
    },
    requestId: cleanId(headers.get("request-id")),
    region: cleanLabel(headers.get("x-ms-region")),
    retryAfterS: retryAfter(headers, receivedMs),
    clockOffsetS: clockOffset(headers, sentMs, receivedMs),
  };
}

/** Seconds to wait, in the order in which the SDK asks: milliseconds, seconds, a date. */
function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after");
  const dateMs = httpDate(text);
  const waits = [numberOf(headers.get("retry-after-ms")) * 0.001, numberOf(text), (dateMs - nowMs) / 1000];
  return waits.find((wait) => wait >= 0 && wait <= MAX_WAIT_S);
}

function numberOf(text: string | null): number {
  return text !== null && DECIMAL.test(text) ? Number(text) : NaN;
}

/** A date as HTTP writes it, such as `Sun, 22 Nov 2026 10:00:00 GMT`; not a number for anything else. */
function httpDate(text: string | null): number {
  const dateMs = text !== null && DATE_TO_THE_HOUR.test(text) ? Date.parse(text) : NaN;
  const isOne = !Number.isNaN(dateMs) && new Date(dateMs).toUTCString().slice(4) === text?.slice(4);
  return isOne ? dateMs : NaN;
}

/** The client's clock minus the server's, whole seconds, as far as no latency explains it. */
function clockOffset(headers: Headers, sentMs: number, receivedMs: number): number | undefined {
  const dateMs = httpDate(headers.get("date"));
  if (Number.isNaN(dateMs) || headers.has("age")) return undefined;
  const [first, last] = [Math.min(sentMs, receivedMs), Math.max(sentMs, receivedMs)];
  const isBehind = last <= dateMs - MIN_OFFSET_S * 1000;
  if (!isBehind && first < dateMs + MIN_OFFSET_S * 1000) return undefined;
  const offset = Math.floor((isBehind ? last : first) / 1000) - dateMs / 1000;
  return Math.abs(offset) <= MAX_OFFSET_S ? offset : undefined;
}
