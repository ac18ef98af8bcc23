"""JSON as the clients read it: msgspec first, and Python's own where that refuses what Python takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct

from foundry_telemetry.wire.clean import UNREADABLE

S = TypeVar("S", bound=Struct)


def reader(kind: type[S]) -> Callable[[bytes | bytearray], S | None]:
    """What reads a JSON object into `kind`, whose fields are all of what is looked at.

    It gives ``None`` for what is no such object. Python takes a byte order mark, UTF-16 and 32, ``NaN`` and
    half a surrogate pair, as a text has that was cut within an emoji.
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes | bytearray) -> S | None:
        try:
            return decode(body)
        except UNREADABLE:
            return leniently(body)

    def leniently(body: bytes | bytearray) -> S | None:
        try:
            return msgspec.convert(json.loads(body), kind)
        except UNREADABLE:
            return None

    return read
