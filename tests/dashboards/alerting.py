"""Azure's evaluation of a scheduled query rule, on the local Azure Monitor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from foundry_telemetry.local.api.server import LocalAzureMonitor

Rule = Mapping[str, Any]
"""A resource of type Microsoft.Insights/scheduledQueryRules, its expressions evaluated."""

Group = tuple[tuple[str, str], ...]
"""Name and value of each dimension."""

AGGREGATIONS: Mapping[str, Callable[[list[Any]], float]] = {
    "Count": len,
    "Total": sum,
    "Average": lambda reported: sum(reported) / len(reported),
    "Minimum": min,
    "Maximum": max,
}
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": lambda value, threshold: value > threshold,
    "GreaterThanOrEqual": lambda value, threshold: value >= threshold,
    "LessThan": lambda value, threshold: value < threshold,
    "LessThanOrEqual": lambda value, threshold: value <= threshold,
    "Equals": lambda value, threshold: value == threshold,
}


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes."""
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", text)
    assert match, text
    days, hours, minutes = (int(reported or 0) for reported in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def fired(rule: Rule, azure: LocalAzureMonitor, at: datetime) -> dict[Group, float]:
    """The groups for which a rule fires when it is evaluated at `at`, each with its newest value."""
    reported = rule["properties"]
    if not reported["enabled"]:
        return {}
    [criterion] = reported["criteria"]["allOf"]
    periods = criterion["failingPeriods"]
    window, count = duration(reported["windowSize"]), periods["numberOfEvaluationPeriods"]
    begin = at - window * count
    rows = _rows(azure, criterion["query"], begin, at)
    groups: dict[Group, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        group = tuple((one["name"], row[one["name"]]) for one in criterion.get("dimensions", ()))
        if _wanted(criterion.get("dimensions", ()), dict(group)):
            groups[group][_period(row, begin, window, count)].append(_measure(criterion, row))
    if not criterion.get("dimensions") and criterion["timeAggregation"] == "Count":
        groups[()].setdefault(count - 1, [])
    found = {}
    for group, reported_by_period in groups.items():
        values = {
            period: AGGREGATIONS[criterion["timeAggregation"]](reported)
            for period, reported in reported_by_period.items()
        }
        over = [OPERATORS[criterion["operator"]](value, criterion["threshold"]) for value in values.values()]
        if sum(over) >= periods["minFailingPeriodsToAlert"]:
            found[group] = values[max(values)]
    return found


def _rows(azure: LocalAzureMonitor, query: str, begin: datetime, at: datetime) -> list[dict[str, Any]]:
    table = azure.query(query, f"{begin.isoformat()}/{at.isoformat()}", now=at)
    assert table.cut is None
    names = [name for name, _ in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def _wanted(dimensions: list[dict[str, Any]], group: dict[str, str]) -> bool:
    for dimension in dimensions:
        assert isinstance(group[dimension["name"]], str)
        listed = "*" in dimension["values"] or group[dimension["name"]] in dimension["values"]
        if listed != (dimension["operator"] == "Include"):
            return False
    return True


def _period(row: dict[str, Any], begin: datetime, window: timedelta, count: int) -> int:
    """Which of the periods a row belongs to; several need a time in each row."""
    if count == 1:
        return 0
    return (row["TimeGenerated"].replace(tzinfo=UTC) - begin) // window


def _measure(criterion: Mapping[str, Any], row: dict[str, Any]) -> Any:
    return row[criterion["metricMeasureColumn"]] if "metricMeasureColumn" in criterion else 1
