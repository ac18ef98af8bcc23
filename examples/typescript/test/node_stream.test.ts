/** Answers of node-fetch: the caller has what it has without us, by whichever way it reads, and the event is there. */

import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { test } from "node:test";

import fetchOfNode, { Response as Answered } from "node-fetch";

import type { Fetch } from "../src/index.js";
import { HEADERS, PIECES, POST, outcomes, recorded, serve, urlOf } from "./support.js";

const nodeFetch = fetchOfNode as unknown as Fetch;
/** The ways to read an answer. */
const WAYS: Readonly<Record<string, (answered: Answered) => Promise<string>>> = {
  text: (answered) => answered.text(),
  pieces: ({ body }) => textOf(body as Readable),
  piped: ({ body }) => textOf((body as Readable).pipe(new PassThrough())),
  encoded: ({ body }) => textOf((body as Readable).setEncoding("utf-8")),
};

for (const [way, read] of Object.entries(WAYS)) {
  test(`a stream is read as ${way}`, async () => {
    const base = await serve((request, response) => {
      request.resume();
      response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" }).end(PIECES.join(""));
    });
    const { call, events } = recorded(base, nodeFetch);
    const answered = (await call(urlOf(base), POST)) as unknown as Answered;
    assert.ok(answered instanceof Answered);
    assert.equal(answered.bodyUsed, false);
    assert.deepEqual(events(), []);
    assert.equal(await read(answered), PIECES.join(""));
    assert.deepEqual(outcomes(events()), ["ok"]);
    assert.equal(events()[0]?.attributes["gen_ai.usage.output_tokens"], 5);
  });
}

test("a stream that is destroyed, aborted or broken ends as such", async () => {
  const abort = new AbortController();
  let sending: ServerResponse | undefined;
  const base = await serve((request, response) => {
    request.resume();
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" }).write(PIECES[0]);
    sending = response;
  });
  const { call, events } = recorded(base, nodeFetch);
  const endings: readonly ((body: Readable) => unknown)[] = [
    (body) => body.destroy(),
    () => sending?.destroy(),
    () => {
      abort.abort();
    },
  ];
  for (const end of endings) {
    const { body } = await call(urlOf(base), { ...POST, signal: abort.signal });
    const stream = body as unknown as Readable;
    stream.once("data", () => end(stream));
    await finished(stream).catch(() => undefined);
  }
  assert.deepEqual(outcomes(events()), ["abandoned", "truncated", "cancelled"]);
});
