"""The table of the alert rules in `dashboards/README.md`, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable

from dashboards.builder.alert_rule import MOST_SERIES, PRICES, PRICES_OF, Rule
from dashboards.builder.alerts import RULES

_HEAD = (
    *("Rule", "Severity", "Fires above", "Window", "Every"),
    *("Late records", "For each", "Time series, at most", "A month"),
)

_HOURS_FROM = 120
"""Minutes from which a time is in hours."""


def table() -> str:
    """All rules, a line each, and what they cost together."""
    lines = [_HEAD, ("---",) * len(_HEAD), *map(_cells, RULES)]
    least, most = (sum(rule.usd_a_month[which] for rule in RULES) for which in (0, 1))
    typical = sum(_usd(rule, 10 if rule.dimensions else 1) for rule in RULES)
    return "\n".join((*map(_line, lines), "", _costs(least, typical, most), "", _without_budget()))


def _without_budget() -> str:
    """What the rules cost that are deployed where nothing is chosen."""
    rules = [rule for rule in RULES if rule.needs is None]
    least = sum(_usd(rule, 1) for rule in rules)
    typical = sum(_usd(rule, 10 if rule.dimensions else 1) for rule in rules)
    return (
        f"Without `monthlyBudgetUsd` the {len(RULES) - len(rules)} rules of spend are not deployed: the "
        f"other {len(rules)} cost ${least:.2f} a month with one time series each, ${typical:.2f} with ten."
    )


def _cells(rule: Rule) -> Iterable[str]:
    yield f"`{rule.key}`"
    yield str(rule.severity)
    yield rule.fires
    yield f"`{rule.window}`"
    yield f"`{rule.frequency}`"
    yield f"{rule.delay_min} min" if rule.delay_min < _HOURS_FROM else f"{rule.delay_min / 60:g} h"
    yield ", ".join(rule.dimensions)
    yield str(rule.most_series)
    first, most = rule.usd_a_month
    yield f"${first:.2f}" if first == most else f"${first:.2f} to ${most:.2f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _usd(rule: Rule, series: int) -> float:
    first, further = PRICES[rule.frequency]
    return first + further * (series - 1)


def _costs(least: float, typical: float, most: float) -> str:
    """What all rules cost, in words."""
    used = sorted({PRICES[rule.frequency]: rule.frequency for rule in reversed(RULES)}.items(), reverse=True)
    prices = ", ".join(f"${first:.2f} and ${further:.2f} at `{every}`" for (first, further), every in used)
    return (
        f"All {len(RULES)} rules cost ${least:.2f} a month with one time series each, ${typical:.2f} with "
        f"ten, and never more than ${most:.2f}, because each query returns at most {MOST_SERIES} rows. "
        "Azure's list price of a log search alert, with one time series and for each further one: "
        f"{prices} or less often, in US dollars, as of {PRICES_OF} "
        "([Azure Monitor pricing](https://azure.microsoft.com/pricing/details/monitor/))."
    )
