"""The sums that the cost of two periods is made of, as `cost_cells` answers them.

*Unit*: the attempts of one service, deployment, model and value of a tag. *Kind*: a call's first attempt with
a cost, a retry, or an abandoned one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct

from foundry_telemetry.investigate.sources import Row

TOKENS: Final = (
    "new_input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "thinking",
    "web_searches",
)
"""Kinds of what is billed, each with a rate of its own; thinking is no part of output here."""
KINDS: Final = ("call", "retry", "abandoned")
_FACTOR: Final = re.compile(r" x ([0-9.]+)$")
"""At the end of the source of a price: what the list was multiplied by."""


class Unit(NamedTuple):
    """Whose attempts; texts are empty where nothing was reported."""

    service: str
    deployment: str
    model: str
    value: str


class Sums(Struct, gc=False):
    """Of one unit, kind and period."""

    attempts: int = 0
    usd: float = 0.0
    squares: float = 0.0
    """Of the costs of attempts."""
    unmultiplied_usd: float = 0.0
    tokens: dict[str, float] = {}
    by_list: dict[tuple[int, int], dict[str, float]] = {}
    """Tokens and attempts by price list and tier."""
    newest: datetime | None = None

    @property
    def multiplier(self) -> float:
        """What the prices of the list were multiplied by, as the source of each cost says."""
        return self.usd / self.unmultiplied_usd if self.unmultiplied_usd else 1.0

    def add(self, row: Row) -> None:
        """Add a row of the answer."""
        usd = row.get("usd", 0.0)
        self.attempts += row["attempts"]
        self.usd += usd
        self.squares += row.get("squares", 0.0)
        match = _FACTOR.search(row.get("source", ""))
        self.unmultiplied_usd += usd / float(match[1]) if match else usd
        counted = _counted(row)
        place = self.by_list.setdefault((row.get("epoch", 0), row.get("tier", 0)), {})
        for name, count in counted.items():
            self.tokens[name] = self.tokens.get(name, 0) + count
            place[name] = place.get(name, 0) + count
        place["attempts"] = place.get("attempts", 0) + row["attempts"]
        if self.newest is None or row["newest"] > self.newest:
            self.newest = row["newest"]


def _counted(row: Row) -> dict[str, float]:
    read, written, hour = (row.get(name, 0) for name in ("cache_read", "cache_write", "cache_write_1h"))
    thinking = row.get("thinking", 0)
    return {
        "new_input": row.get("input", 0) - read - written,
        "cache_read": read,
        "cache_write_5m": written - hour,
        "cache_write_1h": hour,
        "output": row.get("output", 0) - thinking,
        "thinking": thinking,
        "web_searches": row.get("web_searches", 0),
    }


Side = Mapping[tuple[Unit, str], Sums]
"""By unit and kind."""


class Without(Struct, frozen=True, kw_only=True):
    """Attempts of both periods that have no cost, and so are in no part."""

    service: str
    deployment: str
    attempts: int
    incomplete: int
    """Ended before they reported all usage."""
    unpriced: int
    """Without a rate."""
    of: int
    """All attempts of the service and deployment."""


class Cells(Struct, frozen=True):
    """An answer."""

    before: Side
    now: Side
    without: tuple[Without, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units, in a fixed order."""
        return tuple(sorted({unit for side in (self.before, self.now) for unit, _ in side}))


def read_cells(rows: Iterable[Row]) -> Cells:
    """The answer to ``cost_cells``."""
    sides: tuple[dict[tuple[Unit, str], Sums], ...] = ({}, {})
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        unit = Unit(*(str(row.get(name, "")) for name in Unit._fields))
        count = counts[unit.service, unit.deployment]
        count[3] += row["attempts"]
        if row.get("part"):
            sums = sides[bool(row["is_now"])].setdefault((unit, row["part"]), Sums())
            sums.add(row)
        else:
            for place, name in enumerate(("attempts", "incomplete", "unpriced")):
                count[place] += row.get(name, 0)
    without = tuple(
        Without(service=key[0], deployment=key[1], attempts=a, incomplete=i, unpriced=u, of=of)
        for key, (a, i, u, of) in sorted(counts.items())
        if i or u
    )
    return Cells(sides[0], sides[1], without)
