"""The page on how `incident` decides says what the engine does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import pytest

from docs.builder import markdown
from foundry_telemetry.investigate.incident import duplicates, period, report, scan
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, OF_UNITS
from foundry_telemetry.investigate.incident.judging import ENOUGH, MOST_FAILED, NO_HISTORY
from foundry_telemetry.investigate.incident.measures import MEASURES, Measure, failures
from foundry_telemetry.investigate.incident.statistics import of_share

PAGE: Final = (Path(__file__).parents[2] / "docs/concepts/incidents.md").read_text(encoding="utf-8")
FAILURES: Final = failures(("", ""))._replace(name="failures")
_EXPECTED: Final = 0.7
"""Part of the fewest attempts that must be beyond the baseline; `Measure.matters` has it."""


def limits(measure: Measure) -> tuple[str, str, str]:
    """What is still usual, from where it matters, and of how many attempts."""
    ratio, points, is_lower = measure.edge
    if measure.kind == "share":
        usual = f"1/{ratio:g}, {_points(points)} less" if is_lower else f"{ratio:g}x, {_points(points)} more"
        least = f"{_points(measure.least)} {'less' if is_lower else 'more'}"
        return usual, least, f"{measure.fewest * _EXPECTED:g} changed attempts"
    of = "attempts" if measure.kind == "mean" else "baseline calls" if is_lower else "calls"
    return _ratio(ratio, is_lower), _ratio(measure.least, is_lower), f"{measure.fewest} {of}"


def _points(share: float) -> str:
    return f"{100 * share:g} point{'' if share == 0.01 else 's'}"


def _ratio(ratio: float, is_lower: bool) -> str:
    return f"1/{ratio:g}" if is_lower else f"{ratio:g}x"


@pytest.mark.parametrize("measure", [FAILURES, *MEASURES, duplicates.MEASURE], ids=lambda one: one.name)
def test_each_measure_is_a_row(measure: Measure) -> None:
    """The table has each measure with its thresholds; those of the code are the expected ones."""
    name = measure.name if measure is FAILURES else markdown.code(measure.name)
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
    assert tuple(cell.strip() for cell in row.strip("| ").split("|"))[2:] == limits(measure)


def test_each_dimension_is_named() -> None:
    """What a change can be narrowed down by."""
    for name in (*OF_UNITS, *(one.name for one in DIMENSIONS)):
        assert f"| `{name}` |" in PAGE


_COMPARISONS: Final = 5_000
"""What the page takes as an example."""
_THRESHOLD: Final = scan.CLEAR + math.log(_COMPARISONS)


@pytest.mark.parametrize(("attempts", "is_clear"), [(4, True), (50, False)])
def test_four_failures(attempts: int, is_clear: bool) -> None:
    """Four of four are clear where the baseline has none, four of fifty are not."""
    assert f"with n = {_COMPARISONS:,} it is {_THRESHOLD:.1f}" in PAGE
    assert "four failures of four attempts are clear, and four of fifty are not" in PAGE
    found = of_share(4, attempts, 0.0, 1_000, FAILURES.edge)
    assert (found.gain >= _THRESHOLD) == is_clear


@pytest.mark.parametrize(
    "said",
    [
        f"threshold is {scan.CLEAR:g} + ln(n)",
        f"exp(-{scan.CLEAR:g}) = {math.exp(-scan.CLEAR):.1e}".replace("e-0", "e-"),
        f"at least {ENOUGH} attempts",
        f"against {NO_HISTORY.value * 100:g} in 100, as if {NO_HISTORY.count:g} attempts",
        f"counts as at most {100 * MOST_FAILED:g} %",
        f"at most {report._MOST} findings",
        f"above {report._MOST_LOOKED_AT:,} attempts with the baseline",
        f"up to {report._TOO_FEW} attempts",
        f"last {period._LEAST.total_seconds() / 3_600:g} hours",
        f"last {period._FURTHER.total_seconds() / 3_600:g} hours",
    ],
)
def test_figures(said: str) -> None:
    """Figures of the page are those of the code."""
    assert said in " ".join(PAGE.split())
