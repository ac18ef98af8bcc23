/** Exporters with what the ledger asks of them: what they lose is counted, and Azure's drops no field. */

import { EVENT_NAME } from "./generated/fields.js";
import { eventsWritten } from "./ledger.js";
import { lost } from "./losses.js";

/** What is used of a log record of the SDK. */
export interface LedgerRecord {
  readonly eventName?: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What is used of an exporter of the SDK: `LogRecordExporter` of `@opentelemetry/sdk-logs` fits. */
export interface Exporter<Record extends LedgerRecord> {
  export(records: Record[], done: (result: { readonly code: number; readonly error?: Error }) => void): void;
  shutdown(): Promise<void>;
  forceFlush(): Promise<void>;
}

const SUCCESS = 0;
const FAILED = 1;

const isEvent = ({ eventName }: LedgerRecord): boolean => eventName === EVENT_NAME;

/**
 * Count what an exporter loses of the ledger: what it fails to send, what it has not sent when it is shut down,
 * and what never came to it because the queue before it was full.
 */
export function countLosses<Record extends LedgerRecord>(exporter: Exporter<Record>): Exporter<Record> {
  const before = eventsWritten();
  let taken = 0;
  let underWay = 0;
  return {
    export(records, done) {
      const events = records.filter(isEvent).length;
      let isOpen = true;
      const ended: typeof done = (result) => {
        if (isOpen) {
          underWay -= events;
          if (result.code !== SUCCESS) lost("export_error", "logs", events);
        }
        isOpen = false;
        done(result);
      };
      taken += events;
      underWay += events;
      try {
        exporter.export(records, ended);
      } catch (error) {
        ended({ code: FAILED, error: error instanceof Error ? error : new Error("the exporter threw") });
      }
    },
    async shutdown() {
      lost("exit", "logs", underWay);
      lost("queue_full", "logs", eventsWritten() - before - taken);
      await exporter.shutdown();
    },
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
 * Azure's exporter, so that it keeps every field of the ledger and what it loses is counted.
 *
 * @param make Makes it with the options that it is given, and your own:
 *   `(options) => new AzureMonitorLogExporter({ connectionString, ...options })`.
 */
export function azureExporter<Record extends LedgerRecord>(
  make: (options: AzureOptions) => Exporter<Record>,
): Exporter<Record> {
  const exporter = make({ additionalPolicies: [{ policy, position: "perCall" }] });
  return countLosses({
    export(records, done) {
      exporter.export(
        records.map((each) => (isEvent(each) ? keepingNames(each) : each)),
        done,
      );
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  });
}

/** The same record, its attributes under names that are not dropped; those of Microsoft have a meaning. */
function keepingNames<Record extends LedgerRecord>(record: Record): Record {
  const entries = Object.entries(record.attributes);
  const guard = (name: string): string => (name.startsWith("microsoft.") ? name : GUARD + name);
  const attributes = Object.fromEntries(entries.map(([name, value]) => [guard(name), value]));
  return Object.create(record, { attributes: { value: attributes, enumerable: true } }) as Record;
}
