/** What came of an attempt, and why, by all that was seen of it until its end. */

import type { Body, Seen } from "./body.js";
import { classify, makeFailure } from "./cause.js";
import { readException } from "./exception.js";
import type { Cause, Failure, Outcome } from "./generated/causes.js";
import { FIRST_ERROR, FIRST_REDIRECT } from "./generated/causes.js";
import type { RequestFacts } from "./request.js";
import type { ResponseFacts } from "./response.js";

/** How a body ended: read to its end, cancelled or dropped before that, with an error, or by an abort. */
export type Ending = "complete" | "closed" | "failed" | "cancelled";

/** An answer whose headers have come. */
export interface Answered {
  readonly status: number;
  readonly facts: ResponseFacts;
  /** Seconds since the attempt began. */
  readonly afterS: number;
}

/** An attempt at its end. */
export interface Ended {
  readonly request: RequestFacts;
  /** Undefined where no answer came. */
  readonly answer: Answered | undefined;
  readonly how: Ending;
  readonly error: unknown;
  /** What the error means when the request was never sent. */
  readonly unsent: Failure | undefined;
  readonly seen: Seen;
  /** Seconds since the epoch, to judge the expiry of a token by. */
  readonly nowS: number;
}

export type Judged = readonly [Outcome, Failure | undefined];

const STREAMED: readonly Body[] = ["stream", "finished", "stopped"];

/** The outcome of an attempt, and its failure where it has one. */
export function decideOutcome(ended: Ended): Judged {
  const { request, answer, how, error } = ended;
  const { body, errorBody } = ended.seen;
  if (ended.unsent !== undefined) return ["not_sent", ended.unsent];
  if (answer === undefined) {
    return how === "failed" ? ["no_response", readException(error, false)] : ["cancelled", undefined];
  }
  const { status, facts } = answer;
  if (errorBody !== undefined) {
    const failure = classify(status, errorBody, request, facts, ended.nowS);
    return [STREAMED.includes(body) ? "stream_error" : "error", failure];
  }
  if (body === "stopped" || (body === "finished" && how === "closed")) return ["ok", undefined];
  if (status >= FIRST_REDIRECT && status < FIRST_ERROR) return ["error", unnamed(ended, "redirected")];
  if (how === "cancelled") return ["cancelled", undefined];
  if (how === "closed") return ["abandoned", undefined];
  return byBody(ended);
}

function byBody(ended: Ended): Judged {
  const { request, how, error } = ended;
  const { body } = ended.seen;
  if (how === "failed") return ["truncated", readException(error, true)];
  if (STREAMED.includes(body)) return ["truncated", makeFailure("stream_truncated", "unknown")];
  if (body === "message" || body === "unseen" || request.operation === undefined) return ["ok", undefined];
  return ["error", unnamed(ended, body === "empty" ? "empty_response" : "unexpected_response")];
}

/** A failure that nobody named; whoever answered, it does not say who has to act. */
function unnamed({ request, answer }: Ended, cause: Cause): Failure {
  const onAzure = request.onFoundryHost || answer?.facts.ids.apimRequestId !== undefined;
  return makeFailure(cause, onAzure ? "foundry" : "unknown", { status: answer?.status });
}
