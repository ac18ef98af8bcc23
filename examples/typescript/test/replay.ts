/**
 * Makes the recorded calls of the library's tests, and prints one line of JSON for each event. Run by pytest, which
 * plays Foundry, and takes what is exported.
 */

import { text } from "node:stream/consumers";

import AnthropicFoundry from "@anthropic-ai/foundry-sdk";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import { AzureMonitorLogExporter } from "@azure/monitor-opentelemetry-exporter";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";

import type { Fetch } from "../src/index.js";
import {
  attribute,
  azureExporter,
  countLosses,
  instrumentCredentials,
  instrumentFetch,
  losses,
} from "../src/index.js";

/** What pytest writes to the standard input. */
interface Task {
  /** Where Foundry is played, for each way to Azure. */
  readonly foundry: Readonly<Record<string, string>>;
  /** An address where nothing listens. */
  readonly nowhere: string;
  readonly azure: {
    readonly connectionString: string;
    /** The exporter makes `https` of every address of a connection string. */
    readonly endpoint: string;
    readonly allowInsecureConnection: boolean;
  };
  readonly otlp: { readonly url: string; readonly headers: Record<string, string> };
  readonly cases: readonly Case[];
}

interface Case {
  readonly id: string;
  readonly kind: "answer" | "refused" | "silent" | "credential";
  readonly url: string;
  readonly headers: [string, string][];
  readonly body: string;
  /** The time at which claims are judged, seconds since the epoch. */
  readonly now: number | null;
  /** What the token provider throws. */
  readonly message: string;
}

const PATIENCE_MS = 200;

const task = JSON.parse(await text(process.stdin)) as Task;
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const roads: Readonly<Record<string, LogRecordExporter>> = {
  "typescript-otlp": new OTLPLogExporter(task.otlp),
  "typescript-azure": azureExporter(
    (options) => new AzureMonitorLogExporter({ ...task.azure, disableOfflineStorage: true, ...options }),
  ),
};

function providerOf(role: string, exporter: LogRecordExporter, memory: LogRecordExporter): LoggerProvider {
  return new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": role, "service.version": "1.2.3" }),
    processors: [
      countLosses(exporter, (counted) => new BatchLogRecordProcessor(counted)),
      new SimpleLogRecordProcessor(memory),
    ],
  });
}

/** `fetch` that finds Azure's hosts on this machine. */
const local =
  (base: string): Fetch =>
  (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    return fetch(base + pathname + search, init);
  };

type Way = (one: Case, provider: LoggerProvider, foundry: string) => Promise<unknown>;

const ways: Readonly<Record<Case["kind"], Way>> = {
  answer: send,
  refused: (one, provider) => send(one, provider, task.nowhere),
  silent: (one, provider, foundry) => send(one, provider, foundry, AbortSignal.timeout(PATIENCE_MS)),
  credential: throughTheSdk,
};

async function send(one: Case, provider: LoggerProvider, base: string, signal?: AbortSignal): Promise<void> {
  const call = instrumentFetch(local(base), { loggerProvider: provider });
  const { headers, body } = one;
  const response = await call(one.url, { method: "POST", headers, body, ...(signal && { signal }) });
  await response.arrayBuffer();
}

async function throughTheSdk(one: Case, provider: LoggerProvider): Promise<void> {
  const client = new AnthropicFoundry({
    baseURL: one.url.replace("/v1/messages", ""),
    azureADTokenProvider: () => Promise.reject(new Error(one.message)),
  });
  instrumentCredentials(client, { loggerProvider: provider });
  await client.messages.create(JSON.parse(one.body) as MessageCreateParamsNonStreaming);
}

const clock = Date.now.bind(Date);

/** Make a call, and give its events. */
async function replayed(one: Case, call: () => Promise<unknown>, memory: InMemoryLogRecordExporter) {
  const { id, now } = one;
  Date.now = now === null ? clock : () => now * 1000;
  const failed = await attribute({ case: id }, call).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.name : typeof error),
  );
  Date.now = clock;
  const events = memory.getFinishedLogRecords().map(({ attributes }) => attributes);
  memory.reset();
  return { case: id, failed, events };
}

const said: Record<string, unknown> = {};
for (const [role, exporter] of Object.entries(roads)) {
  const memory = new InMemoryLogRecordExporter();
  const provider = providerOf(role, exporter, memory);
  const calls = [];
  for (const one of task.cases) {
    const call = () => ways[one.kind](one, provider, task.foundry[role] ?? "");
    calls.push(await replayed(one, call, memory));
  }
  said[role] = calls;
  await provider.shutdown();
}
process.stdout.write(JSON.stringify({ said, losses: losses() }));
