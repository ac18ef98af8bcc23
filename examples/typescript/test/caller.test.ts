/** What the caller has is what it would have without us. */

import assert from "node:assert/strict";
import { test } from "node:test";

import AnthropicFoundry from "@anthropic-ai/foundry-sdk";

import { instrumentCredentials } from "../src/index.js";
import {
  ASKED,
  HEADERS,
  MESSAGE,
  PIECES,
  POST,
  answer,
  memory,
  outcomes,
  recorded,
  serve,
  until,
  urlOf,
} from "./support.js";

test("an answer shows what it shows without us", async () => {
  const base = await serve(answer);
  const { call } = recorded(base);
  const [ours, plain] = [await call(urlOf(base), POST), await fetch(urlOf(base), POST)];
  for (const name of ["ok", "redirected", "status", "statusText", "type", "url", "bodyUsed"] as const) {
    assert.equal(ours[name], plain[name], name);
  }
  assert.ok(ours instanceof Response);
  assert.throws(() => {
    ours.headers.set("a", "b");
  }, TypeError);
  assert.equal(ours.headers.get("request-id"), "req_1");
  const copy = ours.clone();
  assert.equal(copy.url, plain.url);
  assert.deepEqual(
    [await ours.text(), await copy.json(), ours.bodyUsed],
    [MESSAGE, await plain.json(), true],
  );
  await assert.rejects(ours.text(), TypeError);
});

test("what another fetch has made of an answer stays on it, and on its clones", async () => {
  class Cached extends Response {
    age(): number {
      return this.status;
    }
  }
  const answered = Object.assign(new Cached(MESSAGE, { status: 201 }), { fromCache: true });
  const { call } = recorded("http://gw.test", () => Promise.resolve(answered));
  const ours = await call(urlOf("http://gw.test"), POST);
  for (const each of [ours, ours.clone()]) {
    assert.ok(each instanceof Cached);
    assert.deepEqual([Object.keys(each), each.age(), await each.text()], [["fromCache"], 201, MESSAGE]);
  }
});

test("each piece is handed on as it comes, and none is read that was not asked for", async () => {
  let proceed = (): void => undefined;
  const base = await serve(async (_, response) => {
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
    for (const piece of PIECES) {
      response.write(piece);
      await new Promise<void>((resolve) => (proceed = resolve)); // not before the caller has had it
    }
    response.end();
  });
  let pulls = 0;
  const counting: typeof fetch = async (input, init) => {
    const { body, headers } = await fetch(input, init);
    const reader = (body as ReadableStream<Uint8Array> | null)?.getReader();
    const pull = async (to: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      pulls += 1;
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) to.close();
      else to.enqueue(value);
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers });
  };
  const { call, events } = recorded(base, counting);
  const response = await call(urlOf(base), POST);
  assert.equal(pulls, 0);
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (const [at, piece] of PIECES.entries()) {
    const { value } = (await reader?.read()) ?? {};
    assert.equal(Buffer.from(value ?? []).toString(), piece);
    assert.equal(pulls, at + 1);
    proceed();
  }
  assert.deepEqual(await reader?.read(), { done: true, value: undefined });
  assert.deepEqual(outcomes(events()), ["ok"]);
  assert.equal(events()[0]?.attributes["gen_ai.usage.output_tokens"], 5);
});

test("a caller may bring its own buffers", async () => {
  const base = await serve(answer);
  const { call, events } = recorded(base);
  const response = await call(urlOf(base), POST);
  const reader = response.body?.getReader({ mode: "byob" });
  let text = "";
  for (;;) {
    const { done, value } = (await reader?.read(new Uint8Array(16))) ?? { done: true };
    text += Buffer.from(value ?? []).toString();
    if (done) break;
  }
  assert.equal(text, MESSAGE);
  assert.deepEqual(outcomes(events()), ["ok"]);
});

test("errors are those of fetch, the same objects, and nothing is sent twice", async () => {
  const failure = new TypeError("fetch failed");
  let sent = 0;
  const { call, events } = recorded("http://gw.test", () => {
    sent += 1;
    return Promise.reject(failure);
  });
  await assert.rejects(call(urlOf("http://gw.test"), POST), (error) => error === failure);
  assert.equal(sent, 1);
  assert.deepEqual(outcomes(events()), ["no_response"]);
});

test("an abort reaches the server and the caller, with its reason", async () => {
  let isClosed = false;
  const base = await serve((request, response) => {
    request.on("close", () => (isClosed = true));
    response.writeHead(200, { "content-type": "text/event-stream" }).write(PIECES[0]);
  });
  const { call, events } = recorded(base);
  const [controller, reason] = [new AbortController(), new Error("enough")];
  const response = await call(urlOf(base), { ...POST, signal: controller.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  controller.abort(reason);
  await assert.rejects(reader?.read() ?? Promise.resolve(), (error) => error === reason);
  await until(() => isClosed);
  assert.deepEqual(outcomes(events()), ["cancelled"]);
});

for (const [how, leave] of [
  ["cancelled", (response: Response) => response.body?.cancel()],
  ["dropped", () => undefined],
] as const) {
  test(`a body that is ${how} ends its attempt and its connection`, async () => {
    let isClosed = false;
    const base = await serve((request, response) => {
      request.on("close", () => (isClosed = true));
      response.writeHead(200, { "content-type": "text/event-stream" }).write(PIECES[0]);
    });
    const { call, events } = recorded(base);
    await call(urlOf(base), POST).then(leave);
    await until(() => {
      globalThis.gc?.();
      return isClosed && events().length > 0;
    });
    assert.deepEqual(outcomes(events()), ["abandoned"]);
  });
}

test("what is no call to Foundry is not touched", async () => {
  const plain = new Response("{}");
  const { call, events } = recorded("http://gw.test", () => Promise.resolve(plain));
  for (const url of [
    "http://gw.test/v1/models",
    "http://elsewhere.test/v1/messages",
    "https://api.anthropic.com/v1/messages",
  ]) {
    assert.equal(await call(url, POST), plain);
  }
  assert.equal(events().length, 0);
});

test("a Request is read as well, and sent as it is", async () => {
  let received = "";
  const base = await serve((request, response) => {
    request.on("data", (piece: Buffer) => (received += piece.toString()));
    request.on("end", () => response.writeHead(200, HEADERS).end(MESSAGE));
  });
  const { call, events } = recorded(base);
  await (await call(new Request(urlOf(base), POST))).text();
  assert.equal(received, ASKED);
  assert.equal(events()[0]?.attributes["gen_ai.request.model"], "support-chat-prod");
});

test("attempts that the SDK makes again are of one call", async () => {
  let requests = 0;
  const base = await serve((request, response) => {
    request.resume();
    requests += 1;
    if (requests === 1) response.writeHead(429, { ...HEADERS, "retry-after-ms": "1" }).end("{}");
    else response.writeHead(200, HEADERS).end(MESSAGE);
  });
  const { call, events } = recorded(base);
  const client = new AnthropicFoundry({ apiKey: "CANARY-KEY", baseURL: `${base}/anthropic`, fetch: call });
  const message = await client.messages.create({ model: "m", max_tokens: 1, messages: [] });
  assert.deepEqual([message.id, requests], ["msg_1", 2]);
  const [first, second] = events().map(({ attributes }) => attributes);
  assert.equal(first?.["foundry.call.id"], second?.["foundry.call.id"]);
  assert.deepEqual([first?.["foundry.attempt.number"], second?.["foundry.attempt.number"]], [1, 2]);
  assert.deepEqual([first?.["error.type"], second?.["foundry.outcome"]], ["rate_limited", "ok"]);
  assert.ok(JSON.stringify(second?.["foundry.client"]).startsWith('"AnthropicFoundry/1.'));
});

test("a stream of the SDK is what it is, and is recorded to its end", async () => {
  const base = await serve((request, response) => {
    request.resume();
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" }).end(PIECES.join(""));
  });
  const { call, events } = recorded(base);
  const client = new AnthropicFoundry({ apiKey: "CANARY-KEY", baseURL: `${base}/anthropic`, fetch: call });
  const message = await client.messages.stream({ model: "m", max_tokens: 1, messages: [] }).finalMessage();
  assert.deepEqual([message.stop_reason, message.usage.output_tokens], ["end_turn", 5]);
  const attributes = events()[0]?.attributes ?? {};
  assert.deepEqual(
    [attributes["foundry.outcome"], attributes["gen_ai.request.stream"], attributes["anthropic.request.id"]],
    ["ok", true, "req_1"],
  );
  assert.ok("foundry.time_to_first_token_ms" in attributes);
});

test("the error of a token provider is the one that the SDK makes of it", async () => {
  const refusal = new Error("AADSTS700016: no such application");
  const options = { resource: "r", azureADTokenProvider: () => Promise.reject(refusal) };
  const ask = (client: AnthropicFoundry) =>
    client.messages.create({ model: "m", max_tokens: 1, messages: [] });
  const thrown = (client: AnthropicFoundry) => ask(client).catch((error: unknown) => error as Error);
  const { loggerProvider, events } = memory();
  const client = instrumentCredentials(new AnthropicFoundry(options), { loggerProvider });
  const ours = await thrown(instrumentCredentials(client, { loggerProvider }));
  const plain = await thrown(new AnthropicFoundry(options));
  assert.deepEqual(ours, plain);
  assert.deepEqual(outcomes(events()), ["not_sent"]); // once, though it was asked for twice
});
