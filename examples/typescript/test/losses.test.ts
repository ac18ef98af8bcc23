/** Exporters that fail or hang change nothing for the caller, and what they lose is counted. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Attributes } from "@opentelemetry/api";
import { createNoopMeter, metrics } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { BatchLogRecordProcessor, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { LogRecordExporter, ReadableLogRecord, SdkLogRecord } from "@opentelemetry/sdk-logs";

import type { Exporter } from "../src/exporters.js";
import { countLosses, instrumentFetch, losses } from "../src/index.js";
import { MESSAGE, POST, answer, serve, urlOf } from "./support.js";

const FAILED = { code: ExportResultCode.FAILED };
const SENT = { code: ExportResultCode.SUCCESS };
const IDLE = { shutdown: () => Promise.resolve(), forceFlush: () => Promise.resolve() };
/** Small, so that little fills the queue, and a hanging export is given up soon. */
const SMALL = {
  maxQueueSize: 2,
  maxExportBatchSize: 2,
  exportTimeoutMillis: 1,
  scheduledDelayMillis: 60_000,
};

const exporters: Readonly<Record<string, readonly [Exporter<ReadableLogRecord>["export"], string, number]>> =
  {
    "that fails": [
      (_, done) => {
        done(FAILED);
      },
      "export_error logs",
      1,
    ],
    "that throws": [
      () => {
        throw new Error("CANARY");
      },
      "export_error logs",
      1,
    ],
    "that rejects": [() => Promise.reject(new Error("CANARY")), "export_error logs", 1],
    "that hangs": [() => undefined, "exit logs", 1],
  };

/** Make calls, end the provider, and return what was dropped meanwhile. */
async function lostOf(provider: LoggerProvider, calls = 1): Promise<Record<string, number>> {
  const base = await serve(answer);
  const before = losses();
  const call = instrumentFetch(fetch, { hosts: [base], loggerProvider: provider });
  for (let made = 0; made < calls; made += 1) {
    assert.equal(await (await call(urlOf(base), POST)).text(), MESSAGE);
  }
  await provider.shutdown();
  const changed = Object.entries(losses()).map(([key, count]) => [key, count - (before[key] ?? 0)] as const);
  return Object.fromEntries(changed.filter(([, count]) => count > 0));
}

for (const [name, [send, reason, count]] of Object.entries(exporters)) {
  test(`an exporter ${name}: the answer is whole, and the event is counted`, async () => {
    const exporter = { ...IDLE, export: send };
    const processor = countLosses(exporter, (counted) => new BatchLogRecordProcessor(counted, SMALL));
    assert.deepEqual(await lostOf(new LoggerProvider({ processors: [processor] })), { [reason]: count });
  });
}

test("what a full queue has no room for is counted", async () => {
  const taken: unknown[] = [];
  const exporter: LogRecordExporter = {
    ...IDLE,
    export(records, done) {
      taken.push(...records);
      done(SENT);
    },
  };
  const idle = { ...SMALL, exportTimeoutMillis: 1000 };
  const processor = countLosses(exporter, (counted) => {
    const queue = new BatchLogRecordProcessor(counted, idle);
    let room = 2;
    return {
      onEmit: (record: SdkLogRecord) => {
        room -= 1;
        if (room >= 0) queue.onEmit(record);
      },
      forceFlush: () => queue.forceFlush(),
      shutdown: () => queue.shutdown(),
    };
  });
  const lost = await lostOf(new LoggerProvider({ processors: [processor] }), 5);
  assert.deepEqual([taken.length, lost], [2, { "queue_full logs": 3 }]);
});

test("losses are a metric as well", async () => {
  const added: unknown[] = [];
  const add = (count: number, attributes?: Attributes): void => void added.push([count, attributes]);
  const meter = { ...createNoopMeter(), createCounter: () => ({ add }) };
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
  const exporter: LogRecordExporter = {
    ...IDLE,
    export: (_, done) => {
      done(FAILED);
    },
  };
  const processor = countLosses(exporter, (counted) => new BatchLogRecordProcessor(counted, SMALL));
  await lostOf(new LoggerProvider({ processors: [processor] }));
  metrics.disable();
  const reason = { "foundry.telemetry.reason": "export_error", "foundry.telemetry.signal": "logs" };
  assert.deepEqual(added, [[1, reason]]);
});

test("what comes after the end is counted", async () => {
  const exporter: LogRecordExporter = {
    ...IDLE,
    export: (_, done) => {
      done(SENT);
    },
  };
  const processor = countLosses(exporter, (counted) => new SimpleLogRecordProcessor(counted));
  const provider = new LoggerProvider({ processors: [processor] });
  await processor.shutdown();
  assert.deepEqual(await lostOf(provider), { "after_shutdown logs": 1 });
});

test("what a processor throws is counted once, also behind what counts losses", async () => {
  const processor = countLosses({ ...IDLE, export: () => undefined }, () => ({
    ...IDLE,
    onEmit: () => {
      throw new Error("CANARY");
    },
  }));
  assert.deepEqual(await lostOf(new LoggerProvider({ processors: [processor] })), {
    "processor_error logs": 1,
  });
});

test("a processor that throws is no concern of the caller", async () => {
  const provider = new LoggerProvider({
    processors: [
      {
        ...IDLE,
        onEmit: () => {
          throw new Error("CANARY");
        },
      },
    ],
  });
  assert.deepEqual(await lostOf(provider), { "processor_error logs": 1 });
});
