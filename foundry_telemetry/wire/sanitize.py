"""One gate for every value that came over the wire: allow-listed characters, bounded length, or nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import msgspec

_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}").fullmatch
_MAX_ID: Final = 128
_NAME: Final = re.compile(r"[A-Za-z0-9._:@/+-]{1,128}").fullmatch
_ODD: Final = re.compile(r"[^A-Za-z0-9._:@/+-]")
_REVEALING: Final = re.compile(
    r"[@?=&]|//|\\\\|bearer|basic|key|passw|secret|token|sk-|[a-z0-9]{20}", re.IGNORECASE
).search
"""Signs of an address, a query or a credential."""
_MAX_ODD_NAME: Final = 64
"""Characters; Azure gives no deployment a longer name."""
_MAX_ODD: Final = 4
"""Characters outside the allow-list; ``<my-deployment>`` has two, a sentence more."""
_WORD: Final = re.compile(r"[a-z][a-z_]{0,63}").fullmatch
_LABEL: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,63}").fullmatch
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch

MAX_COUNT: Final = 2**51
"""Counts at and above this are refused. Three of them in sum stay below 2**53, so exact in JSON and Azure."""


def clean_id(value: bytes | None) -> str | None:
    """A correlation id, or ``invalid:<length>`` for one with other characters or above 128 of them."""
    if not value:
        return None
    # A GUID or `req_...`, detected in two byte operations; the expression is for the others.
    if (len(value) <= _MAX_ID and value.replace(b"-", b"").replace(b"_", b"").isalnum()) or _ID(value):
        return value.decode("ascii")
    return f"invalid:{len(value)}"


def clean_label(value: bytes | None) -> str | None:
    """A display name such as ``East US 2``."""
    return value.decode("ascii") if value and _LABEL(value) else None


def clean_message_id(value: object) -> str | None:
    """The id of a message, which no other has: so not remembered, as names are."""
    if type(value) is not str:
        return None
    plain = len(value) <= _MAX_ID and value.isascii() and value.replace("_", "").isalnum()  # `msg_...`
    return value if plain or _NAME(value) else None


def clean_name(value: object) -> str | None:
    """A model or deployment from a JSON body."""
    return value if type(value) is str and len(value) <= _MAX_ID and _is_name(value) else None


@lru_cache(maxsize=256)
def _is_name(value: str) -> bool:
    return _NAME(value) is not None


def clean_deployment(value: object) -> str | None:
    """The name by which a request asks for its deployment; there it may be the cause of a failure.

    Characters outside the allow-list are percent-escaped, as in a URL: ``dep%5B1m%5D``. What is longer than
    a name, or may be an address, a credential or a sentence, is ``invalid:<length>``.
    """
    if type(value) is not str or not value:
        return None
    return _shown(value) if len(value) <= _MAX_ID else f"invalid:{len(value)}"


@lru_cache(maxsize=256)
def _shown(value: str) -> str:
    if _NAME(value):
        return value
    odd = _ODD.findall(value)
    if len(value) > _MAX_ODD_NAME or len(odd) > _MAX_ODD or _REVEALING(value):
        return f"invalid:{len(value)}"
    return quote(value, safe="._:@/+-", errors="surrogatepass")


def clean_word(value: object) -> str | None:
    """A lower-case word of the API's vocabulary, such as a stop reason."""
    return value if type(value) is str and len(value) <= _MAX_ID and _is_word(value) else None


@lru_cache(maxsize=256)
def _is_word(value: str) -> bool:
    return _WORD(value) is not None


def clean_guid(value: object) -> str | None:
    """A GUID."""
    return value if type(value) is str and _GUID(value) else None


def whole(value: object) -> int | None:
    """A whole number of JSON, to which ``5`` and ``5.0`` are the same; a bool is none."""
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None


def clean_count(value: object) -> int | None:
    """A count: a whole number, at least 0 and below ``MAX_COUNT``."""
    number = value if type(value) is int else whole(value)  # nearly always: a call for each costs more
    return number if number is not None and 0 <= number < MAX_COUNT else None


def clean_counts(values: dict[str, object]) -> dict[str, int]:
    """The members of an object that are counts."""
    counts = {name: value for name, value in values.items() if type(value) is int and 0 <= value < MAX_COUNT}
    if float in map(type, values.values()):  # some gateways write 5.0
        counts |= {name: count for name, value in values.items() if (count := clean_count(value)) is not None}
    return counts


def as_object(value: object) -> dict[str, object]:
    """`value` if it is a JSON object, else an empty one."""
    return value if type(value) is dict else {}


UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding hostile JSON can raise: bad syntax, bad UTF-8, huge integers, a thousand brackets."""
