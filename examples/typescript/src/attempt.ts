/** The life of one attempt: begin, headers, feed, end. Whichever way it ends first is the one that counts. */

import type { BodyReader } from "./body.js";
import { NOTHING_SEEN, bodyReader } from "./body.js";
import type { Failure } from "./generated/causes.js";
import type { Observation } from "./generated/fields.js";
import { observe } from "./observation.js";
import type { Answered, Ending } from "./outcome.js";
import type { Asked, RequestFacts } from "./request.js";
import { readResponse } from "./response.js";

/** One attempt under way. Nothing here throws for what the wire says. */
export interface Attempt {
  /** The response headers are here. */
  headers(status: number, headers: Headers): void;
  /** Take the next bytes of the body; they are not kept beyond what telemetry needs. */
  feed(piece: Uint8Array): void;
  /** End it; every later call is ignored. `unsent` is what the error means when the request was never sent. */
  end(how: Ending, error?: unknown, unsent?: Failure): void;
}

/** Which call an attempt belongs to. */
export interface Place {
  /** 16 hex digits that the attempts of one call share. */
  readonly callId: string;
  /** Counts the attempts of the call from 1. */
  readonly attemptNumber: number;
}

/** Takes the observation of an attempt, and when it ended, milliseconds since the epoch. */
export type Finished = (seen: Observation, endedMs: number) => void;

/** In place of an abort without a reason: the SDK's timer aborts so, as does a caller who has lost interest. */
const TIMEOUT = Object.freeze(new DOMException("", "TimeoutError"));

/**
 * Begin an attempt.
 *
 * @param request What is asked.
 * @param asked Gives what its body asks for.
 * @param place Its call.
 * @param finished Called once, at its end.
 */
export function beginAttempt(
  request: RequestFacts,
  asked: () => Asked,
  place: Place,
  finished: Finished,
): Attempt {
  const startedMs = Date.now();
  const clockMs = performance.now();
  const passedS = (untilMs = performance.now()): number => (untilMs - clockMs) / 1000;
  let answer: Answered | undefined;
  let body: BodyReader | undefined;
  let isOpen = true;
  return {
    headers(status, headers) {
      answer = { status, facts: readResponse(headers, startedMs, Date.now()), afterS: passedS() };
      body = bodyReader(status, answer.facts.mediaType, asked().stream);
    },
    feed: (piece) => body?.feed(piece),
    end(how, error, unsent) {
      if (!isOpen) return;
      isOpen = false;
      const durationS = passedS();
      const seen = body?.finish(how === "complete") ?? NOTHING_SEEN;
      const isTimeout = how === "cancelled" && !answer && durationS >= (request.timeoutS ?? Infinity);
      const ending = isTimeout ? { how: "failed" as const, error: TIMEOUT } : { how, error };
      const timeToFirstTokenS = seen.firstTokenMs === undefined ? undefined : passedS(seen.firstTokenMs);
      const ended = { request, answer, seen, unsent, nowS: Date.now() / 1000, ...ending };
      const times = { durationS, timeToFirstTokenS };
      finished(observe(ended, place, asked(), times), startedMs + durationS * 1000);
    },
  };
}
