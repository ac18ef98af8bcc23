"""The truth of a drill follows from its parts, and from nothing that detects."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import fmean

import pytest

from tests.incident_drills import ledger
from tests.incident_drills.composed import DAYS, composed
from tests.incident_drills.measures import MEASURES
from tests.incident_drills.named import HEALTHY, NAMED, THURSDAY, where
from tests.incident_drills.scenarios import Drill, Part, Played, play
from tests.incident_drills.shapes import KINDS, RISE, Kind, Shape
from tests.incident_drills.world import Call, World

HERE = Path(__file__).parent
MAKING = ("topology", "world", "ledger", "measures", "shapes", "scenarios", "named", "composed")
"""The modules that make drills and their truth."""
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("module", MAKING)
def test_nothing_that_detects_has_a_say(module: str) -> None:
    """No module that makes drills imports what answers, or what judges."""
    tree = ast.parse((HERE / f"{module}.py").read_text())
    imported = [
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert imported
    for name in imported:
        assert not name.startswith(("foundry_telemetry.investigate", "foundry_telemetry.kql"))
        assert name.rpartition(".")[2] not in ("answer", "judge", "stage")


def test_there_are_enough(drills: list[Drill], played: list[Played]) -> None:
    """At least 60, 40 of them composed; all measures and shapes, two at once, and quiet ones are there."""
    assert len(drills) >= 60
    assert len({drill.name for drill in drills}) == len(drills)
    assert sum(drill.name.startswith("composed") for drill in drills) >= 40
    assert len(HEALTHY) >= 10
    causes = {one.cause for each in played for one in each.truth}
    assert set(MEASURES) - causes <= {"client_timeout", "stream_truncated"}  # composed, by another seed
    assert {part.shape.kind for drill in drills for part in drill.parts} == set(KINDS)
    assert sum(len(each.truth) > 1 for each in played) >= 5


_FEWEST = 8
"""Changed calls of a drill that is written down; those composed have more."""


def test_the_truth_is_that_of_the_parts(played: list[Played]) -> None:
    """Each part that matters is a finding: its cause, slice, beginning and end; the others are none."""
    for each in played:
        parts = [part for part in each.drill.parts if part.measure and part.matters]
        assert len(each.truth) == len(parts)
        for part, finding in zip(parts, each.truth, strict=True):
            assert part.measure is not None
            assert (finding.cause, finding.slice) == (part.measure.name, part.slice)
            assert finding.since_earliest <= finding.since == part.shape.since <= finding.since_latest
            assert finding.since_earliest == finding.since or finding.cause == "volume:silent"
            assert finding.over == (part.shape.until is not None)
            assert finding.changed >= min(_FEWEST, len(finding.affected))
            for dimension, value in part.slice:
                assert value not in dict(finding.others)[dimension]


def test_who_is_affected_is_who_is_in_the_slice(played: list[Played]) -> None:
    """The affected calls are those of the slice while it goes on, and no others."""
    for each in played:
        parts = [part for part in each.drill.parts if part.measure and part.matters]
        for part, finding in zip(parts, each.truth, strict=True):
            assert finding.affected
            assert all(call.at < (part.shape.until or each.drill.end) for call in finding.scope)
            for call in finding.scope:
                assert call.matches(finding.slice) == (call.call_id in finding.affected)
                assert call.at >= max(finding.since, each.drill.start)


def test_what_is_not_struck_is_as_ever(two_days: World, played: list[Played]) -> None:
    """Before it begins, and beside the slice, every call is that of the world."""
    usual = {call.call_id: call for call in two_days.calls}
    for each in played:
        parts = each.drill.parts
        for call in each.calls:
            begun = [part for part in parts if part.shape.since <= call.at]
            if not any(part.release or part.chosen(call) for part in begun):
                assert call == usual[call.call_id]


def test_a_quiet_drill_is_its_world(two_days: World) -> None:
    """Where nothing goes wrong the calls are the world's, and no alarm is right."""
    for drill in HEALTHY:
        if drill.tail.day in DAYS and not drill.parts:
            each = play(drill, two_days)
            assert each.calls == two_days.between(drill.tail, drill.end) != []
            assert each.truth == ()
    assert all(not play(drill, two_days).truth for drill in HEALTHY)


def test_composing_is_the_same_each_time(two_days: World, drills: list[Drill]) -> None:
    """The same seed composes the same drills with the same calls; another seed composes others."""
    again = composed(two_days, many=8)
    assert again == drills[len(NAMED) :][:8]
    assert play(again[0], two_days) == play(drills[len(NAMED)], two_days)
    assert composed(two_days, seed=19, many=2) != again[:2]


@pytest.mark.parametrize("kind", KINDS)
def test_shapes(kind: Kind) -> None:
    """Nothing before it begins; then all, a rising part, now and then, or all until it ends."""
    until = THURSDAY + 30 * MINUTE if kind == "ended" else None
    shape = Shape(kind, THURSDAY, until)
    levels = [shape.level(THURSDAY + minute * MINUTE) for minute in range(-5, 60)]
    assert not any(levels[:5])
    after = levels[5:]
    match kind:
        case "step":
            assert set(after) == {1.0}
        case "ramp":
            assert after == sorted(after)
            assert after[int(RISE / MINUTE)] == 1.0
        case "intermittent":
            assert set(after) == {0.0, 1.0}
            assert after[0] == 1.0
        case "ended":
            assert (set(after[:30]), set(after[30:])) == ({1.0}, {0.0})


def _is_stopped(name: str) -> Callable[[Call], float]:
    return lambda call: float(call.stop_reason == name.removeprefix("stop_reason:"))


NUMBERS: dict[str, Callable[[Call], float]] = {
    "latency": ledger.duration_ms,
    "time_to_first_token": lambda call: call.ttft_ms,
    "time_per_output_token": lambda call: call.tpot_ms,
    **{name: _is_stopped(name) for name in MEASURES if name.startswith("stop_reason:")},
    "input_tokens": lambda call: call.uncached + call.cache_read,
    "output_tokens": lambda call: call.output_tokens,
    "cache_hit_rate": lambda call: call.cache_read / (call.uncached + call.cache_read),
    "cost": ledger.cost_usd,
    "attempts": lambda call: call.attempts,
    "duplicates": lambda call: call.copies,
    "clock_skew": lambda call: call.skew_s,
}
"""The number of a call that a measure moves; of a failure class, how many of its attempts failed so."""


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_moves_its_number(two_days: World, name: str) -> None:
    """At its least strength each measure strikes as many calls as it says, and moves what it is named for."""
    measure = MEASURES[name]
    strength = measure.strengths[0]
    own, since = where(service="orders-api"), THURSDAY - 60 * MINUTE
    drill = Drill(name, THURSDAY, (Part(measure, own, Shape("step", since), strength),))
    each = play(drill, two_days)
    (finding,) = each.truth
    before = [call for call in two_days.between(since, drill.end) if call.matches(own)]
    after = [call for call in each.calls if call.matches(own) and call.at >= since]
    if name.startswith("volume:"):
        assert (len(after) > 1.5 * len(before)) if finding.direction == "higher" else not after
        return
    number = NUMBERS.get(name, lambda call: call.errors.count(name))
    assert finding.changed / len(before) == pytest.approx(strength if measure.is_share else 1.0, abs=0.25)
    old, new = fmean(map(number, before)), fmean(map(number, after))
    assert new < 0.8 * old if finding.direction == "lower" else new > 1.05 * old
    moved = {
        other for other, count in NUMBERS.items() if fmean(map(count, before)) != fmean(map(count, after))
    }
    alike = {other for other in NUMBERS if other.partition(":")[0] == name.partition(":")[0]}
    assert moved <= {name, *measure.also, *alike}
