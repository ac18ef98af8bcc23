"""What a value can be at most, in words for people and as a check for the tests."""

# ruff: noqa: PLR2004 - the numbers are the constraints

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple


class Constraint(NamedTuple):
    """What a value can be at most."""

    says: str
    fits: Callable[[Any], bool]
    type: type = str
    """``str``, ``int``, ``float`` or ``bool``; also that of the column in KQL."""


_compile = cache(re.compile)
"""Not at import: a service needs the names alone."""


def text(says: str, pattern: str) -> Constraint:
    """Text that a pattern fits as a whole."""
    return Constraint(
        says, lambda value: type(value) is str and _compile(pattern).fullmatch(value) is not None
    )


def one_of(*words: str) -> Constraint:
    """One of these words."""
    return Constraint(", ".join(f"`{word}`" for word in words), lambda value: value in words)


def number(says: str, kind: type, *others: type, least: float = 0) -> Constraint:
    """A number of one of these types; the first is that of the column."""
    return Constraint(says, lambda value: type(value) in (kind, *others) and value >= least, kind)


ID = text("ID of at most 128 characters: `A-Z a-z 0-9 . _ : -`", r"[A-Za-z0-9._:-]{1,128}")
NAME = text("name of at most 128 characters: `A-Z a-z 0-9 . _ : @ / + -`", r"[A-Za-z0-9._:@/+-]{1,128}")
WORD = text("lower-case word of at most 64 characters", r"[a-z][a-z_]{0,63}")
CAUSE = text("cause of the failure, or `http_<status>`", r"[a-z][a-z_]{0,63}|http_\d{3}")
CODE = text(
    "word of at most 64 letters, 3 digits, an `AADSTS` code, or a fixed phrase of Azure",
    r"[A-Za-z_]{1,64}|[0-9]{3}|AADSTS[0-9]{4,8}|E[A-Z0-9]+|"
    r"Tenant provided in token does not match resource token",
)
ARM_ID = text(
    "ARM ID of a resource, of at most 512 characters",
    r"(?=.{1,512}$)/subscriptions/[\w-]+/resource[Gg]roups/[\w.()-]+/providers/[\w.]+(/[\w.-]+){2,}",
)
GUID = text("GUID", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HEX16 = text("16 hex digits", r"[0-9a-f]{16}")
HEX32 = text("32 hex digits", r"[0-9a-f]{32}")
HEX2 = text("2 hex digits", r"[0-9a-f]{2}")
HOST = text("host of at most 253 characters", r"((?![/?#@])[!-~]){1,253}")
PATH = text("path without query, of at most 256 characters", r"((?![?#])[!-~]){0,256}")
URL = text(
    "scheme, host and path, without user, password and query",
    r"https?://((?![/?#@])[!-~]){1,263}((?![?#])[!-~]){0,256}",
)
COUNT = Constraint("whole number, 0 or more", lambda value: type(value) is int and 0 <= value < 2**53, int)
FROM_ONE = number("whole number, 1 or more", int, least=1)
AMOUNT = number("number, 0 or more", float, int)
FLAG = Constraint("`true` or `false`", lambda value: type(value) is bool, bool)
STATUS = Constraint(
    "3 digits",
    lambda value: type(value) is int and 100 <= value <= 999,
    int,
)
PORT = Constraint("0 to 65535", lambda value: type(value) is int and 0 <= value < 65536, int)
ANY_SECONDS = Constraint("whole number, negative if expired", lambda value: type(value) is int, float)
CLOCK_SECONDS = Constraint(
    "whole number of 10 to 86400, negative if the client's clock is behind",
    lambda value: type(value) is int and 10 <= abs(value) <= 86_400,
    int,
)
TAG = Constraint(
    "text of at most 128 printable characters; a keyed hash if the key names a person",
    lambda value: type(value) is str and len(value) <= 128 and value.isprintable(),
)
METHOD = text("HTTP method, or `_OTHER`", r"[A-Z]{3,7}|_OTHER")
LABEL = text("display name of at most 64 characters", r"[A-Za-z0-9][\w .()-]{0,63}")
AUDIENCE = text("URL of at most 128 characters, or a GUID", r"[A-Za-z0-9._:/-]{1,128}")
ONE_WORD = Constraint(
    "one word", lambda value: type(value) is tuple and len(value) == 1 and WORD.fits(value[0])
)
CLIENT = text("name and version, at most 97 characters", r"[\w.-]{1,64}/[\w.+-]{1,32}")
ENTRA_CODE = text("`AADSTS` and 4 to 8 digits", r"AADSTS[0-9]{4,8}")
MEASUREMENTS = text("JSON object of numbers", r'\{("[a-z_]+":[0-9.e+-]+,?)+\}')
PRICE_SOURCE = text("package of the price list, and its version", r"[\w .+x-]{1,128}")
BUDGET = text("the budget, such as `500 USD per day`", r"[0-9.e+-]+ USD per (hour|day|week|month).*")
VERSION = text("a version", r"[\w.+!-]{1,64}")
