"""What is known of a finding, as the conditions of `why` read it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any, Final

import msgspec

from foundry_telemetry.investigate.formatting import moment
from foundry_telemetry.investigate.incident.finding import Change, Finding, FirstSeen, Report, Term
from foundry_telemetry.investigate.incident.measure_advice import is_failure
from foundry_telemetry.investigate.queries import Failure
from foundry_telemetry.schema import field_table as names

_ALIKE: Final = 0.03
"""Spread of durations, as a share of the longest, up to which they cluster."""
_FEWEST: Final = 2
_SHORTEST_MS: Final = 1_000.0
"""No limit of time that anybody sets is shorter."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """What the record of an example says beyond `Failure`."""

    outcome: str | None
    status: int | None
    origin: str | None
    region: str | None
    duration_ms: float | None
    first_token_ms: float | None
    clock_offset_s: float | None
    expires_in_s: float | None


class Evidence:
    """A finding with the whole it is part of.

    Args:
        finding: The finding.
        report: What it stands in.
    """

    def __init__(self, finding: Finding, report: Report) -> None:
        self.finding = finding
        self.report = report

    @property
    def cause(self) -> str:
        """The failure class or the measure."""
        return self.finding.cause

    @property
    def is_failure(self) -> bool:
        """Whether the cause is a class of failures."""
        return is_failure(self.cause, self.finding.main.unit)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """What the examples say."""
        return tuple(map(example, self.finding.examples))

    def moved(self, measure: str, direction: str) -> Change | None:
        """The change of a measure in a direction, if it changed."""
        changes = (self.finding.main, *self.finding.also)
        fitting = (one for one in changes if (one.measure, one.direction) == (measure, direction))
        return next(fitting, None)

    def has_moved(self, *measures: str) -> bool:
        """Whether any of these measures changed."""
        return any(one.measure in measures for one in (self.finding.main, *self.finding.also))

    def term(self, dimension: str) -> Term | None:
        """The value of a dimension that all affected have, where there are others that are not affected."""
        return next(
            (one for one in self.finding.extent if one.dimension == dimension and one.unaffected), None
        )

    def tag(self) -> Term | None:
        """The first tag that all affected have."""
        return next((one for one in self.finding.extent if one.dimension.startswith("tag ")), None)

    def new(self, dimension: str) -> FirstSeen | None:
        """The newest value of a dimension that the affected have and earlier attempts had not."""
        found = [one for one in self.finding.first_seen if one.dimension == dimension]
        return max(found, key=lambda one: one.at, default=None)

    def codes(self, *prefixes: str) -> tuple[str, int] | None:
        """The most frequent of some error codes with its number, if most coded failures have one of them."""
        codes = self.finding.error_codes
        # Windows has the same names with a prefix.
        fitting = [one for one in codes if one[0].removeprefix("WSA").startswith(prefixes)]
        number = sum(count for _, count in fitting)
        if 2 * number <= sum(count for _, count in codes):
            return None
        return max(fitting, key=lambda one: one[1])

    def cluster_ms(self) -> float | None:
        """The duration that all examples have in common."""
        found = [one.duration_ms for one in self.examples if one.duration_ms is not None]
        if len(found) < max(_FEWEST, len(self.examples)) or min(found) < _SHORTEST_MS:
            return None
        return median(found) if max(found) - min(found) <= _ALIKE * max(found) else None

    def origin(self) -> str | None:
        """Who answered all examples."""
        found = {one.origin for one in self.examples}
        return found.pop() if len(found) == 1 else None

    def region(self) -> str | None:
        """Where all examples were answered."""
        found = {one.region for one in self.examples}
        return found.pop() if len(found) == 1 else None

    def clock_offset_s(self) -> float | None:
        """How far the client's clock is ahead, as the newest example that reports it says."""
        reported = (one.clock_offset_s for one in reversed(self.examples))
        return next((one for one in reported if one is not None), None)

    def when(self, at: datetime) -> str:
        """A time, with its day where it is another one than that of the report."""
        return moment(at, self.report.end)


def example(failure: Failure) -> Example:
    """What the record of an attempt says; what does not fit is absent."""
    reported = _properties(failure)
    number = dict(_numbers(reported, (names.DURATION, names.TIME_TO_FIRST_TOKEN, names.CLOCK_OFFSET)))
    origin, region = (reported.get(name) for name in (names.ERROR_ORIGIN, names.REGION))
    return Example(
        outcome=failure.outcome,
        status=failure.status,
        origin=origin if isinstance(origin, str) else None,
        region=region if isinstance(region, str) else None,
        duration_ms=number.get(names.DURATION),
        first_token_ms=number.get(names.TIME_TO_FIRST_TOKEN),
        clock_offset_s=number.get(names.CLOCK_OFFSET),
        expires_in_s=failure.expires_in_s,
    )


def _properties(failure: Failure) -> Mapping[str, Any]:
    try:
        reported = msgspec.json.decode(failure.properties or "{}")
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {}
    return reported if isinstance(reported, dict) else {}


def _numbers(reported: Mapping[str, Any], keys: Iterable[str]) -> Iterator[tuple[str, float]]:
    """The finite numbers among some properties, which may be texts."""
    for key in keys:
        try:
            value = float(reported.get(key) or "")
        except (TypeError, ValueError):
            continue
        if math.isfinite(value):
            yield key, value
