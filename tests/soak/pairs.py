"""Calls a second with telemetry as a part of those without, in paired runs.

A machine that is busy with other work slows both of a pair.
"""

from __future__ import annotations

from statistics import median
from typing import Any, Protocol

from tests.soak.report import Figure, warm
from tests.soak.stage import Run

CONTROL = "without telemetry"
LEAST = {"SDK spans on": 0.60, "own span": 0.66}
"""Of the calls a second without telemetry, by what makes the span of the SDK's calls."""

ROUND_CALLS = 2_000
"""Calls of one run: enough to leave its warm-up out, few enough for the runs of a round to be alike."""


class Make(Protocol):
    """Makes a run; see `stage.run`."""

    def __call__(self, title: str, plan: dict[str, Any], *, control: bool) -> Run:
        """A run of this plan."""


def paired(rounds: int, make: Make) -> list[Figure]:
    """Rounds of one run without telemetry and one of each kind with it; every second one goes backwards."""
    kinds: dict[str, dict[str, Any]] = {
        CONTROL: {},
        **{kind: {"sdk_spans": kind == "SDK spans on"} for kind in LEAST},
    }
    found: dict[str, list[Run]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind in reversed(kinds) if number % 2 else kinds:
            plan = {"calls": ROUND_CALLS, **kinds[kind]}
            found[kind].append(make(f"{kind}, {number + 1} of {rounds}", plan, control=kind == CONTROL))
    return ratios(found)


def ratios(found: dict[str, list[Run]]) -> list[Figure]:
    """The figures of runs by kind; those at the same place of the lists belong to one round."""
    controls = [rate(run) for run in found[CONTROL]]
    figures = [Figure(f"{CONTROL}: calls a second", median(controls))]
    for kind, least in LEAST.items():
        rates = [rate(run) for run in found[kind]]
        parts = [one / control for one, control in zip(rates, controls, strict=True)]
        figures += [
            Figure(f"{kind}: calls a second", median(rates)),
            Figure(f"{kind}: part of those without telemetry", median(parts), least=least, unit="ratio"),
            Figure(f"{kind}: not delivered once", sum(map(_unequal, found[kind])), 0),
        ]
    failures = sum((run.code != 0) + bool(run.errors) for runs in found.values() for run in runs)
    return [*figures, Figure("failures of the process", failures, 0)]


def rate(run: Run) -> float:
    """Calls a second, once all is warm; 0 where the run ended before."""
    samples = warm(run)
    if len(samples) < 2:
        return 0.0
    first, last = samples[0], samples[-1]
    return (last["done"] - first["done"]) / (last["seconds"] - first["seconds"])


def _unequal(run: Run) -> int:
    return len(set(run.served) ^ set(run.delivered)) + len(run.delivered) - len(set(run.delivered))
