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


class Reply(Struct, frozen=True, kw_only=True):
    """An answer of the fake service. Every method returns a changed copy.

    Replies of the builders carry ids, and are made anew each time they are played, so that no two answers
    share an id and the model is the deployment that was asked for. A ``Reply(...)`` of your own is played
    as it is.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    chunks: tuple[bytes, ...] = ()
    """The body in the pieces it is sent in."""
    pauses: tuple[tuple[int, Pause], ...] = ()
    """Waits, each before the chunk of this index; -1 is before the headers."""
    ends: Ends = "complete"
    make: Callable[[ReceivedRequest], Reply] | None = None
    """Makes the reply anew for a request."""

    @property
    def body(self) -> bytes:
        """All chunks as one."""
        return b"".join(self.chunks)

    def played(self, request: ReceivedRequest) -> Reply:
        """This reply as it answers a request."""
        return self if self.make is None else self.make(request)

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, headers: Mapping[str, str | None]) -> Reply:
        """With these headers set, or taken away where the value is ``None``."""
        return self._changed(lambda reply: _with_headers(reply, headers))

    def encoded(self, encoding: Encoding) -> Reply:
        """Compressed, each chunk by itself so that streaming still works.

        Raises:
            ValueError: The encoding is not known.
            ImportError: ``br`` or ``zstd`` without its package.
        """
        return self._changed(lambda reply: _encoded(reply, encoding))

    def paused(self, pause: Pause, *, before: int | Literal["headers"] = 0) -> Reply:
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
        return self._changed(lambda reply: structs.replace(reply, pauses=(*reply.pauses, (index, pause))))

    def cut(self, *, after_bytes: int | None = None) -> Reply:
        """With the connection closed before the body is complete.

        Args:
            after_bytes: How much of the body is sent, as encoded. Not given, all of it is; only the end
                that completes it is missing.
        """
        return self._changed(lambda reply: _ending(reply, "cut", after_bytes))

    def reset(self, *, after_bytes: int | None = None) -> Reply:
        """With the connection reset before the body is complete; arguments as in `cut`."""
        return self._changed(lambda reply: _ending(reply, "reset", after_bytes))

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

    def _changed(self, change: Callable[[Reply], Reply]) -> Reply:
        """Changed now, and changed again each time the reply is made anew."""
        make = self.make
        if make is None:
            return change(self)
        return structs.replace(change(self), make=lambda request: change(make(request)))


def built(make: Callable[[ReceivedRequest], Reply]) -> Reply:
    """A reply that is made anew for each request it answers."""
    return structs.replace(make(ReceivedRequest()), make=make)


def _with_headers(reply: Reply, headers: Mapping[str, str | None]) -> Reply:
    named = {name.lower() for name in headers}
    kept = tuple((name, value) for name, value in reply.headers if name.lower() not in named)
    added = tuple((name, value) for name, value in headers.items() if value is not None)
    return structs.replace(reply, headers=kept + added)


def _encoded(reply: Reply, encoding: Encoding) -> Reply:
    changed = structs.replace(reply, chunks=compressed(reply.chunks, encoding))
    return _with_headers(changed, {"content-encoding": encoding, **_length(changed)})


def _ending(reply: Reply, ends: Ends, after_bytes: int | None) -> Reply:
    if after_bytes is None or after_bytes >= len(reply.body):
        # A body of a told length is complete with its last byte: so tell none, and leave out the end mark.
        unframed = _with_headers(reply, {"content-length": None, "transfer-encoding": "chunked"})
        return structs.replace(unframed, ends=ends)
    chunks, left = [], after_bytes
    for chunk in reply.chunks:
        chunks.append(chunk[:left])
        left -= len(chunks[-1])
    return structs.replace(reply, ends=ends, chunks=tuple(filter(None, chunks)))


def _length(reply: Reply) -> dict[str, str | None]:
    """The right ``content-length``, where one is told."""
    return {"content-length": str(len(reply.body))} if reply.header("content-length") else {}
