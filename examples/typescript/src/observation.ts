/** The facts of one finished attempt, put together from all that was seen of it. */

import type { Place } from "./attempt.js";
import { CUT_SHORT } from "./generated/causes.js";
import type { Observation } from "./generated/fields.js";
import type { Ended } from "./outcome.js";
import { decideOutcome } from "./outcome.js";
import type { Asked } from "./request.js";

/** The moments of an attempt, seconds since it began. */
export interface Times {
  readonly durationS: number;
  readonly timeToFirstTokenS: number | undefined;
}

/** Put the facts of an attempt together. */
export function observe(ended: Ended, place: Place, asked: Asked, times: Times): Observation {
  const { request, answer, seen } = ended;
  const [outcome, failure] = decideOutcome(ended);
  return {
    ...place,
    ...asked,
    ...times,
    client: request.client,
    operation: request.operation,
    method: request.method,
    path: request.path,
    serverAddress: request.serverAddress,
    resource: request.resource,
    anthropicVersion: request.anthropicVersion,
    authScheme: request.authScheme,
    statusCode: answer?.status,
    ids: answer?.facts.ids,
    anthropicRequestId: answer?.facts.requestId ?? seen.errorBody?.requestId,
    region: answer?.facts.region,
    retryAfterS: answer?.facts.retryAfterS,
    clockOffsetS: answer?.facts.clockOffsetS,
    timeToHeadersS: answer?.afterS,
    responseModel: seen.answer.responseModel,
    responseId: seen.answer.responseId,
    stopReason: seen.answer.stopReason,
    usage: seen.answer.usage,
    outcome,
    failure,
    timeoutS: CUT_SHORT.has(outcome) ? request.timeoutS : undefined,
  };
}
