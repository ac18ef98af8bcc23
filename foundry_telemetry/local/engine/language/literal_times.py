"""``datetime(…)`` in a text: every form that Kusto reads, and none that would be null without a word."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from typing import Any, Final

from duckdb_kql import ir

from foundry_telemetry.local.engine.language.engine_parts import ORIGINAL, put
from foundry_telemetry.local.engine.language.refusals import unsupported

_TYPED_LITERAL: Final = ORIGINAL["typed literal"]

_FORMS: Final = (
    "%a, %d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %b %Y",
    "%a, %d %b %y %H:%M:%S",
    "%a, %d %b %y %H:%M",
    "%d %b %y %H:%M:%S",
    "%d %b %y %H:%M",
    "%A, %d-%b-%y %H:%M:%S",
    "%A, %d-%b-%y %H:%M",
    "%d-%b-%y %H:%M:%S",
    "%d-%b-%y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%m-%d-%Y %H:%M:%S",
    "%m-%d-%Y",
    "%b %d, %Y",
    "%Y-%m",
    "%Y",
)
_ISO: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?|\d{8}", re.DOTALL)
_ZONE: Final = re.compile(r"\s*(?:GMT|UTC)$")
_TICK: Final = re.compile(r":\d\d\.\d{6}[1-9]")
_HOUR: Final = re.compile(r"([T ])(\d)(?=:)")
_DAY: Final = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})")
_BLANK: Final = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_FORM: Final = "write it as datetime(2026-01-31T13:45:00Z)"
_STAND_IN: Final = "1601-01-01T00:00:00."
"""How the stand-ins of `time_literals` begin, which must stay as they are."""


def install() -> None:
    """Let the engine read datetimes so; a second time does nothing."""
    put("typed literal", _typed_literal)


def _typed_literal(node: Any, kind: str, convert: Any) -> ir.Literal:
    literal: ir.Literal = _TYPED_LITERAL(node, kind, convert)
    if kind != "datetime" or literal.value is None:
        return literal
    return dataclasses.replace(literal, value=canonical(str(literal.value)))


def canonical(text: str) -> str:
    """A datetime as ISO 8601.

    Raises:
        KqlUnsupportedError: It is in none of the forms, or has a digit more than the store keeps.
    """
    text = text.strip()
    if _TICK.search(text):
        raise unsupported("datetime", "the local store keeps six digits of a second: leave the seventh out")
    if text.startswith(_STAND_IN):
        return text
    if _ISO.fullmatch(text):
        return _iso(text)
    plain = _ZONE.sub("", text)
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form).isoformat()  # noqa: DTZ007 - KQL's times are UTC
        except ValueError:
            continue
    raise unsupported("datetime", _FORM)


def _iso(text: str) -> str:
    """ISO 8601 with the blanks and short hours that Kusto takes as well."""
    full = _HOUR.sub(r"\g<1>0\2", _BLANK.sub("", _ZONE.sub("", text)))
    try:
        return datetime.fromisoformat(_DAY.sub(_two_digits, full)).isoformat()
    except ValueError as error:
        raise unsupported("datetime", _FORM) from error


def _two_digits(match: re.Match[str]) -> str:
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}"
