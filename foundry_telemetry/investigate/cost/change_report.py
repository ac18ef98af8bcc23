"""What ``cost --why`` reports: the change between two periods, its causes, and all of its parts."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from foundry_telemetry.investigate.cost.band import Band
from foundry_telemetry.investigate.cost.cells import Without
from foundry_telemetry.investigate.cost.evidence import Evidence

NO_DATA: Final = "no data"
Verdict = Literal["change", "usual", "no data"]
"""``usual``: no change beyond what days vary; ``no data``: one of the periods has no attempt with a cost."""


class PeriodCost(Struct, frozen=True, kw_only=True):
    """One of both periods."""

    since: datetime
    until: datetime
    usd: float
    attempts: int
    """With a cost."""


class Term(Struct, frozen=True, kw_only=True):
    """A value that a slice has in common."""

    dimension: str
    """``service``, ``deployment``, ``model`` or ``tag.<key>``."""
    value: str


class Part(Struct, frozen=True, kw_only=True):
    """What one factor made of the change, in one slice of the traffic."""

    factor: str
    """One of `split_change.FACTORS`."""
    terms: tuple[Term, ...]
    """None for all traffic, or for all that is in no other part of the factor."""
    usd: float
    """The parts of a report add up to its change."""
    rounded_usd: float
    """To the cent, or to 0.0001 where both costs are below a dollar; adds up to the change of the rounded
    costs."""


class Cause(Part, frozen=True, kw_only=True):
    """A part that is beyond what is usual."""

    share: float | None
    """Of the change; above 1 where other parts go the other way."""
    evidence: Evidence | None
    """The number that moved."""
    new_versions: tuple[str, ...] = ()
    """Versions that its attempts have now and had not before."""


class Why(Struct, frozen=True, kw_only=True):
    """All of it."""

    verdict: Verdict
    now: PeriodCost
    before: PeriodCost
    change_usd: float
    change_ratio: float | None
    """Of the cost before: 0.5 is half as much again."""
    band: Band | None
    """What is usual; ``None`` with too few days before."""
    filters: tuple[Term, ...]
    causes: tuple[Cause, ...]
    """The first explains most."""
    parts: tuple[Part, ...]
    """All of the change in order of drawing, from the cost before to the cost now."""
    factors: tuple[Part, ...]
    """The same by factor alone, in the same order."""
    without_cost: tuple[Without, ...]
    """Attempts that are in no part."""
