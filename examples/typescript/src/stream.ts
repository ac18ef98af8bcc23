/**
 * A body that is watched on its way. Each piece goes to the caller as it comes, when the caller asks for it, and
 * is read beside; nothing is held back and nothing is read that the caller does not read.
 */

import type { Attempt } from "./attempt.js";
import { guarded } from "./losses.js";

type Body = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Bodies that nobody holds any more: their attempts end, and their connections are let go as without us. */
const dropped = new FinalizationRegistry<{ readonly attempt: Attempt; readonly reader: Reader }>(
  ({ attempt, reader }) => {
    guarded(() => {
      attempt.end("closed");
    });
    reader.cancel().catch(() => undefined);
  },
);

/**
 * Watch a body.
 *
 * @param body Of the answer; it is locked from now on.
 * @param attempt Gets its pieces, and how it ended.
 * @param isCancelled Whether an error of the body is an abort of the caller.
 */
export function watched(body: Body, attempt: Attempt, isCancelled: (error: unknown) => boolean): Body {
  const isOfBytes = takesBuffers(body);
  const reader = body.getReader();
  const source = sourceOf(reader, attempt, isCancelled);
  const copy: Body = isOfBytes
    ? new ReadableStream({ ...source, type: "bytes" })
    : new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  dropped.register(copy, { attempt, reader });
  return copy;
}

/** Whether a reader may bring buffers of its own to be filled, as of bodies from memory and from the network. */
export function takesBuffers(body: Body): boolean {
  try {
    body.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

type Controller = ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>;

function sourceOf(reader: Reader, attempt: Attempt, isCancelled: (error: unknown) => boolean) {
  const end = (...how: Parameters<Attempt["end"]>): void => {
    guarded(() => {
      attempt.end(...how);
    });
  };
  const fail = (controller: Controller | undefined, error: unknown): void => {
    controller?.error(error);
    end(isCancelled(error) ? "cancelled" : "failed", error);
  };
  return {
    start(controller: Controller): void {
      const weak = new WeakRef(controller); // the connection must not keep alive what the caller has dropped
      reader.closed.catch((error: unknown) => {
        fail(weak.deref(), error);
      });
    },
    async pull(controller: Controller): Promise<void> {
      const { done, value } = await reader.read();
      if (!done) {
        guarded(() => {
          attempt.feed(value); // before the caller has it, who may hand its memory on
        }, "tokens");
        controller.enqueue(value);
        return;
      }
      controller.close();
      if ("byobRequest" in controller) controller.byobRequest?.respond(0);
      end("complete");
    },
    async cancel(reason: unknown): Promise<void> {
      end("closed");
      await reader.cancel(reason);
    },
  };
}
