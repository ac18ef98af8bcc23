/** Telemetry that was lost, counted by reason and signal as `foundry.telemetry.dropped`. */

import { metrics } from "@opentelemetry/api";

import { DROPPED_METRIC, DROP_REASON, DROP_SIGNAL, REASONS, SCOPE, SIGNALS } from "./generated/fields.js";

export type Reason = keyof typeof REASONS;
export type Signal = keyof typeof SIGNALS;

const counts = new Map<string, number>();

/** Count lost items. Never throws. */
export function lost(reason: Reason, signal: Signal, items = 1): void {
  if (items <= 0) return;
  const key = `${REASONS[reason]} ${SIGNALS[signal]}`;
  counts.set(key, (counts.get(key) ?? 0) + items);
  try {
    const counter = metrics.getMeter(SCOPE).createCounter(DROPPED_METRIC); // of the provider of now
    counter.add(items, { [DROP_REASON]: REASONS[reason], [DROP_SIGNAL]: SIGNALS[signal] });
  } catch {
    // A meter that fails changes nothing of the sums above.
  }
}

/** What was lost since the process began, such as `{"export_error logs": 3}`. */
export function losses(): Readonly<Record<string, number>> {
  return Object.fromEntries(counts);
}

/** Run a step of ours; should it fail, its telemetry is lost and counted, and the caller never knows. */
export function guarded<T>(step: () => T, signal: Signal = "attempts"): T | undefined {
  try {
    return step();
  } catch {
    lost("internal_error", signal);
    return undefined;
  }
}
