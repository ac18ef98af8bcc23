/** What a request asks for, read of its body: when it is first needed, while the request is on its way. */

import { guarded } from "./losses.js";
import { MAX_REQUEST } from "./generated/wire.js";
import type { Asked, FetchInit, FetchInput, RequestFacts } from "./request.js";
import { NOT_ASKED, askedBy, readAsked } from "./request.js";
import type { Json } from "./sanitize.js";
import { readJson } from "./sanitize.js";
import { takesBuffers } from "./stream.js";

/** What is known of a body. */
export interface Asking {
  readonly asked: () => Asked;
  /** The request has failed: nothing more is read. */
  readonly stop: (reason: unknown) => void;
}

/** Begin to read what `fetch` was given. */
export function beginAsking(input: FetchInput, init: FetchInit, { body }: RequestFacts): Asking {
  const isOfRequest = body === undefined && input instanceof Request && !init?.body && hasJson(input);
  if (isOfRequest) return guarded(() => besideOf(input)) ?? NOTHING;
  let asked: Asked | undefined;
  return { asked: () => (asked ??= readAsked(body)), stop: () => undefined };
}

const NOTHING: Asking = Object.freeze({ asked: () => NOT_ASKED, stop: () => undefined });

/** Whether there is a body of JSON from memory or the network; a stream of the caller's own is pulled by `fetch` alone. */
function hasJson({ headers, bodyUsed, body }: Request): boolean {
  const isJson = headers.get("content-type")?.startsWith("application/json") === true;
  return isJson && !bodyUsed && body !== null && takesBuffers(body);
}

/** The body of a `Request` can be read once, so a copy is read beside. */
function besideOf(request: Request): Asking {
  const reader = request.clone().body?.getReader();
  let asked = NOT_ASKED;
  const read = async (): Promise<void> => {
    const wanted = reader && (await jsonOf(reader));
    if (wanted !== undefined) asked = askedBy(wanted);
  };
  read().catch(() => undefined);
  return { asked: () => asked, stop: (reason) => void reader?.cancel(reason).catch(() => undefined) };
}

/** The JSON of a body, as far as that is not longer than any request. */
async function jsonOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Json | undefined> {
  const pieces: Uint8Array[] = [];
  let room = MAX_REQUEST;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return readJson(new TextDecoder().decode(Buffer.concat(pieces)));
    room -= value.length;
    if (room < 0) return void reader.cancel().catch(() => undefined);
    pieces.push(value);
  }
}
