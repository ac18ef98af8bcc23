"""The alert rules: which query is asked how often, what of its answer is too much, and what to do then.

*Rule*: a scheduled query rule of Azure Monitor. It asks its query for the records of its *window* alone,
takes the *measure* of the rows of each combination of *dimensions*, and compares it with the *threshold*.
*Setting*: a number or text that stands in the query as ``{name}`` and comes from a parameter of the template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from dashboards.builder import texts
from foundry_telemetry.advice import ALL
from foundry_telemetry.kql import compose, files
from foundry_telemetry.wire.causes import CLASSES

Aggregation = Literal["Maximum", "Total"]
"""How the measures of several rows become one; a combination of dimensions has one row, so both may do."""

WINDOWS: Final = (
    "PT5M",
    "PT10M",
    "PT15M",
    "PT30M",
    "PT45M",
    "PT1H",
    "PT2H",
    "PT3H",
    "PT4H",
    "PT5H",
    "PT6H",
    "P1D",
    "P2D",
)
"""The windows that the service takes, shortest first."""

SUCCESS_TARGETS: Final = ("95", "97", "98", "99", "99.5", "99.9", "99.95")
"""Percent of the calls; texts, because templates have no fractions.

With 90 not even failures alone would burn the budget 14 times too fast: the rule could not fire.
"""

_CALLER: Final = ("service", "deployment")


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What the measure must exceed; whole numbers, because templates have no others."""

    default: int
    most: int
    least: int = 0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One alert rule."""

    key: str
    """What the names of its parameters begin with."""
    query: str
    """Name of its file in `alerts/`."""
    severity: Literal[1, 2, 3]
    """1 an error that users feel now, 2 a warning, 3 for information."""
    measure: str
    """Column of the answer."""
    threshold: Threshold
    window: str
    """By default, as ISO 8601 duration."""
    windows: tuple[str, ...]
    """Those offered; one alone is no parameter."""
    frequency: str
    """How often it is evaluated, as ISO 8601 duration."""
    aggregation: Aggregation = "Maximum"
    dimensions: tuple[str, ...] = _CALLER
    settings: Mapping[str, str] = field(default_factory=dict)
    """Setting in the query: the template's parameter that it comes from."""
    needs: str | None = None
    """The parameter without which it makes no sense: it is deployed where that is above zero."""

    @property
    def title(self) -> str:
        """Its name."""
        return texts.alert(self.key, "title")

    @property
    def description(self) -> str:
        """What happened and what to do: it stands in the notification."""
        causes = {"causes": _next_steps()} if "cause" in self.dimensions else {}
        return f"{texts.alert(self.key, 'description', **causes)} {texts.DEPLOYED['alerts']['workbook']}"

    @property
    def meaning(self) -> str:
        """Unit and sense of the threshold, for who sets it."""
        return texts.alert(self.key, "threshold")

    @property
    def slug(self) -> str:
        """Its key in the form of resource names."""
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in self.key)


@cache
def text(name: str) -> str:
    """The query of the file `name` as a rule asks it, its settings still to be filled in."""
    return compose.composed(files.alert(name))


def _windows(first: str, last: str) -> tuple[str, ...]:
    return WINDOWS[WINDOWS.index(first) : WINDOWS.index(last) + 1]


_MINIMUM: Final = {"minimumCalls": "minimumCalls"}
_BUDGET: Final = {"monthlyBudgetUsd": "monthlyBudgetUsd"}
_MINUTES: Final = _windows("PT5M", "PT6H")


def _next_steps() -> str:
    """The next step of each cause of an authentication failure, a line each."""
    refusals = [name for name, known in CLASSES.items() if known.auth_failure]
    return "\n".join(f"{name}: {ALL[name].next_step}" for name in refusals)


RULES: Final = (
    Rule(
        key="authFailures",
        query="auth_failures",
        severity=1,
        measure="failed_calls",
        threshold=Threshold(
            default=4,
            most=1_000_000,
        ),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        dimensions=(*_CALLER, "cause"),
    ),
    Rule(
        key="throttled",
        query="throttled",
        severity=2,
        measure="throttled_percent",
        threshold=Threshold(default=10, most=100),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        settings=_MINIMUM,
    ),
    Rule(
        key="errorBudgetFast",
        query="error_budget",
        severity=1,
        measure="burn_rate",
        threshold=Threshold(default=14, most=1_000, least=1),
        window="PT1H",
        windows=_windows("PT30M", "PT6H"),
        frequency="PT5M",
        settings=_MINIMUM | {"successTarget": "successTarget", "shortMinutes": "errorBudgetFastShortMinutes"},
    ),
    Rule(
        key="errorBudgetSlow",
        query="error_budget",
        severity=2,
        measure="burn_rate",
        threshold=Threshold(default=6, most=1_000, least=1),
        window="PT6H",
        windows=_windows("PT1H", "P1D"),
        frequency="PT15M",
        settings=_MINIMUM | {"successTarget": "successTarget", "shortMinutes": "errorBudgetSlowShortMinutes"},
    ),
    Rule(
        key="firstToken",
        query="first_token",
        severity=3,
        measure="first_token_p95_ms",
        threshold=Threshold(default=10_000, most=600_000, least=1),
        window="PT30M",
        windows=_windows("PT15M", "PT6H"),
        frequency="PT15M",
        settings=_MINIMUM,
    ),
    Rule(
        key="spendHour",
        query="spend",
        severity=1,
        measure="budget_percent",
        threshold=Threshold(default=2, most=100, least=1),
        window="PT1H",
        windows=_windows("PT15M", "PT6H"),
        frequency="PT15M",
        aggregation="Total",
        dimensions=(),
        settings=_BUDGET,
        needs="monthlyBudgetUsd",
    ),
    Rule(
        key="spendDay",
        query="spend",
        severity=2,
        measure="budget_percent",
        threshold=Threshold(default=5, most=100, least=1),
        window="P1D",
        windows=("P1D", "P2D"),
        frequency="PT1H",
        aggregation="Total",
        dimensions=(),
        settings=_BUDGET,
        needs="monthlyBudgetUsd",
    ),
    Rule(
        key="noData",
        query="no_data",
        severity=2,
        measure="silent_minutes",
        threshold=Threshold(default=60, most=480, least=15),
        window="P1D",
        windows=("P1D",),
        frequency="PT15M",
        dimensions=("service",),
        settings={"activeQuarters": "noDataActiveQuarters"},
    ),
    Rule(
        key="retryStorm",
        query="retry_storm",
        severity=2,
        measure="retries_per_100_calls",
        threshold=Threshold(default=50, most=10_000),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        settings=_MINIMUM,
    ),
)
"""All rules, in the order in which people should think of them."""
