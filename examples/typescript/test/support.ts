/** A server that plays Foundry, and a `fetch` whose events are kept. */

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";

import type { Fetch } from "../src/index.js";
import { instrumentFetch } from "../src/index.js";

type Play = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What is asked where it does not matter. */
export const ASKED = JSON.stringify({
  model: "support-chat-prod",
  max_tokens: 64,
  stream: true,
  messages: [],
});
export const POST = { method: "POST", headers: { "content-type": "application/json" }, body: ASKED } as const;
export const HEADERS = {
  "content-type": "application/json",
  "apim-request-id": "a-1",
  "request-id": "req_1",
};
export const MESSAGE = JSON.stringify({
  ...{ type: "message", id: "msg_1", model: "claude-sonnet-5-5", stop_reason: "end_turn", content: [] },
  usage: { input_tokens: 3, output_tokens: 5 },
});
const START = { id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-5-5", content: [] };
const EVENTS = [
  { type: "message_start", message: { ...START, usage: { input_tokens: 3, output_tokens: 1 } } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Paris" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } },
  { type: "message_stop" },
];
/** A stream, a piece for each event. */
export const PIECES = EVENTS.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

/** Start a server; gives its base URL. It ends with the test file. */
export async function serve(play: Play): Promise<string> {
  const server = createServer((request, response) => void play(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers with the message. */
export const answer: Play = (request, response) => {
  request.resume();
  response.writeHead(200, HEADERS).end(MESSAGE);
};

/** A provider, and the events that were written to it. */
export function memory(): { loggerProvider: LoggerProvider; events: () => ReadableLogRecord[] } {
  const exporter = new InMemoryLogRecordExporter();
  const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)] });
  return { loggerProvider, events: () => exporter.getFinishedLogRecords() };
}

/** A `fetch` that counts the server of `base` as Foundry, and the events that it has written. */
export function recorded(base: string, send?: Fetch): { call: Fetch; events: () => ReadableLogRecord[] } {
  const { loggerProvider, events } = memory();
  return { call: instrumentFetch(send, { hosts: [base], loggerProvider }), events };
}

/** The URL of messages. */
export const urlOf = (base: string): string => `${base}/anthropic/v1/messages`;

/** The outcome in each event. */
export const outcomes = (events: readonly ReadableLogRecord[]): unknown[] =>
  events.map(({ attributes }) => attributes["foundry.outcome"]);

/** Wait until something holds; a wait without an end is stopped by the runner. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
