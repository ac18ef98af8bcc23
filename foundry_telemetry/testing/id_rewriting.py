"""Ids and dates as the service makes them, and new ones in the place of recorded ones."""

from __future__ import annotations

import re
import secrets
import string
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Protocol
from uuid import uuid4

from msgspec import structs

from foundry_telemetry.testing.recordings import split
from foundry_telemetry.testing.response import FakeResponse

_ALPHABET = string.ascii_letters + string.digits
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IN_HEADER = re.compile(rf"(req|msg)_\w+|{_UUID}")
_IN_BODY = re.compile(rf'\b(req|msg)_\w+|(?<="activityId": "){_UUID}')
_ID_HEADERS = frozenset({"apim-request-id", "request-id", "x-request-id", "x-ms-client-request-id"})


class Ids(Protocol):
    """Makes the variable part of ids."""

    def text(self, prefix: str, length: int) -> str:
        """Letters and digits, so many, for an id that begins with `prefix`."""

    def guid(self) -> str:
        """A UUID."""


class _RandomIds:
    def text(self, _: str, length: int) -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))

    def guid(self) -> str:
        return str(uuid4())


source: Ids = _RandomIds()
"""Where all ids come from; the test kit puts one here that counts."""


clock_s: Callable[[], float] = time.time
"""Seconds since the epoch, for dates; the test kit puts its own clock here."""


def date() -> str:
    """The ``Date`` of a response that is made now."""
    return formatdate(clock_s(), usegmt=True)


def request_id() -> str:
    """A new id of the model service."""
    return "req_011" + source.text("req", 21)


def message_id() -> str:
    """A new id of a message."""
    return "msg_01" + source.text("msg", 22)


def azure_id() -> str:
    """A new id of Azure's."""
    return source.guid()


def made_now(response: FakeResponse) -> FakeResponse:
    """The response with the date of now and a new id for each of its ids, one for an id that comes twice.

    New ids are as long as the old ones, so that chunks and lengths stay as they were.
    """
    ids: dict[str, str] = {}

    def replace(found: re.Match[str]) -> str:
        old = found[0]
        return ids.setdefault(old, _like(old))

    def header(name: str, value: str) -> str:
        if name.lower() == "date":
            return date()
        return _IN_HEADER.sub(replace, value) if name.lower() in _ID_HEADERS else value

    headers = tuple((name, header(name, value)) for name, value in response.headers)
    # Latin-1 keeps every byte, and an id may straddle two chunks.
    body = _IN_BODY.sub(replace, response.body.decode("latin-1")).encode("latin-1")
    return structs.replace(response, headers=headers, chunks=split(body, map(len, response.chunks)))


def _like(old: str) -> str:
    prefix, mark, rest = old.partition("_")
    return f"{prefix}_{source.text(prefix, len(rest))}" if mark else source.guid()
