/** Whatever a caller does, it has what it would have without us, the server sees the same, and one event is written. */

import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";

import type { Fetch } from "../src/index.js";
import { losses } from "../src/index.js";
import { ASKED, HEADERS, MESSAGE, PIECES, POST, outcomes, recorded, serve, until, urlOf } from "./support.js";

const SSE = { ...HEADERS, "content-type": "text/event-stream" };
const STREAM = Buffer.from(PIECES.join("").replace("Paris", "Zürich 🏔"));
const CRLF = Buffer.from(STREAM.toString().replaceAll("\n", "\r\n"));

/** What the server has seen: the requests with their bodies, and how many ended before their answer. */
class Received {
  readonly requests: unknown[] = [];
  readonly cut: number[] = [];
  /** Fulfilled once a request waits for an answer that never comes. */
  readonly waiting: Promise<void>;
  isWaiting: () => void = () => undefined;

  constructor() {
    this.waiting = new Promise((resolve) => (this.isWaiting = resolve));
  }
}

const NAMED = ["authorization", "content-length", "content-type", "transfer-encoding", "x-own"] as const;
const named = (headers: IncomingHttpHeaders): unknown[] => NAMED.map((name) => headers[name]);

/** Plays Foundry by the query of the URL. */
async function play(received: Received): Promise<string> {
  return serve(async (request, response) => {
    const pieces: Buffer[] = [];
    response.on("close", () => !response.writableEnded && received.cut.push(1));
    for await (const piece of request) pieces.push(piece as Buffer);
    received.requests.push([request.method, named(request.headers), Buffer.concat(pieces).toString()]);
    const [, how = "", part = ""] = /\?(\w+)(?:=(\w+))?/.exec(request.url ?? "") ?? [];
    if (how === "silent") {
      received.isWaiting();
      return;
    }
    if (how === "redirect") {
      return response.writeHead(Number(part), { location: urlOf("").concat("?ok") }).end("moved");
    }
    if (how === "status") {
      return response.writeHead(Number(part), { "content-type": "text/html" }).end("<h1>no</h1>");
    }
    if (how === "bytes" || how === "crlf") {
      response.writeHead(200, SSE);
      for (const byte of how === "crlf" ? CRLF : STREAM) response.write(Buffer.of(byte));
      return response.end();
    }
    if (how === "first" || how === "broken") {
      response.writeHead(200, SSE).write(PIECES[0]);
      return how === "broken" && setImmediate(() => response.destroy());
    }
    return response.writeHead(200, HEADERS).end(request.method === "HEAD" ? undefined : MESSAGE);
  });
}

type Way = (call: Fetch, url: string, received: Received) => unknown;

const init = (more: object): RequestInit => ({ ...POST, ...more });
const sent = (pieces: readonly string[]): ReadableStream<Uint8Array> => {
  const left = [...pieces];
  return new ReadableStream({
    pull(to) {
      const piece = left.shift();
      if (piece === undefined) to.close();
      else to.enqueue(Buffer.from(piece));
    },
  });
};
const HALF = { duplex: "half" } as object;

const WAYS: Readonly<Record<string, Way>> = {
  "a Request": async (call, url) => (await call(new Request(url, POST))).json(),
  "a Request and an init": async (call, url) =>
    (await call(new Request(url, POST), { headers: { "x-own": "1" } })).json(),
  "a Request of a stream": async (call, url) =>
    (await call(new Request(url, init({ ...HALF, body: sent([ASKED.slice(0, 9), ASKED.slice(9)]) })))).json(),
  "a stream": async (call, url) => (await call(url, init({ ...HALF, body: sent([ASKED]) }))).text(),
  "a URL, bytes": async (call, url) =>
    (await call(new URL(url), init({ body: Uint8Array.from(Buffer.from(ASKED)).buffer }))).text(),
  "headers of an iterator": async (call, url) =>
    (await call(url, init({ headers: new Map([["x-own", "1"]]).entries() }))).text(),
  "no body": async (call, url) => (await call(`${url}?status=405`)).text(),
  HEAD: async (call, url) => (await call(url, { method: "HEAD" })).text(),
  "no URL": (call) => call("/v1/messages", POST),
  "a body with GET": (call, url) => call(url, init({ method: "GET" })),
  "a header that is none": (call, url) => call(url, init({ headers: { "x-own": "\u0001" } })),
  "an abort before": (call, url) => call(url, init({ signal: AbortSignal.abort("enough") })),
  "an abort while it waits": (call, url, { waiting }) => {
    const controller = new AbortController();
    void waiting.then(() => {
      controller.abort();
    });
    return call(`${url}?silent`, init({ signal: controller.signal }));
  },
  "an abort while it is read": async (call, url) => {
    const controller = new AbortController();
    const { body } = await call(`${url}?first`, init({ signal: controller.signal }));
    const reader = body?.getReader();
    await reader?.read();
    controller.abort({ code: 7 });
    return reader?.read();
  },
  "an abort after": async (call, url) => {
    const controller = new AbortController();
    const text = await (await call(url, init({ signal: controller.signal }))).text();
    controller.abort();
    return text;
  },
  "an abort of what is sent": async (call, url) => {
    const controller = new AbortController();
    let pulls = 0;
    const never = new ReadableStream({ pull: () => new Promise(() => (pulls += 1)) });
    const request = new Request(url, init({ ...HALF, body: never, signal: controller.signal }));
    const failed = call(request).catch((error: unknown) => error);
    controller.abort("enough");
    return [await failed, pulls];
  },
  "a clone": async (call, url) => {
    const response = await call(`${url}?bytes`, POST);
    const clone = response.clone();
    return [await clone.text(), await response.text(), clone.bodyUsed, response.url === clone.url];
  },
  "a clone of what is used": async (call, url) => {
    const response = await call(url, POST);
    await response.text();
    return response.clone();
  },
  "two branches": async (call, url) => {
    const [one, other] = (await call(`${url}?crlf`, POST)).body?.tee() ?? [];
    return Promise.all([one, other].map((each) => new Response(each).text()));
  },
  "a branch that is left": async (call, url) => {
    const [one, other] = (await call(`${url}?bytes`, POST)).body?.tee() ?? [];
    void one?.cancel("enough");
    return new Response(other).text();
  },
  "a loop": async (call, url) => {
    const pieces = [];
    for await (const piece of (await call(`${url}?bytes`, POST)).body ?? []) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  },
  "a loop that is left": async (call, url) => {
    for await (const piece of (await call(`${url}?first`, POST)).body ?? []) return [piece as unknown];
    return undefined;
  },
  "a stream of Node": async (call, url) => {
    const { body } = await call(`${url}?crlf`, POST);
    return Buffer.concat(await Readable.fromWeb(body as never).toArray()).toString();
  },
  "a connection that breaks": async (call, url) => (await call(`${url}?broken`, POST)).text(),
  "a blob": async (call, url) => {
    const blob = await (await call(url, POST)).blob();
    return [blob.type, await blob.text()];
  },
  "clones of a clone": async (call, url) => {
    const response = (await call(`${url}?bytes`, POST)).clone();
    const { status, url: where } = response.clone();
    return [status, where.slice(-5), await response.blob().then(({ type, size }) => [type, size])];
  },
  "a refusal that is a page": async (call, url) => (await call(`${url}?status=502`, POST)).json(),
  "no content": async (call, url) => (await call(`${url}?status=204`, POST)).body,
  "a redirect": async (call, url) => (await call(`${url}?redirect=307`, POST)).json(),
  "a redirect that is none": async (call, url) =>
    (await call(`${url}?redirect=307`, init({ redirect: "manual" }))).text(),
  "a redirect that is an error": (call, url) => call(`${url}?redirect=302`, init({ redirect: "error" })),
  "many at once": (call, url) =>
    Promise.all(Array.from({ length: 9 }, async () => (await call(`${url}?bytes`, POST)).text())),
};

/** How it ended, as far as it can be compared. */
async function ended(way: Way, call: Fetch, url: string, received: Received): Promise<unknown> {
  try {
    return ["gave", await way(call, url, received)];
  } catch (error) {
    if (!(error instanceof Error)) return ["threw", error];
    return ["threw", error.name, error.message.replaceAll(/:\d+/g, ""), error.constructor.name];
  }
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`${name}: the same with us and without`, async () => {
    const [ours, plain] = [new Received(), new Received()];
    const [here, there] = [await play(ours), await play(plain)];
    const { call, events } = recorded(here);
    assert.deepEqual(await ended(way, call, urlOf(here), ours), await ended(way, fetch, urlOf(there), plain));
    await until(() => ours.cut.length === plain.cut.length);
    assert.deepEqual(ours.requests, plain.requests);
    const attempts = { "no URL": 0, "many at once": 9 }[name] ?? 1;
    assert.equal(outcomes(events()).length, attempts);
    assert.deepEqual(losses(), {});
  });
}

const THROWN: readonly unknown[] = [undefined, null, 0, "no", { code: "ECONNRESET" }, Symbol("no")];
for (const thrown of THROWN) {
  test(`a fetch that throws ${String(thrown)}: so does ours, at once or later`, async () => {
    const { call, events } = recorded("http://gw.test", () => {
      throw thrown;
    });
    assert.throws(
      () => call(urlOf("http://gw.test"), POST),
      (error) => error === thrown,
    );
    const later = recorded("http://gw.test", () =>
      Promise.resolve().then(() => {
        throw thrown;
      }),
    );
    await assert.rejects(later.call(urlOf("http://gw.test"), POST), (error) => error === thrown);
    assert.deepEqual(outcomes([...events(), ...later.events()]), ["no_response", "no_response"]);
  });
}

test("a fetch that has a ledger already writes one event", async () => {
  const received = new Received();
  const base = await play(received);
  const inner = recorded(base);
  const outer = recorded(base, inner.call);
  await (await outer.call(urlOf(base), POST)).text();
  assert.deepEqual([inner.events().length, outer.events().length, received.requests.length], [0, 1, 1]);
});
