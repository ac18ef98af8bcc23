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
_READ: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s*(?:Z|[+-]\d\d:?\d\d)?)?|\d{8}", re.DOTALL
)


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
    if _READ.fullmatch(text) or text.startswith("1601-"):
        return text
    plain = _ZONE.sub("", text)
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form).isoformat()  # noqa: DTZ007 - KQL's times are UTC
        except ValueError:
            continue
    if _ISO.fullmatch(plain):
        return text
    raise unsupported("datetime", "write it as datetime(2026-01-31T13:45:00Z)")
