"""What is wrong with a Grafana dashboard: what an import would take without a word, and then not draw."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from dashboards.builder.grafana.grid import COLUMNS
from dashboards.builder.grafana.heat_map import VALUE
from dashboards.builder.grafana.source import DATA_SOURCE, INPUT, PLUGIN
from foundry_telemetry.kql.parameters import references
from foundry_telemetry.kql.problems import Item, Problem

_USE: Final = re.compile(r"\$\{(\w+)[^}]*\}|\$(\w+)")
_LINK_SETS: Final = re.compile(r"&var-(\w+)=")
_GIVEN: Final = frozenset(
    {
        "__all",
        "__dashboard",
        "__data",
        "__field",
        "__from",
        "__interval",
        "__to",
        "__url_time_range",
        "__value",
    }
)
"""What Grafana replaces on its own."""
_MACROS: Final = frozenset({"__timeFrom", "__timeTo", "__timeFilter", "__contains", "__escapeMulti"})
"""What the data source replaces in a query."""
_SIDES: Final = frozenset({"left", "right"})
"""Words of KQL with a dollar; a variable of that name would take them away."""
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def findings(dashboard: Item) -> Iterator[Problem]:
    """Everything that is wrong."""
    for find in _ALL:
        yield from find(dashboard)


def panels(dashboard: Item) -> Iterator[Item]:
    """All panels, rows and those folded under them too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def _name(panel: Item) -> str:
    return str(panel.get("title") or f"panel {panel.get('id')}")


def _ids(dashboard: Item) -> Iterator[Problem]:
    for same, count in Counter(panel.get("id") for panel in panels(dashboard)).items():
        if same is None or count > 1:
            yield Problem("panels", f"the id {same} is there {count} times")


def _grid(dashboard: Item) -> Iterator[Problem]:
    """Panels that lie over others: among those that are open, and under each folded row."""
    yield from _apart(dashboard["panels"])
    for row in dashboard["panels"]:
        yield from _apart(row.get("panels", ()))
        for panel in row.get("panels", ()):
            if panel["gridPos"]["y"] <= row["gridPos"]["y"]:
                yield Problem(_name(panel), f"stands above its row, {_name(row)}")


def _apart(together: list[Item]) -> Iterator[Problem]:
    for panel in together:
        place = panel["gridPos"]
        if place["x"] < 0 or place["w"] < 1 or place["h"] < 1 or place["x"] + place["w"] > COLUMNS:
            yield Problem(_name(panel), f"leaves the grid: {json.dumps(place)}")
    for one, other in combinations(together, 2):
        a, b = one["gridPos"], other["gridPos"]
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        if not beside and not (a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]):
            yield Problem(_name(one), f"lies over {_name(other)}")


def _sources(dashboard: Item) -> Iterator[Problem]:
    inputs = {each["name"]: each["pluginId"] for each in dashboard["__inputs"]}
    if inputs != {INPUT: PLUGIN}:
        yield Problem("inputs", f"must be {INPUT} of {PLUGIN} alone, for an import to ask for")
    for panel in panels(dashboard):
        asked = [panel, *panel["targets"]] if "targets" in panel else []
        if any(each.get("datasource") != DATA_SOURCE for each in asked):
            yield Problem(_name(panel), f"asks another data source than {DATA_SOURCE['uid']}")


def _variables(dashboard: Item) -> Iterator[Problem]:
    """Variables that are used before they are declared, or never are."""
    seen: set[str] = set()
    for variable in dashboard["templating"]["list"]:
        yield from _unknown(f"variable {variable['name']}", variable, seen)
        if variable["name"] in seen | _SIDES | _MACROS | _GIVEN:
            yield Problem(f"variable {variable['name']}", "has a name that is taken")
        seen.add(variable["name"])
    for panel in panels(dashboard):
        own = {key: value for key, value in panel.items() if key != "panels"}
        yield from _unknown(_name(panel), own, seen)


def _unknown(place: str, reported: Item, seen: set[str]) -> Iterator[Problem]:
    text = json.dumps(reported, ensure_ascii=False)
    used = {match[1] or match[2] for match in _USE.finditer(text)} | set(_LINK_SETS.findall(text))
    for name in sorted(used - seen - _GIVEN - _MACROS - _SIDES):
        yield Problem(place, f"uses the variable {name}, which is not declared before it")
    for reference in references(_USE.sub(" ", text)):
        yield Problem(place, f"has {{{reference.name}:{reference.format}}}, which only a workbook replaces")


def _portable(dashboard: Item) -> Iterator[Problem]:
    found = _ID.search(json.dumps(dashboard))
    if found:
        yield Problem("dashboard", f"names {found[0]}, which others have not")


def _plugins(dashboard: Item) -> Iterator[Problem]:
    required = {each["id"] for each in dashboard["__requires"] if each["type"] == "panel"}
    for missing in sorted({panel["type"] for panel in panels(dashboard)} - required - {"row"}):
        yield Problem("requires", f"leaves out the panel {missing}")


_ALL: Final[tuple[Callable[[Item], Iterator[Problem]], ...]] = (
    _ids,
    _grid,
    _sources,
    _variables,
    _portable,
    _plugins,
)

_FIELD: Final = re.compile(r'\$\{__data\.fields(?:\.(\w+)|\["([^"]+)"\])')
_LABEL: Final = re.compile(r"\$\{__field\.labels\.(\w+)\}")
_NUMBERS: Final = ("int", "long", "real", "decimal")
_OF_HEAT_MAPS: Final = {"TimeGenerated": "datetime", "bucket": "string", VALUE: "long"}
_NAMED_BY_VALUES: Final = frozenset({"piechart", "stat"})
"""Panels whose overrides name values of a column, not columns."""


def wrong_columns(panel: Item, columns: Mapping[str, str]) -> Iterator[Problem]:
    """Columns that a panel names and its query does not give, or with another type than it needs.

    Args:
        panel: A panel or a variable that asks the workspace.
        columns: Name and KQL type of what its query gives.
    """
    if "fieldConfig" not in panel:  # a variable, which takes the first column
        return
    for place, name in _named(panel):
        if name not in columns:
            yield Problem(_name(panel), f"{place} names the column {name}; there are {', '.join(columns)}")
    if panel["type"] in _BY_TYPE:
        yield from _BY_TYPE[panel["type"]](panel, columns)


def _wrong_cells(panel: Item, columns: Mapping[str, str]) -> Iterator[Problem]:
    if [*columns.items()] != [*_OF_HEAT_MAPS.items()]:
        needed, there = ", ".join(_OF_HEAT_MAPS), ", ".join(columns)
        yield Problem(_name(panel), f"needs the columns {needed}; there are {there}")


def _wrong_series(panel: Item, columns: Mapping[str, str]) -> Iterator[Problem]:
    kept = [name for name in _kept(panel) if name in columns]
    if [name for name in kept if columns[name] == "datetime"] != kept[:1]:
        yield Problem(_name(panel), "needs one time, which comes first")
    for name in kept[1:]:
        if columns[name] not in _NUMBERS:
            yield Problem(_name(panel), f"draws {name}, which is not a number but {columns[name]}")
    for name, kind in columns.items():
        if kind == "string" and name not in _labels(panel):
            yield Problem(_name(panel), f"makes a series of each {name}, which it does not name")


_BY_TYPE: Final = {"heatmap": _wrong_cells, "timeseries": _wrong_series}


def _kept(panel: Item) -> list[str]:
    """The columns that a panel's transformations let through, in order."""
    names: list[str] = []
    for step in panel.get("transformations", ()):
        options = step["options"]
        names += options.get("include", {}).get("names", ())
        names += [options[key] for key in ("rowField", "columnField", "valueField") if key in options]
    return names


def _labels(panel: Item) -> list[str]:
    return _LABEL.findall(json.dumps(panel["fieldConfig"]))


def _named(panel: Item) -> Iterator[tuple[str, str]]:
    """Where a panel names a column, and which."""
    settings: Any = panel["fieldConfig"]
    yield from (("a transformation", name) for name in _kept(panel))
    yield from (("a label", name) for name in _labels(panel))
    for match in _FIELD.finditer(json.dumps(settings, ensure_ascii=False).replace('\\"', '"')):
        yield "a title or a link", match[1] or match[2]
    grouped = _labels(panel) or any(
        step["id"] == "groupingToMatrix" for step in panel.get("transformations", ())
    )
    if panel["type"] not in _NAMED_BY_VALUES and not grouped:
        matchers = (rule["matcher"] for rule in settings["overrides"])
        yield from (("an override", each["options"]) for each in matchers if each["id"] == "byName")
