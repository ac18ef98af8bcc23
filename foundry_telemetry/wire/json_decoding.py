"""JSON as the clients read it: msgspec first, and Python's own where that refuses what Python takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from foundry_telemetry.wire.sanitize import UNREADABLE

S = TypeVar("S", bound=Struct)

_MOST: Final = 4 * 1024 * 1024
"""Bytes that are read in Python's way, which takes memory for the whole text; few prompts have more."""
_BEFORE_OBJECT: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Byte order marks, the empty halves of wider characters, and white space."""


def reader(kind: type[S]) -> Callable[[bytes | bytearray], S | None]:
    """What reads a JSON object into `kind`, whose fields are all of what is looked at.

    It gives ``None`` for what is no such object. Python takes a byte order mark, UTF-16 and 32, ``NaN`` and
    half a surrogate pair, as a text has that was cut within an emoji. Bytes that are no text count as U+FFFD:
    so the SDK reads the body of an error, and one odd byte must not hide the counters beside it.
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes | bytearray) -> S | None:
        try:
            return decode(body)
        except UNREADABLE:
            return leniently(body)

    def leniently(body: bytes | bytearray) -> S | None:
        if len(body) > _MOST or body[:64].lstrip(_BEFORE_OBJECT)[:1] != b"{":
            return None
        try:
            return msgspec.convert(json.loads(body.decode(json.detect_encoding(body), "replace")), kind)
        except UNREADABLE:
            return None

    return read
