/**
 * A body that is a stream of Node, as an answer of node-fetch has it. It stays the caller's own, by whichever
 * method it is read: what it emits is read beside.
 */

import type { Attempt } from "./attempt.js";
import { guarded } from "./losses.js";
import { asObject } from "./sanitize.js";

/** What is used of such a stream. */
export interface NodeStream {
  emit(name: string | symbol, ...given: unknown[]): boolean;
}

export function isNodeStream(body: unknown): body is NodeStream {
  const { emit, pipe } = asObject(body);
  return typeof emit === "function" && typeof pipe === "function";
}

/**
 * Follow what a stream emits. A listener would set it flowing, before its caller wants to read.
 *
 * @param body Of the answer.
 * @param attempt Gets its pieces, and how it ended.
 * @param isCancelled Whether an error of the body is an abort of the caller.
 */
export function followed(body: NodeStream, attempt: Attempt, isCancelled: (error: unknown) => boolean): void {
  const takers: Readonly<Record<string | symbol, (given: unknown) => void>> = {
    data: (piece) => {
      attempt.feed(bytesOf(piece));
    },
    end: () => {
      attempt.end("complete");
    },
    error: (error) => {
      attempt.end(isCancelled(error) ? "cancelled" : "failed", error);
    },
    close: () => {
      attempt.end("closed");
    },
  };
  const emit = body.emit.bind(body);
  const value = (name: string | symbol, ...given: unknown[]): boolean => {
    guarded(() => takers[name]?.(given[0]));
    return emit(name, ...given);
  };
  Object.defineProperty(body, "emit", { value, configurable: true, writable: true });
}

/** A piece without the methods of `Buffer`, whose `slice` makes no copy; with an encoding set it is a text. */
function bytesOf(piece: unknown): Uint8Array {
  const bytes = typeof piece === "string" ? Buffer.from(piece) : (piece as Uint8Array);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
