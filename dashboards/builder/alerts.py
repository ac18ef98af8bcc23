"""The alert rules: which query is asked how often, what of its answer is too much, and what to do then.

*Baseline*: what a rule compares with. A log search alert sees two days at most, so it is the same hours of
the day before, and never last week. (Azure's dynamic thresholds are no choice here: they learn from days of
one time series, and have no minimum of calls.)
"""

from __future__ import annotations

from functools import cache
from typing import Final

from dashboards.builder.alert_rule import CALLER, WINDOWS, Rule, Threshold, windows
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.roads import DIRECT

__all__ = ["RULES", "SUCCESS_TARGETS", "WINDOWS", "Rule", "text"]

SUCCESS_TARGETS: Final = ("95", "97", "98", "99", "99.5", "99.9", "99.95")
"""Percent of the calls; texts, because templates have no fractions.

With 90 not even failures alone would burn the budget 14 times too fast: the rule could not fire.
"""

_MINIMUM: Final = {"minimumCalls": "minimumCalls"}
_BEFORE: Final = _MINIMUM | {"recentMinutes": "recentMinutes"}
_BUDGET: Final = {"monthlyBudgetUsd": "monthlyBudgetUsd"}
_MINUTES: Final = windows("PT5M", "PT6H")


@cache
def text(name: str) -> str:
    """The query of the file `name` as a rule asks it, its settings still to be filled in."""
    return template_text(name).replace(f"{{{compose.LEDGER}}}", DIRECT.alone)


def template_text(name: str) -> str:
    """The same, with the ledger of one road to be filled in.

    Azure does not support rules with `union` (Microsoft's page on optimizing log search alert queries), so a
    rule reads the one table that the template's parameter names.
    """
    return compose.composed(files.alert(name)).replace(compose.roads_text(), f"{{{compose.LEDGER}}}")


RULES: Final = (
    Rule(
        key="deploymentFailing",
        query="deployment_failing",
        severity=1,
        measure="failed_percent",
        threshold=Threshold(default=40, most=99, least=1),
        window="PT10M",
        windows=windows("PT10M", "PT1H"),
        frequency="PT5M",
        delay_min=5,
        tab="incident",
        settings={"minimumFailedCalls": "minimumFailedCalls"},
    ),
    Rule(
        key="authFailures",
        query="auth_failures",
        severity=1,
        measure="failed_calls",
        threshold=Threshold(default=4, most=1_000_000),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        delay_min=10,
        tab="auth",
        dimensions=(*CALLER, "cause"),
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
        delay_min=10,
        tab="limits",
        settings=_MINIMUM,
    ),
    Rule(
        key="errorBudgetFast",
        query="error_budget",
        severity=1,
        measure="burn_rate",
        threshold=Threshold(default=14, most=1_000, least=1),
        window="PT1H",
        windows=windows("PT30M", "PT6H"),
        frequency="PT5M",
        delay_min=55,
        tab="incident",
        settings=_MINIMUM | {"successTarget": "successTarget", "shortMinutes": "errorBudgetFastShortMinutes"},
    ),
    Rule(
        key="errorBudgetSlow",
        query="error_budget",
        severity=2,
        measure="burn_rate",
        threshold=Threshold(default=6, most=1_000, least=1),
        window="PT6H",
        windows=windows("PT1H", "P1D"),
        frequency="PT15M",
        delay_min=345,
        tab="incident",
        settings=_MINIMUM | {"successTarget": "successTarget", "shortMinutes": "errorBudgetSlowShortMinutes"},
    ),
    Rule(
        key="slower",
        query="slower",
        severity=3,
        measure="slower_percent",
        threshold=Threshold(default=50, most=10_000, least=1),
        window="P2D",
        windows=("P2D",),
        frequency="PT15M",
        delay_min=5,
        tab="incident",
        dimensions=(*CALLER, "measure"),
        settings=_BEFORE,
    ),
    Rule(
        key="firstToken",
        query="first_token",
        severity=3,
        measure="first_token_p95_ms",
        threshold=Threshold(default=10_000, most=600_000, least=1),
        window="PT30M",
        windows=windows("PT15M", "PT6H"),
        frequency="PT15M",
        delay_min=15,
        tab="streams",
        settings=_MINIMUM,
    ),
    Rule(
        key="stopReasons",
        query="stop_reasons",
        severity=3,
        measure="more_points",
        threshold=Threshold(default=10, most=99, least=1),
        window="P2D",
        windows=("P2D",),
        frequency="PT15M",
        delay_min=5,
        tab="incident",
        dimensions=(*CALLER, "stop_reason"),
        settings=_BEFORE,
    ),
    Rule(
        key="spendChange",
        query="spend_change",
        severity=2,
        measure="above_percent",
        threshold=Threshold(default=100, most=100_000, least=1),
        window="P2D",
        windows=("P2D",),
        frequency="PT15M",
        delay_min=5,
        tab="cost",
        settings=_MINIMUM | {"minimumUsd": "spendChangeMinimumUsd"},
    ),
    Rule(
        key="spendHour",
        query="spend",
        severity=1,
        measure="budget_percent",
        threshold=Threshold(default=2, most=100, least=1),
        window="PT1H",
        windows=windows("PT15M", "PT6H"),
        frequency="PT15M",
        delay_min=45,
        tab="cost",
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
        delay_min=1380,
        tab="cost",
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
        threshold=Threshold(default=30, most=480, least=10),
        window="P2D",
        windows=("P2D",),
        frequency="PT15M",
        delay_min=5,
        tab="health",
        dimensions=("service",),
        settings=_MINIMUM,
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
        delay_min=10,
        tab="incident",
        settings=_MINIMUM,
    ),
)
"""All rules, in the order in which people should think of them."""
