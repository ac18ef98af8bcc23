/** A message, whole or put together from its events, as far as telemetry needs it. */

import { STREAM_EVENTS, USAGE_FIELDS } from "./generated/wire.js";
import type { Json } from "./sanitize.js";
import { asObject, cleanName, cleanWord, firstOf, isObject, readJson } from "./sanitize.js";
import { eventReader } from "./sse.js";
import type { Usage } from "./usage.js";
import { readUsage } from "./usage.js";

/** What a body with a status of success says. */
export interface Answer {
  /** Whether it is what was asked for: a message, or a count of tokens. */
  readonly isMessage: boolean;
  /** Whether it is an error in spite of its status. */
  readonly isError: boolean;
  readonly responseId: string | undefined;
  readonly responseModel: string | undefined;
  readonly stopReason: string | undefined;
  readonly usage: Usage | undefined;
}

export const NO_ANSWER: Answer = Object.freeze({
  isMessage: false,
  isError: false,
  responseId: undefined,
  responseModel: undefined,
  stopReason: undefined,
  usage: undefined,
});

/** Read the body of a JSON answer. */
export function readMessage(body: string): Answer {
  const message = readJson(body);
  return message === undefined ? NO_ANSWER : answerOf(message, asObject(message.usage), true);
}

function answerOf(message: Json, usage: Json, isFinal: boolean): Answer {
  const isError = firstOf(message.error) !== undefined || message.type === "error";
  return {
    isError,
    isMessage: !isError && (message.type === "message" || isLikeAMessage(message)),
    responseId: cleanName(message.id),
    responseModel: cleanName(message.model),
    stopReason: cleanWord(message.stop_reason),
    usage: readUsage(usage, isFinal),
  };
}

/** Whether an object without its type has a field that no other format has. */
function isLikeAMessage(message: Json): boolean {
  const { input_tokens: input, output_tokens: output } = asObject(message.usage);
  const counts = [message.stop_reason, message.input_tokens, input, output];
  return !isKnown(message.type) && counts.some(isKnown);
}

/** Reads a stream of message events. */
export interface MessageStream {
  readonly feed: (piece: Uint8Array) => void;
  readonly finish: (isComplete: boolean) => void;
  /** The message that the events so far make. */
  readonly answer: () => Answer;
  readonly progress: Readonly<Progress>;
}

/** How far a stream has come. */
interface Progress {
  /** `stopped`: the end was seen; `finished`: the last counters and the stop reason were; `stream`: neither. */
  state: "stream" | "finished" | "stopped";
  /** When the first token came, on the clock that was given. */
  firstTokenMs: number | undefined;
  /** The data of the `error` event, if one came. */
  error: string | undefined;
}

const isKnown = (value: unknown): boolean => value !== undefined && value !== null;

/** Begin to read a stream; counters in it are running totals, so that a new one replaces the old. */
export function messageStream(clock: () => number): MessageStream {
  let message: Json = {};
  let usage: Json = {};
  let isFinal = false;
  const progress: Progress = { state: "stream", firstTokenMs: undefined, error: undefined };

  const takers: Readonly<Record<string, (data: string) => void>> = {
    [STREAM_EVENTS.messageStart](data) {
      const started = readJson(data)?.message;
      if (!isObject(started)) return;
      message = started;
      usage = asObject(message.usage);
    },
    [STREAM_EVENTS.contentBlockDelta]() {
      progress.firstTokenMs ??= clock();
    },
    [STREAM_EVENTS.messageDelta](data) {
      const event = readJson(data);
      const delta = asObject(event?.delta);
      const known = Object.entries(asObject(event?.usage)).filter(
        ([name, value]) => isKnown(value) && USAGE_FIELDS.has(name),
      );
      message = { ...message, stop_reason: firstOf(delta.stop_reason, message.stop_reason) };
      usage = { ...usage, ...Object.fromEntries(known) };
      isFinal ||= known.some(([name]) => name === "output_tokens");
      if (isFinal && isKnown(delta.stop_reason) && progress.state === "stream") progress.state = "finished";
    },
    [STREAM_EVENTS.messageStop]() {
      progress.state = "stopped";
    },
    [STREAM_EVENTS.error](data) {
      progress.error = data;
    },
  };
  const { feed, finish } = eventReader((name, data) => takers[name]?.(data));
  return { feed, finish, progress, answer: () => answerOf(message, usage, isFinal) };
}
