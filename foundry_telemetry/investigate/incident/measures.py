"""The measures that are compared: how each is computed from sums, and from which change it matters.

A failure class is a measure too, made by `failures` for each that occurs. To add a measure, add a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from foundry_telemetry.investigate.incident.finding import Direction, Unit
from foundry_telemetry.investigate.incident.slices import Error, Sums, columns
from foundry_telemetry.investigate.incident.statistics import Compared, Edge

Kind = Literal["share", "mean", "count"]

_MOST_OF_A_CALL: Final = 5.0
"""Failed attempts of a call; of more the first ones did not fail."""
_MOSTLY: Final = 0.7
"""Of the fewest changed attempts, by expectation."""


class Measure(NamedTuple):
    """One measure."""

    name: str
    kind: Kind
    unit: Unit
    fields: tuple[str, ...]
    """Of a share hits and count, of a mean count, sum and squares, of a count itself."""
    edge: Edge
    least: float
    """From which it matters: a ratio, of a share a difference."""
    fewest: int
    """Changed attempts of a share, else attempts, from which it can be judged."""
    error: Error | None = None
    """Of a failure class."""
    not_by: str = ""
    """A dimension that is the change itself, and not where it is."""

    @property
    def direction(self) -> Direction:
        """What is worse."""
        return "lower" if self.edge.is_lower else "higher"

    def values(self, sums: Sums) -> tuple[float, ...]:
        """Its columns of some sums."""
        if self.error is not None:
            failed = sums.errors.get(self.error)
            return (failed.attempts if failed else 0.0), sums["attempts"]
        return columns(self.fields)(sums)

    def independent(self, whole: Sums) -> Callable[[Sums], tuple[float, ...]]:
        """Its columns with each call once, where that can be: the attempts of one call fail together.

        Args:
            whole: All that is looked at; where first attempts hardly failed, attempts are counted.
        """
        failed = whole.errors.get(self.error) if self.error else None
        if failed is None or failed.attempts > _MOST_OF_A_CALL * failed.calls:
            return self.values
        return self._first_attempts

    def _first_attempts(self, sums: Sums) -> tuple[float, ...]:
        failed = sums.errors.get(self.error) if self.error else None
        return (failed.calls if failed else 0.0), sums["calls"]

    def affected(self, sums: Sums) -> float:
        """Attempts that have it."""
        return self.values(sums)[0]

    def effect(self, found: Compared) -> float:
        """How large a change is: of a share the difference, else the logarithm of the ratio."""
        now, normal = found.now, found.baseline or 0.0
        sign = -1 if self.edge.is_lower else 1
        if self.kind == "share":
            return sign * (now - normal)
        return sign * math.log(max(now, _LEAST) / max(normal, _LEAST))

    def matters(self, found: Compared) -> bool:
        """Whether a change is large enough to be one, and of enough attempts."""
        if found.baseline is None:
            return False
        effect = self.effect(found)
        if self.kind == "share":
            return effect >= self.least and effect * found.count >= self.fewest * _MOSTLY
        number = found.baseline if self.kind == "count" and self.edge.is_lower else found.count
        return effect >= math.log(self.least) and number >= self.fewest


_LEAST: Final = 1e-12


def _mean(  # noqa: PLR0917 - a row of the table below
    name: str, unit: Unit, prefix: str, ratio: float, least: float, fewest: int = 8
) -> Measure:
    fields = tuple(f"{prefix}_{column}" for column in ("n", "sum", "squares"))
    return Measure(name, "mean", unit, fields, Edge(ratio), least, fewest)


def _share(  # noqa: PLR0917 - a row of the table below
    name: str, fields: tuple[str, str], ratio: float, points: float, least: float, fewest: int
) -> Measure:
    return Measure(name, "share", "share", fields, Edge(ratio, points), least, fewest)


MEASURES: Final = (
    _mean("latency", "ms", "pace", 1.25, 1.5),
    _mean("time_to_first_token", "ms", "first", 1.3, 1.6),
    _mean("time_per_output_token", "ms", "token", 1.25, 1.5),
    _mean("input_tokens", "tokens", "input", 1.2, 1.5, 12),
    _mean("output_tokens", "tokens", "output", 1.25, 1.6, 16),
    _mean("cost", "usd", "usd", 1.2, 1.45, 12)._replace(not_by="model"),
    _mean("price", "usd", "price", 1.2, 1.45)._replace(not_by="model"),
    _share("stop_reason:max_tokens", ("max_tokens", "stops"), 1.5, 0.03, 0.08, 10),
    _share("stop_reason:refusal", ("refusals", "stops"), 1.5, 0.01, 0.05, 6),
    _share("stop_reason:tool_use", ("tool_uses", "stops"), 1.3, 0.06, 0.2, 20),
    _share("attempts", ("retries", "attempts"), 1.5, 0.03, 0.06, 10),
    _share("clock_skew", ("offsets", "answered"), 1.5, 0.01, 0.05, 5),
    Measure(
        "cache_hit_rate", "share", "share", ("cache_hits", "cache_n"), Edge(1.1, 0.07, is_lower=True), 0.2, 20
    ),
    Measure("volume:silent", "count", "calls", ("calls",), Edge(1.6, is_lower=True), 6.5, 20),
    Measure("volume:more", "count", "calls", ("calls",), Edge(2.2), 2.75, 25),
)
"""In no order. Twice as many calls as ever are a busy hour, and a busy hour may be on a busy day."""


def failures(error: Error) -> Measure:
    """Attempts that failed with one error."""
    return Measure(error[0], "share", "share", (), Edge(1.5, 0.01), 0.02, 3, error)
