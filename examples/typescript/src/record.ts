/** An attempt that is recorded: placed in its call when it begins, and written to the ledger when it ends. */

import type { Context } from "@opentelemetry/api";
import { trace } from "@opentelemetry/api";

import type { Attempt } from "./attempt.js";
import { beginAttempt } from "./attempt.js";
import { noteEnd, placeOf } from "./calls.js";
import type { Ledger } from "./ledger.js";
import type { Asked, RequestFacts } from "./request.js";
import { tagsOf } from "./tags.js";

/**
 * Begin an attempt.
 *
 * @param request What is asked.
 * @param asked Gives what its body asks for.
 * @param ledger Gets its event.
 * @param around The context in which the call is made.
 */
export function beginRecorded(
  request: RequestFacts,
  asked: () => Asked,
  ledger: Ledger,
  around: Context,
): Attempt {
  const origin = { request, span: trace.getSpanContext(around), tags: tagsOf(around) };
  return beginAttempt(request, asked, placeOf(origin), (seen, endedMs) => {
    ledger(seen, endedMs, around);
    noteEnd(origin, seen);
  });
}
