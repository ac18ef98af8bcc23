/** The ledger event of one attempt: its fields by the generated table, and the log record that carries them. */

import type { Context } from "@opentelemetry/api";
import { TraceFlags, trace } from "@opentelemetry/api";
import type { Logger, LoggerProvider } from "@opentelemetry/api-logs";
import { SeverityNumber, logs } from "@opentelemetry/api-logs";

import type { Observation } from "./generated/fields.js";
import { CONSTANT, EVENT_NAME, FIELDS, SCOPE, TAG_PREFIX } from "./generated/fields.js";
import { lost } from "./losses.js";
import { tagsOf } from "./tags.js";

type Value = string | number | boolean;
export type Attributes = Record<string, Value>;

/** Writes the event of an attempt, in the context in which its call was made. Never throws. */
export type Ledger = (seen: Observation, endedMs: number, around: Context) => void;

/** The ledger of a provider; of the global one by default, whenever that is registered. */
export function openLedger(provider?: LoggerProvider): Ledger {
  const logger: Logger = (provider ?? logs).getLogger(SCOPE);
  return (seen, endedMs, around) => {
    try {
      const isFailed = seen.failure !== undefined;
      logger.emit({
        eventName: EVENT_NAME,
        timestamp: new Date(endedMs), // a number below the start of the process is not taken for a date
        severityNumber: isFailed ? SeverityNumber.WARN : SeverityNumber.INFO,
        severityText: isFailed ? "WARN" : "INFO",
        body: headline(seen),
        attributes: attributesOf(seen, around),
        context: neverSampled(around),
      });
    } catch {
      lost("processor_error", "logs");
    }
  };
}

/** The fields of an attempt that are known. */
export function attributesOf(seen: Observation, around: Context): Attributes {
  const found: Attributes = {};
  for (const { name, path, inMs } of FIELDS) {
    const value = follow(seen, path);
    if (value !== undefined) found[name] = inMs ? Math.round((value as number) * 1e6) / 1000 : value;
  }
  for (const [key, value] of Object.entries(tagsOf(around))) found[TAG_PREFIX + key] = value;
  return { ...found, ...CONSTANT };
}

function follow(seen: Observation, path: readonly string[]): Value | undefined {
  let place: unknown = seen;
  for (const name of path) place = (place as Record<string, unknown> | undefined)?.[name];
  return place as Value | undefined;
}

/** The event in a few words, for those who read logs and not fields. */
function headline({ deployment, path, statusCode, failure, outcome }: Observation): string {
  return `${deployment ?? path ?? ""} ${statusCode ?? "-"} ${failure?.type ?? outcome ?? ""}`;
}

/** The same trace, marked as sampled: no processor that drops logs with their trace may drop the ledger. */
function neverSampled(around: Context): Context {
  const span = trace.getSpanContext(around);
  if (span === undefined) return around;
  return trace.setSpanContext(around, { ...span, traceFlags: span.traceFlags | TraceFlags.SAMPLED });
}
