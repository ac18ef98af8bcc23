"""Dashboard variables: the data source, the resources, and the layout's parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dashboards.builder.grafana.controls import of_rows
from dashboards.builder.grafana.references import Kinds, exports, in_kql, inputs
from dashboards.builder.grafana.source import DATA_SOURCE, INPUT, OPERATION, PLUGIN, logs, resources
from dashboards.builder.grafana.units import Json
from dashboards.builder.texts import GRAFANA
from dashboards.builder.workbook import Item

_ON_LOAD: Final = 1
_ON_TIME: Final = 2
_BY_NAME: Final = 5
"""When a variable asks again, and how its entries are sorted: alphabetically, whatever the case."""

_HIDDEN: Final = 2
_CHOSEN_ALL: Final[Json] = {"selected": True, "text": ["All"], "value": ["$__all"]}
_WORKSPACES: Final = "resources\n| where type =~ 'microsoft.operationalinsights/workspaces'"
_APPLICATIONS: Final = (
    "resources\n| where type =~ 'microsoft.insights/components'\n"
    "| where tostring(properties.WorkspaceResourceId) =~ '/subscriptions/$sub/resourceGroups/$rg/providers/"
    "Microsoft.OperationalInsights/workspaces/$workspace'\n| project id"
)


def variables(items: Iterable[Item], kinds: Kinds) -> list[Json]:
    """All variables, each after those that it uses; in the bar are those that belong to all rows."""
    found = tuple(items)
    of_a_row = of_rows(found)
    shown = (_input(each, kinds) for each in inputs(found) if kinds[each["name"]] != "time")
    return [
        *_resources(),
        *(each | ({"hide": _HIDDEN} if each["name"] in of_a_row else {}) for each in shown),
        *(
            _typed(name, label_of(name), "Set when you select a row in a table.") | {"hide": _HIDDEN}
            for _, name in exports(found)
        ),
        _typed(
            OPERATION,
            GRAFANA["trace"],
            "Operation id of the trace. Set when you select a row in a table.",
        )
        | {"hide": _HIDDEN},
    ]


def label_of(name: str) -> str:
    """A parameter that only a click sets has no label: the words of its name."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).capitalize()


def _resources() -> Iterator[Json]:
    yield {
        "type": "datasource",
        "name": INPUT,
        "label": "Data source",
        "query": PLUGIN,
        "refresh": _ON_LOAD,
        "regex": "",
        "options": [],
        "current": {},
    }
    subscriptions: Json = {"refId": "A", "queryType": "Azure Subscriptions"}
    groups = resources(f"{_WORKSPACES}\n| distinct resourceGroup")
    workspaces = resources(f"{_WORKSPACES} and resourceGroup =~ '$rg'\n| project name")
    yield _asked("sub", "Subscription", "Subscription of the workspace.", subscriptions)
    yield _asked("rg", "Resource group", "Resource groups with a Log Analytics workspace.", groups)
    yield _asked("workspace", "Workspace", "Log Analytics workspace with the telemetry.", workspaces)
    sends = "Application Insights resource of the workspace, for traces."
    yield _asked("app", "Application Insights", sends, resources(_APPLICATIONS))


def _asked(name: str, label: str, description: str, query: Json, refresh: int = _ON_LOAD) -> Json:
    """A drop-down whose entries Azure knows."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "description": description,
        "datasource": DATA_SOURCE,
        "query": query,
        "refresh": refresh,
        "regex": "",
        "sort": _BY_NAME,
        "multi": False,
        "includeAll": False,
        "options": [],
        "current": {},
    }


def _typed(name: str, label: str, description: str, value: str = "") -> Json:
    """A field to type in."""
    chosen: Json = {"selected": True, "text": value, "value": value}
    return {
        "type": "textbox",
        "name": name,
        "label": label,
        "description": description,
        "query": value,
        "options": [chosen],
        "current": chosen,
    }


def _listed(name: str, label: str, description: str, entries: Mapping[str, str], first: str) -> Json:
    """A drop-down whose entries the layout knows; Grafana parts label and value by a colon."""
    options = [{"selected": value == first, "text": text, "value": value} for value, text in entries.items()]
    return {
        "type": "custom",
        "name": name,
        "label": label,
        "description": description,
        "query": ", ".join(f"{_escaped(text)} : {_escaped(value)}" for value, text in entries.items()),
        "multi": False,
        "includeAll": False,
        "allowCustomValue": False,
        "options": options,
        "current": {"selected": True, "text": entries[first], "value": first},
    }


def _escaped(text: str) -> str:
    return text.replace(",", r"\,")


def _input(reported: Mapping[str, Any], kinds: Kinds) -> Json:
    """A parameter of the layout."""
    name, first = reported["name"], reported.get("value") or ""
    words = (name, reported.get("label") or label_of(name), reported.get("description", ""))
    if reported.get("query"):
        shown = _asked(*words, logs(in_kql(reported["query"], kinds), "table"), _ON_TIME)
        # Whoever chooses may not type: what is chosen stands in queries as it is.
        shown |= {"allowCustomValue": False, "current": {"selected": True, "text": first, "value": first}}
    elif reported.get("jsonData"):
        entries = {
            str(row["value"]): str(row.get("label", row["value"])) for row in json.loads(reported["jsonData"])
        }
        shown = _listed(*words, entries, first or next(iter(entries)))
    else:
        shown = _typed(*words, first)
    if kinds[name] == "many":
        # Put as it is, so it needs the quotes that chosen entries get from their format.
        everything = f"'{reported['typeSettings']['selectAllValue']}'"
        shown |= {"multi": True, "includeAll": True, "allValue": everything, "current": _CHOSEN_ALL}
    if reported.get("isHiddenWhenLocked"):
        shown["hide"] = _HIDDEN
    return shown
