"""What tells a stream from a message, and one event from another, where a proxy has taken the labels away."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from foundry_telemetry.wire.json_decoding import reader

START_BYTES: Final = 64
"""Bytes that show what a body is."""
UNNAMED: Final = frozenset({b"", b"message"})
"""No name of an event, and the one that the event-stream rules give to events without any."""

_STARTS: Final = (b"event:", b"data:", b"id:", b"retry:", b":")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class _Typed(Struct, gc=False):
    type: object = None


_read: Final = reader(_Typed)


def is_event_stream(start: bytes, *, labelled: bool) -> bool | None:
    """Whether a body that begins so is an event stream; ``None`` while too little of it has come.

    Args:
        start: Its first `START_BYTES`, or as many as have come.
        labelled: Whether its media type says so; then it is one unless it is JSON.
    """
    text = start.removeprefix(_BYTE_ORDER_MARK).lstrip(b"\r\n")
    undecided = not text or any(
        each.startswith(text) and each != text for each in (_BYTE_ORDER_MARK, *_STARTS)
    )
    if undecided and len(start) < START_BYTES:
        return None
    return text.startswith(_STARTS) or (labelled and text.lstrip()[:1] != b"{")


def type_of(data: bytes) -> bytes:
    """The ``type`` in the data of an event; empty where there is none."""
    event = _read(data)
    name = None if event is None else event.type
    return name.encode("utf-8", "replace") if type(name) is str else b""
