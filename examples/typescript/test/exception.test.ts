/** What `fetch` throws is known by names and codes; its text is never looked at. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

import { POST, recorded, urlOf } from "./support.js";

const withCode = (code: string, message = "CANARY"): Error => Object.assign(new Error(message), { code });
const failed = (cause: Error): Error => new TypeError("fetch failed", { cause });

/** As in a test runner, whose tests have an `Error` of their own. */
const elsewhere = (text: string): Error => runInNewContext(text) as Error;

const ERRORS: readonly (readonly [Error, string, string | undefined])[] = [
  [failed(withCode("ECONNREFUSED")), "connection_error", "ECONNREFUSED"],
  [failed(new AggregateError([withCode("ECONNRESET"), withCode("EPIPE")])), "connection_error", "ECONNRESET"],
  [failed(withCode("ENOTFOUND")), "connection_error", "EAI_NONAME"],
  [failed(withCode("CERT_HAS_EXPIRED")), "connection_error", "CERT_HAS_EXPIRED"],
  [failed(withCode("UND_ERR_SOCKET")), "connection_error", undefined],
  [failed(withCode("UND_ERR_CONNECT_TIMEOUT")), "client_timeout", undefined],
  [failed(withCode("UND_ERR_HEADERS_TIMEOUT")), "client_timeout", undefined],
  [new DOMException("CANARY", "TimeoutError"), "client_timeout", undefined],
  [failed(withCode("Z_DATA_ERROR")), "decoding_error", undefined],
  [new RangeError("CANARY"), "client_error", undefined],
  [
    elsewhere('new TypeError("CANARY", { cause: Object.assign(new Error(), { code: "ECONNRESET" }) })'),
    "connection_error",
    "ECONNRESET",
  ],
  [elsewhere('Object.assign(new Error("CANARY"), { name: "TimeoutError" })'), "client_timeout", undefined],
];

for (const [error, cause, code] of ERRORS) {
  test(`${error.name} ${(error.cause as { code?: string } | undefined)?.code ?? ""} is ${cause}`, async () => {
    const { call, events } = recorded("http://gw.test", () => Promise.reject(error));
    await assert.rejects(call(urlOf("http://gw.test"), POST), (thrown) => thrown === error);
    const attributes = events()[0]?.attributes ?? {};
    assert.deepEqual([attributes["error.type"], attributes["foundry.error.code"]], [cause, code]);
    assert.ok(!JSON.stringify(attributes).includes("CANARY"));
  });
}

test("an abort before the headers is a timeout where the SDK says that it waited so long", async () => {
  const aborted = new DOMException("aborted", "AbortError");
  const { call, events } = recorded("http://gw.test", () => Promise.reject(aborted));
  for (const timeout of ["0", "600"]) {
    const headers = { ...POST.headers, "x-stainless-timeout": timeout };
    await assert.rejects(call(urlOf("http://gw.test"), { ...POST, headers }));
  }
  const seen = events().map(({ attributes }) => [attributes["foundry.outcome"], attributes["error.type"]]);
  assert.deepEqual(seen, [
    ["no_response", "client_timeout"],
    ["cancelled", undefined],
  ]);
});
