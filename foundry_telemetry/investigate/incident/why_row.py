"""What one row of the tables of `why` is, and conditions that several rows share.

*Condition*: a function from the evidence to the values that the texts of its row name, or ``None`` where the
row does not hold. What a text claims is what its condition measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.incident.evidence import Evidence
from foundry_telemetry.investigate.incident.finding import FirstSeen
from foundry_telemetry.investigate.incident.numbers import compared, offset, share_of
from foundry_telemetry.investigate.texts import CALL
from foundry_telemetry.observation import Owner

Values = Mapping[str, str]
Condition = Callable[[Evidence], Values | None]

FAILED_ATTEMPT: Final = ("failed attempt", "failed attempts")
_OTHER_INSTANCE: Final = ("other instance is", "other instances are")
_SHOWN: Final = 3
_LEAST_OFFSET_S: Final = 30.0
"""Clocks that differ by less explain nothing."""


class Row(Struct, frozen=True, kw_only=True):
    """One thing that evidence can show, and what to do about it."""

    name: str
    """Of the reason in JSON; no other row has it."""
    about: tuple[str, ...] = ()
    """Causes it is about; without any it is about all."""
    found: Condition
    text: str
    """One sentence, or two."""
    next_step: str = ""
    """In place of the one of the cause; empty where the evidence does not change it."""
    command: str | None = None
    owner: Owner | None = None
    """Who has to act by this evidence, where the record does not say."""
    reassigns: bool = False
    """Whether the owner holds even where the record names another."""


def all_of(*conditions: Condition) -> Condition:
    """A condition that holds where all do, with the values of all."""

    def found(evidence: Evidence) -> Values | None:
        values: dict[str, str] = {}
        for condition in conditions:
            more = condition(evidence)
            if more is None:
                return None
            values |= more
        return values

    return found


def not_moved(*measures: str) -> Condition:
    """Holds where none of these measures changed."""
    return lambda evidence: None if evidence.has_moved(*measures) else {}


def moved(measure: str, direction: str = "higher", name: str = "change") -> Condition:
    """Holds where a measure changed in a direction."""

    def found(evidence: Evidence) -> Values | None:
        change = evidence.moved(measure, direction)
        return None if change is None else {name: compared(change)}

    return found


def has_code(*prefixes: str) -> Condition:
    """Holds where most failed attempts that have a code have one that begins so."""

    def found(evidence: Evidence) -> Values | None:
        code = evidence.codes(*prefixes)
        return None if code is None else {"code": code[0], "attempts": many(code[1], FAILED_ATTEMPT)}

    return found


def one_instance(evidence: Evidence) -> Values | None:
    """Holds where one instance is affected and others of its kind are not."""
    term = evidence.term("instance")
    if term is None:
        return None
    return {"instance": term.value, "others": many(len(term.unaffected), _OTHER_INSTANCE)}


def not_parted_by(*dimensions: str) -> Condition:
    """Holds where none of these dimensions parts the affected from others; ``tag`` stands for every tag."""

    def found(evidence: Evidence) -> Values | None:
        named = {term.dimension.partition(" ")[0] for term in evidence.finding.extent if term.unaffected}
        return None if named & set(dimensions) else {}

    return found


def new(dimension: str) -> Condition:
    """Holds where the affected have a value that earlier attempts had not, in place of another."""

    def found(evidence: Evidence) -> Values | None:
        seen = evidence.new(dimension)
        return _as_values(evidence, seen) if seen is not None and seen.before else None

    return found


def nothing_new(dimension: str) -> Condition:
    """Holds where the affected have no value of a dimension that earlier attempts had not."""
    return lambda evidence: {} if evidence.new(dimension) is None else None


def _as_values(evidence: Evidence, seen: FirstSeen) -> Values:
    before = ", ".join(seen.before[:_SHOWN])
    return {"new": seen.value, "at": evidence.when(seen.at), "before": before}


def one_value(dimension: str) -> Condition:
    """Holds where one value of a dimension is affected and others are not."""

    def found(evidence: Evidence) -> Values | None:
        term = evidence.term(dimension)
        if term is None:
            return None
        return {"value": term.value, "unaffected": ", ".join(term.unaffected[:_SHOWN])}

    return found


def region(evidence: Evidence) -> Values:
    """Holds always; names the region where all examples were answered in one."""
    value = evidence.region()
    return {"in_region": f" in {value}" if value else ""}


def one_tag(evidence: Evidence) -> Values | None:
    """Holds where all affected attempts have one tag in common."""
    term = evidence.tag()
    return None if term is None else {"tag": f"{term.dimension.removeprefix('tag ')} {term.value}"}


def share_of_load(evidence: Evidence) -> Values | None:
    """The part of all calls of the time asked about that the affected made, in it or since the change."""
    calls, whole = evidence.finding.calls, evidence.report.totals.calls
    if not 0 < calls <= whole:
        return None
    is_earlier = evidence.finding.period.since < evidence.report.start
    return {
        "calls": f"{calls:,}",
        "when": "" if is_earlier else " since the change",
        "whole": many(whole, CALL),
        "share": share_of(calls / whole),
    }


def clock_differs(evidence: Evidence) -> Values | None:
    """Holds where the newest example that reports a clock has one that is wrong."""
    seconds = evidence.clock_offset_s()
    if seconds is None or abs(seconds) < _LEAST_OFFSET_S:
        return None
    return {"offset": offset(seconds), "side": "ahead of" if seconds > 0 else "behind"}
