/** Reads answers that pytest writes to the standard input, each from a `fetch` that gives it, and prints the events. */

import { text } from "node:stream/consumers";

import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";

import { instrumentFetch } from "../src/index.js";

interface Given {
  readonly url: string;
  readonly sent: [string, string][];
  readonly body: string;
  readonly status: number;
  readonly headers: [string, string][];
  /** The body of the answer, in base64. */
  readonly pieces: readonly string[];
  readonly how: "complete" | "closed" | "failed" | "cancelled";
}

const memory = new InMemoryLogRecordExporter();
const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(memory)] });
const NO_CONTENT = 204;
const BROKEN = new TypeError("terminated");
const ABORTED = new DOMException("aborted", "AbortError");

/** The body of an answer, its end as given. */
function bodyOf({ pieces, how }: Given): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const piece = pieces[at];
        at += 1;
        if (piece !== undefined) controller.enqueue(Buffer.from(piece, "base64"));
        else if (how === "complete") controller.close();
        else controller.error(how === "cancelled" ? ABORTED : BROKEN);
      },
    },
    { highWaterMark: 0 },
  );
}

async function read(given: Given): Promise<unknown> {
  const { url, sent, body, status, headers, pieces, how } = given;
  const call = instrumentFetch(
    () => Promise.resolve(new Response(status === NO_CONTENT ? null : bodyOf(given), { status, headers })),
    { loggerProvider, hosts: ["gw.example.com"] },
  );
  const response = await call(url, { method: "POST", headers: sent, body });
  const reader = response.body?.getReader();
  for (let at = 0; at < pieces.length; at += 1) await reader?.read();
  await (how === "closed" ? reader?.cancel() : reader?.read().catch(() => undefined));
  const [event] = memory.getFinishedLogRecords();
  memory.reset();
  return event?.attributes;
}

const events = [];
for (const given of JSON.parse(await text(process.stdin)) as Given[]) events.push(await read(given));
process.stdout.write(JSON.stringify(events));
