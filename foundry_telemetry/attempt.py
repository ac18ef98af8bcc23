"""The life of one attempt: begin, headers, feed, end. Plain methods; who calls them is of no concern here.

Whichever way the attempt ends first is the one that counts; what comes later is ignored. Nothing here
raises for what the wire says, and nothing takes a lock, so that even a finalizer may end an attempt.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from time import perf_counter_ns, time_ns
from typing import Final

from foundry_telemetry.observation import NO_TAGS, Failure, Observation, Outcome, RequestIds
from foundry_telemetry.outcomes import (
    CUT_SHORT,
    FIRST_ERROR,
    FIRST_REDIRECT,
    Body,
    Ended,
    Ending,
    decide_outcome,
    with_body_ids,
)
from foundry_telemetry.wire.error_body import ErrorBody, read_error
from foundry_telemetry.wire.exceptions import read_timeout
from foundry_telemetry.wire.headers import NO_HEADERS, RawHeaders, read_response_headers
from foundry_telemetry.wire.message import MessageStream, Run
from foundry_telemetry.wire.request_matcher import Request
from foundry_telemetry.wire.stream_detection import START_BYTES, is_event_stream
from foundry_telemetry.wire.usage import NO_ANSWER, Answer, read_message

_ALL_IS_WELL: Final = ("message", "stopped")
"""What comes of nearly every attempt: read to its end, it needs no further judgement."""
_MAX_BODY: Final = 4 * 1024 * 1024
"""Bytes of a JSON answer that we keep to read its usage; four times the longest answer of any model."""
_MAX_ERROR: Final = 64 * 1024
"""Bytes of an error body that we keep."""

_last: ContextVar[Observation | None] = ContextVar("foundry_telemetry.last_attempt", default=None)


def last_attempt() -> Observation | None:
    """The last attempt that ended in the current context, so that a user can be shown a support code."""
    return _last.get()


class _Generation:
    """Counts forks, so that the parent alone records an attempt that was open at a fork."""

    number = 0

    @classmethod
    def next(cls) -> None:
        cls.number += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Generation.next)


def _is_not_followed() -> bool:
    return False


class Attempt:
    """One attempt under way.

    Args:
        request: What is asked.
        call_id: 16 hex digits that the attempts of one call share.
        number: Counts the attempts of the call from 1.
        tags: Attribution of the cost.
        trace_id: 32 hex digits, if the call is part of a trace.
        started_ns: When the request left, nanoseconds since the epoch; now by default.
        clock_ns: The same on the monotonic clock.
    """

    __slots__ = (
        "_body",
        "_clock_ns",
        "_generation",
        "_headers",
        "_headers_ns",
        "_is_undecided",
        "_limit",
        "_open",
        "_status",
        "_stream",
        "_unread",
        "call_id",
        "connect_ns",
        "is_followed",
        "number",
        "request",
        "started_ns",
        "tags",
        "timeouts",
        "trace_id",
    )

    def __init__(
        self,
        request: Request,
        *,
        call_id: str,
        number: int,
        tags: Mapping[str, str] = NO_TAGS,
        trace_id: str | None = None,
        started_ns: int | None = None,
        clock_ns: int | None = None,
    ) -> None:
        self.request = request
        self.call_id = call_id
        self.number = number
        self.tags = tags
        self.trace_id = trace_id
        self.started_ns = time_ns() if started_ns is None else started_ns
        self.connect_ns: int | None = None
        self.timeouts: object = None
        self.is_followed: Callable[[], bool] = _is_not_followed
        self._clock_ns = perf_counter_ns() if clock_ns is None else clock_ns
        self._generation = _Generation.number
        self._headers = NO_HEADERS
        self._headers_ns: int | None = None
        self._status: int | None = None
        self._stream: MessageStream | None = None
        self._body: bytes | bytearray = b""
        self._limit = _MAX_BODY
        self._is_undecided = False
        self._unread: list[bytes] = []
        self._open = [True]

    @property
    def is_open(self) -> bool:
        """Whether the attempt has not ended yet."""
        return bool(self._open)

    @property
    def ids(self) -> RequestIds:
        """The ids of the response headers."""
        return self._headers.ids

    def headers(self, status: int, raw: RawHeaders) -> None:
        """The response headers are here."""
        self._headers_ns = perf_counter_ns()
        self._status = status
        self._headers = read_response_headers(raw, self.started_ns, time_ns())
        if status >= FIRST_ERROR:
            self._limit = _MAX_ERROR
        elif self._headers.media_type == b"text/event-stream" and self.request.stream:
            self._stream = MessageStream(perf_counter_ns)
        else:  # a proxy may have named it otherwise, or not at all: the first bytes decide
            self._is_undecided = True

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream, which its reader may leave before the end."""
        return self._stream is not None or self.request.stream

    @property
    def encoded(self) -> bool:
        """Whether the body is compressed, so that the bytes to feed are those of the decoder."""
        return self._headers.encoded

    @property
    def feed(self) -> Callable[[bytes], None]:
        """Takes the next decoded bytes of the body, once the headers are here."""
        return self._keep if self._stream is None else self._stream.feed

    def _keep(self, piece: bytes) -> None:
        """Hold a JSON body. Most come in one piece, which is then kept as it is."""
        if len(self._body) + len(piece) > self._limit:
            self._limit = -1  # what comes now would hide a hole
        elif not self._body:
            self._body = piece
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += piece
        if self._is_undecided and self._body:
            self._is_undecided = self._body[:1] != b"{"  # as nearly all begin
            if self._is_undecided:
                self._decide()

    def _decide(self) -> None:
        """See by the first bytes whether this is a stream."""
        labelled = self._headers.media_type == b"text/event-stream"
        is_stream = is_event_stream(bytes(self._body[:START_BYTES]), labelled=labelled)
        self._is_undecided = is_stream is None
        if is_stream:
            self._stream = MessageStream(perf_counter_ns)
            self._stream.feed(bytes(self._body))
            self._body = b""

    def next_run(self) -> Run:
        """Read what was put where the last run says, and return how the next pieces are to be given."""
        if self._unread:
            self.feed(self._unread.pop())
        return (self._unread, 1, self.next_run) if self._stream is None else self._stream.next_run()

    def end(
        self,
        how: Ending,
        error: BaseException | None = None,
        *,
        failure: Failure | None = None,
        at_ns: int | None = None,
    ) -> Observation | None:
        """End the attempt; the first call gets the observation, every later one ``None``.

        Args:
            how: How it ended.
            error: The exception, for ``failed``.
            failure: What `error` means when the request was never sent.
            at_ns: When the body was dropped, on the monotonic clock; now by default.
        """
        try:
            self._open.pop()
        except IndexError:
            return None
        if self._generation != _Generation.number:
            return None
        seen = self._observe(how, error, failure, perf_counter_ns() if at_ns is None else at_ns)
        self._body = b""  # whoever keeps the response keeps us
        if at_ns is None:  # a dropped body is recorded later, in a context that has nothing to do with it
            _last.set(seen)
        return seen

    def _observe(
        self, how: Ending, error: BaseException | None, unsent: Failure | None, now_ns: int
    ) -> Observation:
        asked, headers, stream = self.request, self._headers, self._stream
        answer = self._answer(how)
        error_body = self._error_body(answer)
        came = self._what_came(answer)
        outcome: Outcome = "ok"
        failure: Failure | None = None
        if unsent is not None:
            outcome, failure = "not_sent", unsent
        elif error_body is not None or how != "complete" or came not in _ALL_IS_WELL:
            ended = Ended(asked, headers.ids, self._status, how, error, came, error_body, self.is_followed)
            outcome, failure = decide_outcome(ended, time_ns())
        return Observation(
            call_id=self.call_id, attempt_number=self.number, trace_id=self.trace_id, tags=self.tags,
            client=asked.client, operation=asked.operation, deployment=asked.deployment,
            stream=asked.stream, max_tokens=asked.max_tokens, method=asked.method, scheme=asked.scheme,
            server_address=asked.server_address, server_port=asked.server_port, path=asked.path,
            resource=asked.resource, anthropic_version=asked.anthropic_version, auth_scheme=asked.auth_scheme,
            status_code=self._status, region=headers.region, retry_after_s=headers.retry_after_s,
            ids=with_body_ids(headers.ids, error_body) if error_body else headers.ids,
            response_model=answer.response_model, response_id=answer.response_id, usage=answer.usage,
            stop_reason=answer.stop_reason, refusal_category=answer.refusal_category,
            counted_input_tokens=answer.counted_input_tokens, outcome=outcome, failure=failure,
            started_ns=self.started_ns, duration_s=(now_ns - self._clock_ns) / 1e9,
            clock_offset_s=headers.clock_offset_s, time_to_headers_s=self._seconds(self._headers_ns),
            time_to_first_token_s=self._seconds(stream.first_token_ns) if stream else None,
            connect_s=self.connect_ns / 1e9 if self.connect_ns is not None else None,
            timeout_s=read_timeout(self.timeouts, error) if outcome in CUT_SHORT else None,
        )  # fmt: skip

    def _seconds(self, until_ns: int | None) -> float | None:
        return None if until_ns is None else (until_ns - self._clock_ns) / 1e9

    def _answer(self, how: Ending) -> Answer:
        if self._stream is not None:
            self._stream.finish(complete=how == "complete")
            return self._stream.answer()
        if self._status is None or self._status >= FIRST_ERROR or not self._body:
            return NO_ANSWER
        return read_message(self._body) or NO_ANSWER

    def _error_body(self, answer: Answer) -> ErrorBody | None:
        """The error that was sent: the body of a failed answer, an event inside a stream, or a page."""
        if self._stream is not None:
            return read_error(self._stream.error, b"") if self._stream.error is not None else None
        if self._status is None:
            return None
        is_redirect = FIRST_REDIRECT <= self._status < FIRST_ERROR  # often with a page that says so
        is_page = self._headers.media_type == b"text/html" and not is_redirect
        if self._status >= FIRST_ERROR or is_page or answer.is_error:
            return read_error(self._body, self._headers.media_type)
        return None

    def _what_came(self, answer: Answer) -> Body:
        """What was seen of the body."""
        stream = self._stream
        if stream is None:
            if answer.is_message:
                return "message"
            if self._limit < 0 or (self.encoded and not self._body):
                return "unseen"
            return "other" if self._body else "empty"
        if stream.stopped:
            return "stopped"
        if self.encoded and stream.is_empty:
            return "unseen"
        return "finished" if stream.finished else "stream"
