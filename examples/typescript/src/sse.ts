/** Bytes of an event stream, in any pieces, become the few events that somebody reads; a bounded part is held. */

import {
  EVENTS_READ,
  EVENTS_WITH_DATA,
  FIRST_TOKEN_EVENT,
  MAX_EVENT,
  MAX_LINE,
  START_BYTES,
  STREAM_STARTS,
  UNNAMED_EVENTS,
} from "./generated/wire.js";
import { readJson } from "./sanitize.js";

/** Takes the pieces of a stream. */
export interface EventReader {
  readonly feed: (piece: Uint8Array) => void;
  /** No more bytes will come; of a stream that was read to its end the last event may lack its blank line. */
  readonly finish: (isComplete: boolean) => void;
}

/** Read events, and give each that is read, the first token among them, to `take`. */
export function eventReader(take: (name: string, data: string) => void): EventReader {
  let name = "";
  let data: string[] = [];
  let size = 0;
  let hasToken = false;

  function endEvent(): void {
    const text = data.join("\n");
    const known = text !== "" && UNNAMED_EVENTS.has(name) ? typeOf(text) : name;
    const isTooLong = size > MAX_EVENT;
    [name, data, size] = ["", [], 0];
    if (isTooLong) return;
    const isFirstToken = known === FIRST_TOKEN_EVENT && !hasToken;
    hasToken ||= isFirstToken;
    if (isFirstToken || EVENTS_READ.has(known)) take(known, text);
  }

  function addLine(line: string): void {
    if (line === "") {
      endEvent();
      return;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") name = value;
    else if (field === "data" && (EVENTS_WITH_DATA.has(name) || UNNAMED_EVENTS.has(name))) {
      size += value.length;
      if (size <= MAX_EVENT) data.push(value);
    }
  }

  const lines = lineReader(addLine);
  return {
    feed: lines.feed,
    finish(isComplete) {
      if (!isComplete) return;
      lines.finish();
      endEvent();
    },
  };
}

/** Cut bytes into lines, whatever their endings, a byte order mark before all; a line beyond `MAX_LINE` is skipped. */
function lineReader(take: (line: string) => void) {
  const decoder = new TextDecoder();
  let partial = "";
  let isSkipping = false;
  let isAfterCr = false;

  function hold(part: string): void {
    isSkipping ||= partial.length + part.length > MAX_LINE;
    partial = isSkipping ? "" : partial + part;
  }

  return {
    feed: (piece: Uint8Array): void => {
      let text = decoder.decode(piece, { stream: true });
      if (text === "") return;
      if (isAfterCr && text.startsWith("\n")) text = text.slice(1); // the second half of a line ending
      isAfterCr = text.endsWith("\r");
      const parts = text.split(/\r\n|\r|\n/);
      const rest = parts.pop() ?? "";
      for (const part of parts) {
        if (!isSkipping) take(partial + part);
        partial = "";
        isSkipping = false;
      }
      hold(rest);
    },
    finish: (): void => {
      if (partial !== "") take(partial);
    },
  };
}

function typeOf(data: string): string {
  const type = readJson(data)?.type;
  return typeof type === "string" ? type : "";
}

/**
 * Whether a body that begins so is an event stream; undefined while too little of it has come.
 *
 * @param start Its first bytes.
 * @param isLabelled Whether its media type says so; then it is one unless it is JSON.
 */
export function isEventStream(start: Uint8Array, isLabelled: boolean): boolean | undefined {
  // What has come of a byte order mark, or of a character, is held back; a whole mark is left out.
  const text = new TextDecoder()
    .decode(start.subarray(0, START_BYTES), { stream: true })
    .replace(/^[\r\n]+/, "");
  const isOpen = text === "" || STREAM_STARTS.some((each) => each.startsWith(text) && each !== text);
  if (isOpen && start.length < START_BYTES) return undefined;
  return (
    STREAM_STARTS.some((each) => text.startsWith(each)) || (isLabelled && !text.trimStart().startsWith("{"))
  );
}
