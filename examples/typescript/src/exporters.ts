/** What exporters are to be given of the ledger: what they lose is counted, and Azure's drops no field. */

import type { Context } from "@opentelemetry/api";

import { EVENT_NAME } from "./generated/fields.js";
import { lost } from "./losses.js";

/** What is used of a log record of the SDK. */
export interface LedgerRecord {
  readonly eventName?: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An `ExportResult`. */
interface Result {
  readonly code: number;
  readonly error?: Error;
}

/** What is used of a `LogRecordExporter` of `@opentelemetry/sdk-logs`. */
export interface Exporter<Exported extends LedgerRecord> {
  /** Some give a promise besides, which nobody else waits for. */
  export(records: Exported[], done: (result: Result) => void): unknown;
  shutdown(): Promise<void>;
  forceFlush(): Promise<void>;
}

/** What is used of a `LogRecordProcessor`. */
export interface Processor<Emitted extends LedgerRecord> {
  onEmit(record: Emitted, around?: Context): void;
  shutdown(): Promise<void>;
  forceFlush(): Promise<void>;
}

const SUCCESS = 0;
const FAILED = 1;

const isEvent = ({ eventName }: LedgerRecord): boolean => eventName === EVENT_NAME;

/**
 * A processor that counts what is lost of the ledger behind it: what the exporter fails to send or has not sent at
 * the end, what the queue before it had no room for, and what came after the end.
 *
 * @param exporter Sends the records.
 * @param queue Makes the processor before it: `(exporter) => new BatchLogRecordProcessor(exporter)`.
 */
export function countLosses<Exported extends LedgerRecord, Emitted extends LedgerRecord>(
  exporter: Exporter<Exported>,
  queue: (exporter: Exporter<Exported>) => Processor<Emitted>,
): Processor<Emitted> {
  const passed = { emitted: 0, exported: 0, settled: 0 };
  let isShut = false;
  const processor = queue(
    counted(exporter, (events) => {
      passed.exported += events;
      return (isSent) => {
        passed.settled += events;
        if (!isSent && !isShut) lost("export_error", "logs", events);
      };
    }),
  );
  return {
    onEmit(record, around) {
      processor.onEmit(record, around); // what it throws is counted by whom it reaches
      if (!isEvent(record)) return;
      if (isShut) lost("after_shutdown", "logs");
      else passed.emitted += 1;
    },
    forceFlush: () => processor.forceFlush(),
    async shutdown() {
      await processor.shutdown().finally(() => {
        if (isShut) return;
        isShut = true;
        lost("exit", "logs", passed.exported - passed.settled);
        lost("queue_full", "logs", passed.emitted - passed.exported);
      });
    },
  };
}

/** The same exporter; `began` hears how many events of the ledger it is given, and then whether they were sent. */
function counted<Exported extends LedgerRecord>(
  exporter: Exporter<Exported>,
  began: (events: number) => (isSent: boolean) => void,
): Exporter<Exported> {
  return {
    export(records, done) {
      const settled = began(records.filter(isEvent).length);
      let isOpen = true;
      const end = (result: Result): void => {
        if (!isOpen) return;
        isOpen = false;
        settled(result.code === SUCCESS);
        done(result);
      };
      const fail = (error: unknown): void => {
        end({ code: FAILED, error: error instanceof Error ? error : new Error("the exporter failed") });
      };
      try {
        Promise.resolve(exporter.export(records, end)).catch(fail);
      } catch (error) {
        fail(error);
      }
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

/** Before each name: Azure's exporter drops `error.type`, the status and other names of HTTP from log records. */
const GUARD = "foundry.kept/";

/** A policy of Azure's pipeline that gives fields their names back. */
const policy = {
  name: "foundry_telemetry",
  sendRequest<Request extends { body?: unknown }, Response>(
    request: Request,
    next: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    if (typeof request.body === "string") request.body = request.body.replaceAll(`"${GUARD}`, '"');
    return next(request);
  },
};

/** Options for Azure's exporter, to be given to its constructor. */
export interface AzureOptions {
  readonly additionalPolicies: { policy: typeof policy; position: "perCall" }[];
}

/**
 * Azure's exporter, so that it keeps every field of the ledger.
 *
 * @param make Makes it with the options that it is given, and your own:
 *   `(options) => new AzureMonitorLogExporter({ connectionString, ...options })`.
 */
export function azureExporter<Exported extends LedgerRecord>(
  make: (options: AzureOptions) => Exporter<Exported>,
): Exporter<Exported> {
  const exporter = make({ additionalPolicies: [{ policy, position: "perCall" }] });
  return {
    export(records, done) {
      const kept = records.map((each) => (isEvent(each) ? keepingNames(each) : each));
      return exporter.export(kept, done);
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

/** The same record, its attributes under names that are not dropped; those of Microsoft have a meaning. */
function keepingNames<Exported extends LedgerRecord>(record: Exported): Exported {
  const entries = Object.entries(record.attributes);
  const guard = (name: string): string => (name.startsWith("microsoft.") ? name : GUARD + name);
  const attributes = Object.fromEntries(entries.map(([name, value]) => [guard(name), value]));
  return Object.create(record, { attributes: { value: attributes, enumerable: true } }) as Exported;
}
