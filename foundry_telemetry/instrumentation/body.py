"""A response body that is watched while the user reads it: same pieces, same order, nothing held back.

*Body*: what the client iterates over. *Run*: so many pieces are put aside, then the attempt reads them. Where
the body is compressed it reads what the client's own decoder gives, since nothing may be decoded twice.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.instrumentation.exception_notes import move_note
from foundry_telemetry.instrumentation.families import FAMILY_NAMES, loaded
from foundry_telemetry.instrumentation.tracked_request import HttpResponse, TrackedRequest
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.warn_once import Once
from foundry_telemetry.wire.message import Run

_log: Final = logging.getLogger("foundry_telemetry")

_UNSEEN: Final[Run] = (deque(maxlen=0), 0, lambda: _UNSEEN)
"""Where pieces go that are not read: nothing is kept, and counted down from 0 none is the last of the run."""


if TYPE_CHECKING:
    import httpx

    _SyncStream = httpx.SyncByteStream
    _AsyncStream = httpx.AsyncByteStream
else:  # each client insists on its own; `_with_bases` adds those that the application has imported
    _SyncStream = _AsyncStream = object


class ObservedStream:
    """What both kinds of body share.

    Args:
        stream: The body as the transport gave it.
        tracked: What is notified.
        run: Where the first pieces are put.
        decoder: Takes each piece instead, if the body is compressed and is read decoded.
    """

    def __init__(
        self, stream: Any, tracked: TrackedRequest, run: Run, decoder: ObservedDecoder | None = None
    ) -> None:
        self._stream = stream
        self._tracked = tracked
        self._run = run
        self._decoder = decoder
        self._awaits_flush = False

    def __getattr__(self, name: str) -> Any:
        """Whatever else the wrapped body has; httpx2 reads ``elapsed`` here."""
        if name in ("_stream", "_tracked"):  # not there yet, or gone already
            raise AttributeError(name)
        return getattr(self._stream, name)

    def __del__(self) -> None:
        tracked = self.__dict__.get("_tracked")
        if tracked is not None:
            tracked.drop()

    def follow(self, response: HttpResponse) -> None:
        """Observe the decoder of this response, where it is another than the one that came with the body."""
        if getattr(response, "_decoder", None) is not self._decoder:
            self._decoder = _observe_decoder(response, self._tracked)

    def _complete(self) -> None:
        """All pieces are given. A decoder in use has the last word: its flush detects a truncated body."""
        if self._decoder is not None and self._decoder.in_use:
            self._awaits_flush = True
        else:
            self._tracked.end("complete")

    def _closed(self) -> None:
        if self._awaits_flush:  # both families close the body before they flush the decoder
            return
        self._tracked.close()
        if self._tracked.binding.failed is not None:
            self._move_note(sys.exc_info()[1])

    def _move_note(self, passing: BaseException | None) -> None:
        """An exception that closes the body may be about its attempt."""
        try:
            if passing is not None:
                move_note(self._tracked, passing)
        except Exception as error:
            internal_errors.add(error, Signal.EXCEPTION_NOTES)

    def _lose(self, error: Exception) -> Run:
        """Go on without reading."""
        internal_errors.add(error, Signal.TOKENS)
        self._run = _UNSEEN
        return _UNSEEN


class SyncBody(ObservedStream, _SyncStream):
    """A watched body of a sync client."""

    BASE: ClassVar = "SyncByteStream"

    def __iter__(self) -> Iterator[bytes]:
        held, left, next_run = self._run
        try:
            for piece in self._stream:
                held.append(piece)
                left -= 1
                if not left:
                    try:
                        held, left, next_run = next_run()
                    except Exception as error:
                        held, left, next_run = self._lose(error)
                yield piece
        except GeneratorExit:  # the reader stopped early; whether it will close the body shows later
            raise
        except BaseException as error:
            self._tracked.fail(error)
            raise
        self._complete()

    def close(self) -> None:
        """Close the body."""
        self._closed()
        self._stream.close()


class AsyncBody(ObservedStream, _AsyncStream):
    """A watched body of an async client."""

    BASE: ClassVar = "AsyncByteStream"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held, left, next_run = self._run
        pieces = self._stream.__aiter__()
        try:
            async for piece in pieces:
                held.append(piece)
                left -= 1
                if not left:
                    try:
                        held, left, next_run = next_run()
                    except Exception as error:
                        held, left, next_run = self._lose(error)
                yield piece
        except GeneratorExit:  # the reader stopped early; whether it will close the body shows later
            raise
        except BaseException as error:
            self._tracked.fail(error)
            raise
        finally:
            # A generator left half read would be closed by the event loop later, in a task of its own.
            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()
        self._complete()

    async def aclose(self) -> None:
        """Close the body. Nothing is awaited before the inner close: a cancelled scope would skip it."""
        self._closed()
        await self._stream.aclose()


class ObservedDecoder:
    """The client's decoder, with an observer behind it. httpx returns bytes, httpx2 an iterator of them."""

    def __init__(self, decoder: Any, tracked: TrackedRequest) -> None:
        self._decoder = decoder
        self._tracked = tracked
        self.in_use = False
        """Whether the body is read decoded; by ``iter_raw()`` it is not."""

    def __getattr__(self, name: str) -> Any:
        """Whatever else the decoder has."""
        if name == "_decoder":
            raise AttributeError(name)
        return getattr(self._decoder, name)

    def decode(self, data: bytes) -> Any:
        """Decode, as without us."""
        self.in_use = True
        return self._watch(self._decoder.decode, data)

    def flush(self) -> Any:
        """Flush, as without us. This is the end of the body."""
        return self._watch(self._decoder.flush, last=True)

    def _watch(self, step: Callable[..., Any], *args: bytes, last: bool = False) -> Any:
        try:
            decoded = step(*args)
        except Exception as error:
            self._tracked.fail(error)
            raise
        if isinstance(decoded, bytes):
            self._feed(decoded)
            if last:
                self._tracked.end("complete")
            return decoded
        return self._pieces(decoded, last=last)

    def _pieces(self, decoded: Iterator[bytes], *, last: bool) -> Iterator[bytes]:
        try:
            for piece in decoded:
                self._feed(piece)
                yield piece
        except Exception as error:
            self._tracked.fail(error)
            raise
        if last:
            self._tracked.end("complete")

    def _feed(self, piece: bytes) -> None:
        try:
            self._tracked.attempt.feed(piece)
            if self._tracked.binding.content is not None:
                self._tracked.binding.content.add(piece)
        except Exception as error:
            internal_errors.add(error, Signal.TOKENS)


def watch(response: HttpResponse, tracked: TrackedRequest, body: type[SyncBody | AsyncBody]) -> None:
    """Follow the body of a response to its end. Never raises.

    Args:
        response: The response, headers received.
        tracked: What is notified.
        body: The kind of body the client insists on.
    """
    try:
        tracked.answered(response)
        if response.is_closed:  # mocks and caches answer with the body already read
            tracked.attempt.feed(response.content)
            if tracked.binding.content is not None:
                tracked.binding.content.add(response.content)
            tracked.end("complete")
            return
        run, decoder = tracked.attempt.next_run(), None
        if tracked.binding.content is not None:
            run = tracked.binding.content.run(run)
        if tracked.attempt.encoded:
            run = _UNSEEN
            decoder = _observe_decoder(response, tracked)
        response.stream = _class_of(body)(response.stream, tracked, run, decoder)
    except Exception as error:
        internal_errors.add(error, Signal.TOKENS)
        tracked.end("closed")  # a short record is better than none


def follow(response: HttpResponse, tracked: TrackedRequest) -> None:
    """A transport has put a body that is watched into a response of its own: that one decodes. Never raises.

    Args:
        response: The response that the client gets.
        tracked: Whose body it is.
    """
    try:
        stream = response.stream
        if isinstance(stream, ObservedStream) and tracked.attempt.is_open and tracked.attempt.encoded:
            stream.follow(response)
    except Exception as error:
        internal_errors.add(error, Signal.TOKENS)


_made: Final[dict[tuple[object, ...], Any]] = {}
"""The classes that were made, by kind of body and by the modules that were there."""


def _class_of(body: type[SyncBody | AsyncBody]) -> Any:
    """A kind of body that is a stream for every family that the application has imported."""
    modules = [sys.modules.get(family) for family in FAMILY_NAMES]
    key = (body, *modules)
    made = _made.get(key)
    if made is None:
        made = type(body.__name__, (body, *loaded(body.BASE)), {})
        if all(hasattr(module, body.BASE) for module in modules if module is not None):
            _made[key] = made  # else one is just being imported
    return made


def _observe_decoder(response: Any, tracked: TrackedRequest) -> ObservedDecoder | None:
    """Put the observer behind the decoder. It is private; where it is gone, usage stays unknown."""
    get_decoder = getattr(response, "_get_content_decoder", None)
    if get_decoder is None:
        _warn_once(f"{type(response).__module__}.{type(response).__name__}")
        return None
    decoder = response._decoder = ObservedDecoder(get_decoder(), tracked)  # noqa: SLF001
    return decoder


@Once
def _warn_once(name: str) -> None:
    _log.warning("tokens of compressed responses are unknown: %s has no _get_content_decoder()", name)
