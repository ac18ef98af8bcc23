"""A drill: a world, what goes wrong in it, and the truth about it.

*Part*: one thing that goes wrong: a measure, a slice of the calls, a shape and a strength. *Truth*: what a
right answer says. It follows from the parts and from the planned calls alone; nothing that detects has a say
in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.incident_drills.measures import Measure
from tests.incident_drills.next_steps import Step, steps
from tests.incident_drills.shapes import Shape
from tests.incident_drills.world import Call, Slice, World, chance

TAIL = timedelta(hours=6)
"""How long before the end of a drill its calls may differ from those of its world."""
TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Part:
    """One thing that goes wrong, or a change without an effect where there is no measure."""

    measure: Measure | None
    slice: Slice
    shape: Shape
    strength: float = 1.0
    release: tuple[str, str] | None = None
    """A service that runs a new version from then on; where the slice names an instance, in it alone."""
    matters: bool = True
    """Whether it is to be found; not so what is too little to tell from chance."""

    def chosen(self, call: Call) -> bool:
        """Whether a call, released already, is one of the slice."""
        return call.matches(self.slice) and self.measurable(call)

    def measurable(self, call: Call) -> bool:
        """Whether a call has what is measured."""
        return call.stream or self.measure is None or not self.measure.streams_only


@dataclass(frozen=True)
class Finding:
    """What a right answer says of one thing that goes wrong."""

    cause: str
    causes: tuple[str, ...]
    """What it may be called; `cause` is the first."""
    direction: str
    owners: tuple[str, ...]
    """Each may be named; an empty one: nobody."""
    since: datetime
    since_earliest: datetime
    """The last call before it, where it is a silence: nobody can know more."""
    since_latest: datetime
    over: bool
    slice: Slice
    also: tuple[str, ...]
    others: tuple[tuple[str, tuple[str, ...]], ...]
    """By dimension of the slice: the values that are not affected."""
    affected: frozenset[str] = field(repr=False)
    """Ids of the calls of the slice, while it went on, in the time that is asked for."""
    scope: tuple[Call, ...] = field(repr=False)
    """The calls that `affected` are chosen from: all of that time."""
    changed: int
    """How many calls are changed, in the time that is asked for."""
    steps: tuple[Step, ...] = ()
    """What the next step has to name."""

    def is_since(self, moment: datetime) -> bool:
        """Whether it is right to say that it began then."""
        return self.since_earliest - TOLERANCE <= moment <= self.since_latest + TOLERANCE


@dataclass(frozen=True)
class Drill:
    """One situation, and the question."""

    name: str
    end: datetime
    parts: tuple[Part, ...] = ()
    asked: timedelta = timedelta(minutes=60)
    seed: int = 0

    @property
    def start(self) -> datetime:
        """From when on it is asked for."""
        return self.end - self.asked

    @property
    def tail(self) -> datetime:
        """From when on its calls may differ from those of the world."""
        return self.end - TAIL


@dataclass(frozen=True)
class Played:
    """A drill with its calls and its truth."""

    drill: Drill
    calls: list[Call] = field(repr=False)
    """Of its tail."""
    truth: tuple[Finding, ...]
    """Nothing: no alarm."""


def play(drill: Drill, world: World) -> Played:
    """What happens in a drill, and the truth about it."""
    calls = world.between(drill.tail, drill.end)
    reports = []
    for number, part in enumerate(drill.parts):
        before = list(_released(part, calls))
        calls, changed = _changed(part, before, f"{drill.name}/{drill.seed}/{number}")
        if part.measure is not None and part.matters:
            reports.append(_finding(drill, part, part.measure, before, calls, changed))
    return Played(drill, calls, tuple(reports))


def _released(part: Part, calls: Iterable[Call]) -> Iterator[Call]:
    """The calls, with the new version where it runs."""
    if part.release is None:
        yield from calls
        return
    service, version = part.release
    unversioned = tuple(pair for pair in part.slice if pair[0] == "instance")
    for call in calls:
        runs = call.service == service and call.at >= part.shape.since and call.matches(unversioned)
        yield replace(call, version=version) if runs else call


def _changed(part: Part, calls: Iterable[Call], seed: str) -> tuple[list[Call], list[Call]]:
    """All calls after the change, and those before it that it struck."""
    if part.measure is None:
        return list(calls), []
    own, measure = chance(seed), part.measure
    found: list[Call] = []
    struck = []
    for call in calls:
        level = part.shape.level(call.at) if part.chosen(call) else 0.0
        share = level * (part.strength if measure.is_share else 1.0)
        if own.random() < share:
            struck.append(call)
            found += measure.change(call, part.strength, own)
        else:
            found.append(call)
    return sorted(found, key=lambda one: one.at), struck


def _finding(  # noqa: PLR0917 - one for each thing the truth is made of
    drill: Drill, part: Part, measure: Measure, before: list[Call], after: list[Call], struck: list[Call]
) -> Finding:
    asked = [call for call in after if call.at >= drill.start]
    first = min((call.at for call in struck), default=part.shape.since)
    until = part.shape.until or drill.end
    is_silent = measure.name == "volume:silent"
    earlier = [call.at for call in before if part.chosen(call) and call.at < part.shape.since]
    # Who is silent made no call: the calls that it would have made stand for it.
    whole = asked if not is_silent else [call for call in before if call.at >= drill.start]
    scope = tuple(call for call in whole if part.shape.since <= call.at < until and part.measurable(call))
    ahead = max((timedelta(seconds=call.skew_s) for call in scope if part.chosen(call)), default=timedelta())
    return Finding(
        cause=measure.name,
        causes=(measure.name, *measure.accepted, *_unstreamed(measure, part, asked)),
        direction=measure.direction,
        owners=measure.owners(dimension for dimension, _ in part.slice),
        since=part.shape.since,
        since_earliest=max(earlier) if is_silent and earlier else part.shape.since,
        since_latest=max(first, part.shape.since_latest) + ahead,
        over=part.shape.until is not None,
        slice=part.slice,
        also=measure.also,
        others=tuple(_others(part, whole)),
        affected=frozenset(call.call_id for call in scope if part.chosen(call)),
        scope=scope,
        changed=sum(call.at >= drill.start for call in struck),
        steps=steps(measure.name, part.slice, part.release),
    )


def _unstreamed(measure: Measure, part: Part, calls: list[Call]) -> tuple[str, ...]:
    """What it may be called as well where most of the calls do not stream."""
    own = [call.stream for call in calls if part.chosen(call)]
    return measure.unstreamed if 2 * sum(own) < len(own) else ()


def _others(part: Part, calls: list[Call]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By dimension: the values that calls have which are like the slice in all but that one."""
    for dimension, value in part.slice:
        rest = tuple(pair for pair in part.slice if pair[0] != dimension)
        values = {call.value(dimension) for call in calls if call.matches(rest)}
        yield dimension, tuple(sorted(values - {value}))
