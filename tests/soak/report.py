"""From runs to figures, bounds and a table."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from statistics import linear_regression
from typing import Any

from tests.soak.calls import is_abandoned
from tests.soak.stage import Run
from tests.support.marked import table

MEGA = 2**20
MOST_DRIFT = 5 * MEGA
"""Bytes that the memory may move, either way, once everything is warm."""
MOST_OPEN = 8 * 1024
"""Bytes that an open call may retain of ours."""
WARM = 0.2
"""The part of a run that warms up: pools, caches, the queues of the exporters up to their usual length."""

LEAKS = ("open_attempts", "open_spans", "dropped_unreported", "threads", "losses")
PACKAGES = ("anthropic", "httpx", "httpx2", "opentelemetry-sdk")


@dataclass(frozen=True)
class Figure:
    """One line of what was found."""

    name: str
    found: float
    most: float | None = None
    """What it may be; without a bound the figure is for information."""
    unit: str = ""
    least: float | None = None
    """What it must be."""

    @property
    def is_kept(self) -> bool:
        """Whether the bound is kept."""
        return (self.most is None or self.found <= self.most) and (
            self.least is None or self.found >= self.least
        )

    def cell(self) -> str:
        """The figure, and whether its bound is broken."""
        return self._shown(self.found) + " **FAIL**" * (not self.is_kept)

    def bound(self) -> str:
        """What it may be, if it has a bound."""
        if self.least is not None:
            return f"at least {self._shown(self.least)}"
        return "" if self.most is None else self._shown(self.most)

    def _shown(self, value: float) -> str:
        if self.unit == "ratio":
            return f"{value:.2f}"
        return (f"{value:,.1f} MB" if self.unit == "MB" else f"{value:,.0f} {self.unit}").strip()


@dataclass
class Report:
    """All that was measured, by the name of the run."""

    figures: dict[str, list[Figure]] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether every bound is kept."""
        return all(figure.is_kept for figures in self.figures.values() for figure in figures)

    def as_json(self) -> dict[str, Any]:
        """The figures, with their bounds."""
        return {
            name: [{**vars(figure), "kept": figure.is_kept} for figure in figures]
            for name, figures in self.figures.items()
        }

    def markdown(self) -> str:
        """A table with a column for each run, under a line with the versions."""
        versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
        columns = [{figure.name: figure for figure in figures} for figures in self.figures.values()]
        first = {name: figure for column in reversed(columns) for name, figure in column.items()}
        names = dict.fromkeys(name for column in columns for name in column)
        rows = [["", *self.figures, "at most"]]
        for name in names:
            cells = [column[name].cell() if name in column else "" for column in columns]
            rows.append([name, *cells, first[name].bound()])
        return f"Python {platform.python_version()}, {versions}.\n\n{table(rows)}"


def accounted(run: Run) -> list[Figure]:
    """What holds for every run: each attempt that was served is recorded once, and nothing leaks."""
    abandoned = run.outcomes.get("abandoned", 0)
    served, delivered = set(run.served), set(run.delivered)
    return [
        Figure("attempts served", len(run.served)),
        Figure("ledger events delivered", len(run.delivered)),
        Figure("served, not delivered", len(served - delivered), 0),
        Figure("delivered, not served, or twice", len(run.delivered) - len(served & delivered), 0),
        Figure("events with the ids or tokens of another call", run.mixed, 0),
        Figure("attempts recorded as neither ok nor abandoned", len(run.delivered) - abandoned - ok(run), 0),
        Figure("attempts, spans, dropped bodies, threads left open", leaked(run), 0),
        Figure("failures of the process", (run.code != 0) + bool(run.errors), 0),
    ]


def ok(run: Run) -> int:
    """Attempts that were recorded as answered."""
    return run.outcomes.get("ok", 0)


def leaked(run: Run) -> int:
    """How much leaks; a run that ended early counts too."""
    found = [run.facts.get(name, 1) for name in LEAKS]
    return sum(len(one) if isinstance(one, list) else one for one in found)


def abandoned(run: Run) -> Figure:
    """How far the streams that were abandoned are from those that were recorded so."""
    expected = sum(map(is_abandoned, run.served))
    return Figure(
        "abandoned streams not recorded as such", abs(expected - run.outcomes.get("abandoned", 0)), 0
    )


def warm(run: Run) -> list[dict[str, float]]:
    """The samples after the warm-up."""
    return run.samples[int(len(run.samples) * WARM) :]


def memory(run: Run, control: Run | None = None) -> list[Figure]:
    """Speed, and the memory over time."""
    samples = warm(run)
    sizes = [sample["rss"] for sample in samples]
    drift = max(abs(size - sizes[0]) for size in sizes)
    found = [
        Figure("calls a second", run.samples[-1]["done"] / run.samples[-1]["seconds"]),
        Figure("memory after the warm-up", sizes[0] / MEGA, unit="MB"),
        Figure("memory moved since by", drift / MEGA, MOST_DRIFT / MEGA, "MB"),
        Figure("slope of the memory, an hour", slope(samples) * 3600 / MEGA, unit="MB"),
    ]
    if control is not None:
        beside = warm(control)
        first = beside[0]["rss"]
        moved = max(abs(sample["rss"] - first) for sample in beside)
        found += [
            Figure(
                "without telemetry: calls a second",
                control.samples[-1]["done"] / control.samples[-1]["seconds"],
            ),
            Figure("without telemetry: memory after the warm-up", first / MEGA, unit="MB"),
            Figure("without telemetry: memory moved since by", moved / MEGA, unit="MB"),
        ]
    return found


def slope(samples: list[dict[str, float]]) -> float:
    """Bytes a second, by least squares."""
    times = [sample["seconds"] for sample in samples]
    if not any(one != other for one, other in pairwise(times)):
        return 0.0
    return linear_regression(times, [sample["rss"] for sample in samples]).slope


def retained(run: Run, control: Run, count: int) -> list[Figure]:
    """What many open calls retain of ours, beside what they retain without us."""
    ours = (run.facts.get("retained", 0) - control.facts.get("retained", 0)) / count
    return [
        Figure("streams open at the same time", run.facts.get("open_at_once", 0)),
        Figure("not open at the same time", count - run.facts.get("open_at_once", 0), 0),
        Figure("memory of an open stream, telemetry alone", ours, MOST_OPEN, "bytes"),
    ]
