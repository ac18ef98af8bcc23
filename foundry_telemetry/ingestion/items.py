"""What is posted, as far as the protocol goes: a body is split into items, each accepted or refused alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw

MOST_ITEMS: Final = 64_000
"""Items that Azure accepts in one request (Application Insights service limits)."""

INVALID_JSON: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, SystemError)
"""What decoding raises; msgspec 0.21 a ``SystemError`` for an integer above the range of a float."""

_SPLIT: Final = msgspec.json.Decoder(list[Raw])


_BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
"""What an array is split at: its brackets and commas, but for those within texts."""
_CLOSING: Final = {b"]": b"[", b"}": b"{"}


class UnreadableError(ValueError):
    """A body that cannot be split into items."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status to answer with."""


class BusyError(Exception):
    """Too much waits to be stored; the same body will be accepted in a moment."""


class StoreError(Exception):
    """Telemetry cannot be stored, or not be read back; the message has the reason and the repair."""


@dataclass(frozen=True)
class Refusal:
    """Why one item was not accepted."""

    index: int
    """Place in the body, from 0."""
    message: str
    status: int = 400


@dataclass(frozen=True)
class Receipt:
    """What became of a posted body."""

    received: int
    """Items in it."""
    refusals: tuple[Refusal, ...] = ()
    cut: int = 0
    """Values in them that were cut to Azure's limits."""

    @property
    def accepted(self) -> int:
        """Items that are stored."""
        return self.received - len(self.refusals)


def injected(index: int, status: int) -> Refusal:
    """The refusal of an item on demand."""
    return Refusal(index, f"rejected with {status}", status)


def split(body: bytes) -> list[Raw]:
    """Split a posted body into its items.

    Args:
        body: A JSON array of items, or one item a line.

    Raises:
        UnreadableError: It is neither, or it has more than `MOST_ITEMS`.
    """
    items = _split(body)
    if len(items) > MOST_ITEMS:
        raise UnreadableError(f"{len(items)} items in one body; expected at most {MOST_ITEMS}", 413)
    return items


def _split(body: bytes) -> list[Raw]:
    start = body.lstrip()[:1]
    if not start:
        raise UnreadableError("the body is empty; expected a JSON array of envelopes, or one envelope a line")
    if start == b"[":
        try:
            return _SPLIT.decode(body)
        except INVALID_JSON as error:
            items = _split_loosely(body)
            if items is None:
                raise UnreadableError(f"the body is not a JSON array of envelopes: {error}") from None
            return items
    return [Raw(line) for line in body.split(b"\n") if line.strip()]


def _split_loosely(body: bytes) -> list[Raw] | None:
    """The items of an array in which one is no JSON, by their brackets; ``None`` where these do not match."""
    items: list[Raw] = []
    opened = bytearray()
    start = 0
    for token in _BRACKET.finditer(body):
        mark = token[0]
        if mark in _CLOSING:
            if not opened or opened.pop() != ord(_CLOSING[mark]):
                return None
        elif mark in b"[{":
            opened += mark
            start = start or token.end()
        if mark in b",]" and len(opened) == (mark == b","):
            items.append(Raw(body[start : token.start()]))
            if not bytes(items[-1]).strip():
                return None
            start = token.end()
            if not opened:
                return None if body[start:].strip() else items
    return None
