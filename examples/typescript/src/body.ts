/** The body of an answer as its bytes come: a JSON document that is kept to its end, or a stream of events. */

import type { ErrorBody } from "./error.js";
import { readError } from "./error.js";
import { FIRST_ERROR, FIRST_REDIRECT } from "./generated/causes.js";
import { MAX_BODY, MAX_ERROR } from "./generated/wire.js";
import type { Answer, MessageStream } from "./message.js";
import { NO_ANSWER, messageStream, readMessage } from "./message.js";
import { isEventStream } from "./sse.js";

/** What was seen of a body; `message` is what was asked for, `other` is not, `unseen` was too long. */
export type Body = "message" | "other" | "empty" | "unseen" | "stream" | "finished" | "stopped";

/** What a body says once it has ended. */
export interface Seen {
  readonly body: Body;
  readonly answer: Answer;
  /** The error that was sent: a failed answer, an event inside a stream, or a page. */
  readonly errorBody: ErrorBody | undefined;
  readonly firstTokenMs: number | undefined;
}

/** Takes the pieces of a body. */
export interface BodyReader {
  feed(piece: Uint8Array): void;
  /** No more bytes will come. */
  finish(isComplete: boolean): Seen;
}

/** What remains where no answer came. */
export const NOTHING_SEEN: Seen = Object.freeze({
  body: "empty",
  answer: NO_ANSWER,
  errorBody: undefined,
  firstTokenMs: undefined,
});

/** Begin to read a body. */
export function bodyReader(status: number, mediaType: string, isStreamAsked: boolean): BodyReader {
  const isLabelled = mediaType === "text/event-stream";
  const document = documentReader(status, mediaType);
  let stream = status < FIRST_ERROR && isLabelled && isStreamAsked ? messageStream(now) : undefined;
  // A proxy may have named it otherwise, or not at all: then the first bytes decide.
  let isUndecided = status < FIRST_ERROR && stream === undefined;

  function decide(): void {
    const start = document.start();
    const isStream = isEventStream(start, isLabelled);
    isUndecided = isStream === undefined;
    if (isStream !== true) return;
    stream = messageStream(now);
    stream.feed(start);
  }

  return {
    feed(piece) {
      if (stream !== undefined) {
        stream.feed(piece);
        return;
      }
      document.feed(piece);
      if (isUndecided && piece.length > 0) decide();
    },
    finish: (isComplete) => (stream ? endStream(stream, isComplete) : document.finish()),
  };
}

const now = (): number => performance.now();

function endStream(stream: MessageStream, isComplete: boolean): Seen {
  stream.finish(isComplete);
  const { state, error, firstTokenMs } = stream.progress;
  const errorBody = error === undefined ? undefined : readError(error, "");
  return { body: state, answer: stream.answer(), errorBody, firstTokenMs };
}

/** Keeps a document of a bounded length. */
function documentReader(status: number, mediaType: string) {
  const pieces: Uint8Array[] = [];
  let room = status >= FIRST_ERROR ? MAX_ERROR : MAX_BODY;
  let isWhole = true;
  const text = (): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(pieces));
  return {
    start: (): Uint8Array => Buffer.concat(pieces),
    feed(piece: Uint8Array): void {
      isWhole &&= piece.length <= room;
      if (!isWhole) return; // what comes after a hole would hide it
      room -= piece.length;
      pieces.push(piece.slice()); // the caller's own bytes may be handed on
    },
    finish(): Seen {
      const document = text();
      const answer = status < FIRST_ERROR ? readMessage(document) : NO_ANSWER;
      const isRedirect = status >= FIRST_REDIRECT && status < FIRST_ERROR; // often with a page that says so
      const isPage = mediaType === "text/html" && !isRedirect;
      const isError = status >= FIRST_ERROR || isPage || answer.isError;
      const rest = isWhole ? (document === "" ? "empty" : "other") : "unseen";
      return {
        body: answer.isMessage ? "message" : rest,
        answer,
        errorBody: isError ? readError(document, mediaType) : undefined,
        firstTokenMs: undefined,
      };
    },
  };
}
