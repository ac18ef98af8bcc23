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
    meaning: str
    """Unit and sense, for who sets it."""
    least: int = 0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One alert rule."""

    key: str
    """What the names of its parameters begin with."""
    query: str
    """Name of its file in `alerts/`."""
    title: str
    severity: Literal[1, 2, 3]
    """1 an error that users feel now, 2 a warning, 3 for information."""
    description: str
    """What happened and what to do: it stands in the notification."""
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


def _first_steps() -> str:
    """What to do first about each class of refusal, a line each."""
    refusals = [name for name, known in CLASSES.items() if known.auth_failure]
    return "\n".join(f"{name}: {ALL[name].next_step}" for name in refusals)


_WHERE: Final = "The link to the workbook is in the payload of this alert, as the custom property workbook."

RULES: Final = (
    Rule(
        key="authFailures",
        query="auth_failures",
        title="Foundry: calls are refused for their credential or role",
        severity=1,
        description="Calls end with 401 or 403, and trying again does not help. The dimension cause is the "
        f"class; what to do first, by class:\n{_first_steps()}\nThe tab Auth of the workbook shows who is "
        f"refused since when, with the ids for a support request. {_WHERE}",
        measure="failed_calls",
        threshold=Threshold(
            default=4, most=1_000_000, meaning="refused calls of one cause within the window"
        ),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        dimensions=(*_CALLER, "cause"),
    ),
    Rule(
        key="throttled",
        query="throttled",
        title="Foundry: attempts are turned away with 429",
        severity=2,
        description="A limit of requests or tokens a minute is reached. Limits belong to the subscription "
        "and the model, and all services share them. Look at the tab Limits of the workbook: who uses how "
        "much of them, and whether requests, uncached input or output tokens are what is short. Then spread "
        "the load, let what can wait be sent later, cache more of the prompt (cached input does not count), "
        "or ask for a higher limit. More retries make it worse: honour retry-after. " + _WHERE,
        measure="throttled_percent",
        threshold=Threshold(default=10, most=100, meaning="percent of the attempts within the window"),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        settings=_MINIMUM,
    ),
    Rule(
        key="errorBudgetFast",
        query="error_budget",
        title="Foundry: the error budget burns fast",
        severity=1,
        description="Calls fail so often that the budget of a month would be gone within about two days, "
        "over the window and still now. Users feel this. Open the tab Incident of the workbook: failures by "
        "whose move it is say whether to mend the service (caller_…, client), to ask for more (quota) or to "
        "wait and to open a ticket (azure, model_service); the last failed attempts have both ids for it. "
        "" + _WHERE,
        measure="burn_rate",
        threshold=Threshold(default=14, most=1_000, meaning="times faster than the budget lasts", least=1),
        window="PT1H",
        windows=_windows("PT30M", "PT6H"),
        frequency="PT5M",
        settings=_MINIMUM | {"successTarget": "successTarget", "shortMinutes": "errorBudgetFastShortMinutes"},
    ),
    Rule(
        key="errorBudgetSlow",
        query="error_budget",
        title="Foundry: the error budget burns",
        severity=2,
        description="Calls fail steadily, so that the budget of a month would be gone within about five "
        "days, over the window and still now. Open the tab Incident of the workbook and compare failures by "
        "class with the weeks before: something changed. " + _WHERE,
        measure="burn_rate",
        threshold=Threshold(default=6, most=1_000, meaning="times faster than the budget lasts", least=1),
        window="PT6H",
        windows=_windows("PT1H", "P1D"),
        frequency="PT15M",
        settings=_MINIMUM | {"successTarget": "successTarget", "shortMinutes": "errorBudgetSlowShortMinutes"},
    ),
    Rule(
        key="firstToken",
        query="first_token",
        title="Foundry: streams begin late",
        severity=3,
        description="Five of 100 streams take longer to their first token than the threshold. Open the tab "
        "Streams of the workbook. If all deployments of a model are slow, the model service is: wait, or "
        "move to another deployment or region. If one service is, look at its prompts (length, caching, "
        "thinking) and at its connections. " + _WHERE,
        measure="first_token_p95_ms",
        threshold=Threshold(
            default=10_000, most=600_000, meaning="milliseconds, at the 95th percentile", least=1
        ),
        window="PT30M",
        windows=_windows("PT15M", "PT6H"),
        frequency="PT15M",
        settings=_MINIMUM,
    ),
    Rule(
        key="spendHour",
        query="spend",
        title="Foundry: an hour cost a large part of the month's budget",
        severity=1,
        description="In this short time calls cost far more than their part of the monthly budget: a loop, a "
        "retry storm, or a job that nobody expected. The rows of the alert's query say which service and "
        "deployment spent it, at list price; the bill of Azure lags by hours to a day. Stop the spender or "
        "lower its limit, then look at the tab Tokens and cost of the workbook. " + _WHERE,
        measure="budget_percent",
        threshold=Threshold(default=2, most=100, meaning="percent of the month's budget", least=1),
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
        title="Foundry: a day cost more than its part of the month's budget",
        severity=2,
        description="At the pace of the last day the month's budget will not last: a day has 3.3 percent of "
        "it. The rows of the alert's query say which service and deployment spent it, at list price. The tab "
        "Tokens and cost of the workbook shows the forecast for the month, the hit rate of the cache, and "
        "what failed and abandoned calls cost. " + _WHERE,
        measure="budget_percent",
        threshold=Threshold(default=5, most=100, meaning="percent of the month's budget", least=1),
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
        title="Foundry: a service has fallen silent",
        severity=2,
        description="A service that calls Claude around the clock has sent no record for a while. Either it "
        "makes no calls (is it up, and has it work?), or its records do not arrive. Look at the tab Is it "
        "working? of the workbook: when other telemetry of the service is missing too, look at the service, "
        "its connection string and its way out to Azure Monitor; else see that it still calls "
        "foundry_telemetry.configure(), which logs what is amiss when the service starts. That this alert "
        "resolves may also mean that the silence lasts: after about eight hours of it (by default) the last "
        "day has too few records to miss any. " + _WHERE,
        measure="silent_minutes",
        threshold=Threshold(default=60, most=480, meaning="minutes since its last record", least=15),
        window="P1D",
        windows=("P1D",),
        frequency="PT15M",
        dimensions=("service",),
        settings={"activeQuarters": "noDataActiveQuarters"},
    ),
    Rule(
        key="retryStorm",
        query="retry_storm",
        title="Foundry: retries multiply the traffic",
        severity=2,
        description="Calls are tried again so often that retries are a large part of the traffic, which "
        "costs time, limits and perhaps money, and keeps an overloaded service overloaded. The tab Incident "
        "of the workbook says what is retried. For 429 and 529 wait as retry-after says; for failures that "
        "are not retryable (401, 403, 400) do not retry at all; see that not both the SDK and the "
        "application retry. " + _WHERE,
        measure="retries_per_100_calls",
        threshold=Threshold(default=50, most=10_000, meaning="retries caused by 100 calls"),
        window="PT15M",
        windows=_MINUTES,
        frequency="PT5M",
        settings=_MINIMUM,
    ),
)
"""All rules, in the order in which people should think of them."""
