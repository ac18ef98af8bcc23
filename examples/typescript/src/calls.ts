/**
 * Which attempts belong to one call. `fetch` sees requests alone, so a retry is known by evidence: the same
 * request from the same span, after a failure that no retry has taken up, and no success since. The SDK says
 * besides that it tries again (`x-stainless-retry-count`), which stands for a span where there is none.
 */

import { createHash, randomBytes } from "node:crypto";

import type { SpanContext } from "@opentelemetry/api";

import type { Place } from "./attempt.js";
import type { Observation } from "./generated/fields.js";
import { MAX_WAITING, PATIENCE_S } from "./generated/wire.js";
import type { RequestFacts } from "./request.js";
import type { Tags } from "./tags.js";

/** A failed attempt that waits for its retry. */
interface Waiting {
  readonly place: Place;
  readonly isRetryable: boolean;
  readonly untilMs: number;
}

/** What was sent, from where and for whom. */
export interface Origin {
  readonly request: RequestFacts;
  readonly span: SpanContext | undefined;
  readonly tags: Tags;
}

const waiting = new Map<string, Waiting[]>();

/** The place of a new attempt: in the call whose failed attempt it tries again, else in a new one. */
export function placeOf(origin: Origin): Place {
  const { request, span } = origin;
  const isKnown = span !== undefined || request.retryCount > 0;
  const earlier = isKnown && waiting.size > 0 ? claim(origin) : undefined;
  if (earlier !== undefined) return { ...earlier, attemptNumber: earlier.attemptNumber + 1 };
  return { callId: randomBytes(8).toString("hex"), attemptNumber: request.retryCount + 1 };
}

function claim(origin: Origin): Place | undefined {
  const failed = waiting.get(digestOf(origin) ?? "") ?? [];
  const mayFollow = ({ isRetryable, untilMs }: Waiting): boolean =>
    untilMs >= performance.now() && (isRetryable || origin.request.retryCount > 0);
  const at = failed.findLastIndex(mayFollow);
  return at < 0 ? undefined : failed.splice(at, 1)[0]?.place;
}

/** Take note of how an attempt ended. */
export function noteEnd(origin: Origin, seen: Observation): void {
  if (seen.failure === undefined && (seen.outcome !== "ok" || waiting.size === 0)) return;
  const digest = digestOf(origin);
  if (digest === undefined) return;
  const failed = waiting.get(digest) ?? [];
  waiting.delete(digest); // the latest last
  if (seen.failure === undefined) return;
  const untilMs = performance.now() + (PATIENCE_S + (seen.retryAfterS ?? 0)) * 1000;
  const { callId, attemptNumber } = seen;
  const place = { callId: callId ?? "", attemptNumber: attemptNumber ?? 1 };
  waiting.set(digest, [...failed, { place, isRetryable: seen.failure.retryable === true, untilMs }]);
  forget();
}

/** Keep a bounded number of those that wait, and none whose time is over. */
function forget(): void {
  for (const [digest, failed] of waiting) {
    const isLate = failed.every(({ untilMs }) => untilMs < performance.now());
    if (!isLate && waiting.size <= MAX_WAITING) return;
    waiting.delete(digest);
  }
}

/** Stands for a request, its span and its tags; undefined where the body is not in memory. */
function digestOf({ request, span, tags }: Origin): string | undefined {
  if (request.body === undefined) return undefined;
  const facts = [request.method, request.url, span?.traceId, span?.spanId, Object.entries(tags).sort()];
  return createHash("sha256").update(JSON.stringify(facts)).update(request.body).digest("hex");
}
