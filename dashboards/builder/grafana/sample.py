"""The queries of a dashboard as they might be asked, for a parser to judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dashboards.builder.grafana.lint import panels
from foundry_telemetry.kql.problems import Item

_MACROS: Final[Mapping[str, str]] = {
    "$__timeFrom()": "datetime('2026-01-01T00:00:00Z')",
    "$__timeTo()": "datetime('2026-01-02T00:00:00Z')",
    "$__interval": "30m",
}
_USE: Final = re.compile(r"\$\{(\w+):\w+\}")


def queries(dashboard: Item) -> Iterator[tuple[str, str, Item]]:
    """Where each KQL query stands, its text with everything filled in, and the panel or variable itself."""
    declared = {each["name"]: each for each in dashboard["templating"]["list"]}
    reported = [(f"variable {name}", each, each["query"]) for name, each in declared.items()]
    reported += [
        (f"panel {each['id']}", each, target)
        for each in panels(dashboard)
        for target in each.get("targets", ())
    ]
    for place, each, target in reported:
        text = target.get("azureLogAnalytics", {}).get("query") if isinstance(target, dict) else None
        if text is not None:
            yield f"Grafana, {place}", _filled(text, declared), each


def _filled(text: str, declared: Mapping[str, Item]) -> str:
    for macro, value in _MACROS.items():
        text = text.replace(macro, value)
    return _USE.sub(lambda match: _value(declared.get(match[1], {})), text)


def _value(variable: Item) -> str:
    """All, or what a reader finds when the dashboard opens."""
    return str(variable.get("allValue") or variable.get("current", {}).get("value", ""))
