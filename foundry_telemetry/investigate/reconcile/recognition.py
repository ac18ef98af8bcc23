"""Which rows are Claude in Foundry.

Claude is billed through the Azure Marketplace by one meter, the Claude Consumption Unit (CCU); before, by
meters for each model. A row is Claude's if a rule below is met and no exclusion is. The name of a resource, a
tag or a subscription proves nothing and is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from foundry_telemetry.investigate.reconcile.columns import NAMING, Columns

ALL: Final = "*"
"""As `--meter`: every row."""


class Rule(NamedTuple):
    """One way to know a row."""

    parts: tuple[str, ...]
    """Which columns are read; see `NAMING`."""
    pattern: re.Pattern[str]
    words: str
    """The pattern as the help shows it."""


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


RULES: Final = (
    Rule(("meter", "product", "service"), _any_case(r"\bclaude\b|\banthropic\b"), "Claude or Anthropic"),
    Rule(("publisher",), _any_case(r"\banthropic\b"), "Anthropic"),
    Rule(("meter", "product", "unit"), _any_case(r"\bclaude consumption units?\b|\bCCUs?\b"), "CCU"),
)
"""A row is Claude's if one of these is found in one of its columns."""
EXCLUDED: Final = (
    Rule(
        ("meter", "product", "service"),
        _any_case(r"databricks|snowflake|github"),
        "Databricks, Snowflake, GitHub",
    ),
    Rule(("publisher_type",), _any_case(r"^(aws|amazon|gcp|google)$"), "AWS, Google"),
)
"""Claude that another service resells, or that another cloud bills, is not Claude in Foundry."""

_UNITS: Final = _any_case(r"\bconsumption units?\b|\bCCUs?\b")
_OTHERS: Final = _any_case(r"^(?!\s*$)(?!.*\banthropic\b)")
"""A publisher who is reported, and is not Anthropic: whose CCU is another unit."""
_MOST_CACHED: Final = 10_000


class Match(NamedTuple):
    """What a row is."""

    is_claude: bool
    is_units: bool
    """Whether its quantity is in Claude Consumption Units."""


class Recognition:
    """Knows the rows of one file.

    Args:
        columns: Of the file.
        meter: A text that a row of Claude has in a column that names it, or `ALL`; else the rules decide.
    """

    def __init__(self, columns: Columns, meter: str | None = None) -> None:
        indexes = sorted({index for found in columns.naming.values() for index in found})
        self._indexes = tuple(indexes)
        self._parts = {
            part: tuple(indexes.index(one) for one in found) for part, found in columns.naming.items()
        }
        self._meter = None if meter is None else _any_case("" if meter == ALL else re.escape(meter))
        self._known: dict[tuple[str, ...], Match] = {}

    def __call__(self, row: Sequence[str]) -> Match:
        """What a row is."""
        values = tuple([row[index] for index in self._indexes])
        found = self._known.get(values)
        if found is None:
            if len(self._known) >= _MOST_CACHED:
                self._known.clear()
            found = self._known[values] = self._match(values)
        return found

    def _match(self, values: Sequence[str]) -> Match:
        named = {part: [values[index] for index in found] for part, found in self._parts.items()}
        is_units = _finds(named, ("meter", "product", "unit"), _UNITS)
        if self._meter is not None:
            return Match(any(self._meter.search(one) for one in values), is_units)
        if any(_finds(named, rule.parts, rule.pattern) for rule in EXCLUDED):
            return Match(is_claude=False, is_units=is_units)
        *certain, by_unit = RULES
        is_claude = any(_finds(named, rule.parts, rule.pattern) for rule in certain) or (
            _finds(named, by_unit.parts, by_unit.pattern) and not _finds(named, ("publisher",), _OTHERS)
        )
        return Match(is_claude, is_units)


def _finds(named: Mapping[str, Sequence[str]], parts: Sequence[str], pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(one) for part in parts for one in named.get(part, ()))


def searched(parts: Sequence[str]) -> list[str]:
    """The columns that a rule reads."""
    return [name for part in parts for name in NAMING[part]]
