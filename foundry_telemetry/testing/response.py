"""One answer, and when and how its bytes come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from msgspec import Struct, structs

from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.compress import Encoding, compressed

Pause = float | threading.Event
"""Seconds to wait, or an event to wait for."""

Ends = Literal["complete", "cut", "reset"]
"""How the body ends: in full; the connection is closed before the end; or it is reset there."""

_HEADERS = -1


class FakeResponse(Struct, frozen=True, kw_only=True):
    """An answer of the fake service. Every method returns a changed copy.

    Responses of the builders carry ids, and are made anew each time they are played, so that no two share an
    id and the model is the requested deployment. A ``FakeResponse(...)`` of your own is played as it is.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    chunks: tuple[bytes, ...] = ()
    """The body in the pieces it is sent in."""
    pauses: tuple[tuple[int, Pause], ...] = ()
    """Waits, each before the chunk of this index; -1 is before the headers."""
    ends: Ends = "complete"
    make: Callable[[ReceivedRequest], FakeResponse] | None = None
    """Makes the response anew for a request."""

    @property
    def body(self) -> bytes:
        """All chunks as one."""
        return b"".join(self.chunks)

    def played(self, request: ReceivedRequest) -> FakeResponse:
        """This response as it answers a request."""
        return self if self.make is None else self.make(request)

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, headers: Mapping[str, str | None]) -> FakeResponse:
        """With these headers set, or taken away where the value is ``None``."""
        return self._changed(lambda response: _with_headers(response, headers))

    def encoded(self, encoding: Encoding) -> FakeResponse:
        """Compressed, each chunk by itself so that streaming still works.

        Raises:
            ValueError: The encoding is not known.
            ImportError: ``br`` or ``zstd`` without its package.
        """
        return self._changed(lambda response: _encoded(response, encoding))

    def paused(self, pause: Pause, *, before: int | Literal["headers"] = 0) -> FakeResponse:
        """With a wait before the chunk of this index, or before the headers.

        Args:
            pause: Seconds, or an event that lets the chunk go.
            before: Index of the chunk. One past the last is the end of the body.

        Raises:
            ValueError: The index is negative.
        """
        if before != "headers" and before < 0:
            raise ValueError(f"before={before!r}: expected the index of a chunk, from 0, or 'headers'")
        index = _HEADERS if before == "headers" else before
        return self._changed(
            lambda response: structs.replace(response, pauses=(*response.pauses, (index, pause)))
        )

    def cut(self, *, after_bytes: int | None = None) -> FakeResponse:
        """With the connection closed before the body is complete.

        Args:
            after_bytes: How much of the body is sent, as encoded. Not given, all of it is; only the end
                that completes it is missing.
        """
        return self._changed(lambda response: _ending(response, "cut", after_bytes))

    def reset(self, *, after_bytes: int | None = None) -> FakeResponse:
        """With the connection reset before the body is complete; arguments as in `cut`."""
        return self._changed(lambda response: _ending(response, "reset", after_bytes))

    def steps(self, piece_size: int | None = None) -> Iterator[tuple[tuple[Pause, ...], bytes]]:
        """The body as it is sent: what to wait for, and then a piece to send.

        Args:
            piece_size: Bytes of a piece, at most. Not given, a piece is a chunk.
        """
        for index, chunk in enumerate(self.chunks):
            waits = self.waits(index)
            size = piece_size or max(len(chunk), 1)
            for start in range(0, max(len(chunk), 1), size):
                yield waits, chunk[start : start + size]
                waits = ()
        last = self.waits(len(self.chunks))
        if last:
            yield last, b""

    def waits(self, index: int = _HEADERS) -> tuple[Pause, ...]:
        """What to wait for before the chunk of this index; by default, before the headers."""
        return tuple(pause for at, pause in self.pauses if at == index)

    def _changed(self, change: Callable[[FakeResponse], FakeResponse]) -> FakeResponse:
        """Changed now, and changed again each time the response is made anew."""
        make = self.make
        if make is None:
            return change(self)
        return structs.replace(change(self), make=lambda request: change(make(request)))


def built(make: Callable[[ReceivedRequest], FakeResponse]) -> FakeResponse:
    """A response that is made anew for each request it answers."""
    return structs.replace(make(ReceivedRequest()), make=make)


def _with_headers(response: FakeResponse, headers: Mapping[str, str | None]) -> FakeResponse:
    named = {name.lower() for name in headers}
    kept = tuple((name, value) for name, value in response.headers if name.lower() not in named)
    added = tuple((name, value) for name, value in headers.items() if value is not None)
    return structs.replace(response, headers=kept + added)


def _encoded(response: FakeResponse, encoding: Encoding) -> FakeResponse:
    changed = structs.replace(response, chunks=compressed(response.chunks, encoding))
    return _with_headers(changed, {"content-encoding": encoding, **_length(changed)})


def _ending(response: FakeResponse, ends: Ends, after_bytes: int | None) -> FakeResponse:
    if after_bytes is None or after_bytes >= len(response.body):
        # A body of a declared length is complete with its last byte: declare none, and omit the end mark.
        unframed = _with_headers(response, {"content-length": None, "transfer-encoding": "chunked"})
        return structs.replace(unframed, ends=ends)
    chunks, remaining = [], after_bytes
    for chunk in response.chunks:
        chunks.append(chunk[:remaining])
        remaining -= len(chunks[-1])
    return structs.replace(response, ends=ends, chunks=tuple(filter(None, chunks)))


def _length(response: FakeResponse) -> dict[str, str | None]:
    """The right ``content-length``, where one is declared."""
    return {"content-length": str(len(response.body))} if response.header("content-length") else {}
