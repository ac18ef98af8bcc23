"""The whole dashboard: a row for each tab, variables at the top, and the trace last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dashboards.builder.grafana.controls import controls
from dashboards.builder.grafana.controls import height as controls_height
from dashboards.builder.grafana.errors import UnmappedError
from dashboards.builder.grafana.grid import COLUMNS, Sized, columns, place
from dashboards.builder.grafana.links import Links
from dashboards.builder.grafana.panels import (
    PLUGIN_VERSION,
    TRACE_HEIGHT,
    Whole,
    height,
    query_panel,
    text_height,
    text_panel,
    trace_panel,
)
from dashboards.builder.grafana.references import every, in_kql, inputs, kinds_of, shown
from dashboards.builder.grafana.source import DATA_SOURCE, INPUT, OPERATION, PLUGIN, logs
from dashboards.builder.grafana.units import Json
from dashboards.builder.grafana.variables import variables
from dashboards.builder.texts import GRAFANA
from dashboards.builder.workbook import Group, Item, Query, Tabs, Text
from foundry_telemetry.kql import compose

_SCHEMA: Final = 41
"""Of Grafana 11.6, which the portal has."""
_WHOLE_WIDTH: Final = 100.0
_MINUTE_MS: Final = 60_000

_FIRED: Final = "/#view/Microsoft_Azure_Monitoring/AzureMonitoringBrowseBlade/~/alertsV2"
"""The portal's page of fired alerts."""

_REFRESH: Final = "5m"
"""Each refresh asks the workspace for every row that is open."""
_RELEASES: Final = "releases"
"""The query whose rows are marked over every chart: a version, when its first record came."""


def dashboard(items: Iterable[Item]) -> Json:
    """The dashboard of a layout.

    Raises:
        UnmappedError: Something in it is in no table; the message names it.
    """
    layout = tuple(items)
    whole = _whole(layout)
    panels = _numbered(_rows(layout, whole))
    return {
        "__inputs": [_input()],
        "__elements": {},
        "__requires": _requires(panels),
        "annotations": {"list": [_alerts(), _releases(whole)]},
        "description": GRAFANA["description"],
        "editable": True,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [_fired()],
        "panels": panels,
        "refresh": _REFRESH,
        "schemaVersion": _SCHEMA,
        "tags": ["claude", "foundry-telemetry", "microsoft-foundry"],
        "templating": {"list": variables(layout, whole.kinds)},
        "time": {"from": f"now-{_minutes(layout)}m", "to": "now"},
        "timepicker": {},
        "timezone": "utc",
        "title": GRAFANA["title"],
        "uid": "foundry-telemetry",
        "version": 1,
        "weekStart": "",
    }


def _fired() -> Json:
    """A link to the alerts that fired in Azure: the data source takes marks from Log Analytics alone."""
    return {
        "type": "link",
        "title": GRAFANA["fired"],
        "tooltip": GRAFANA["fired_tooltip"],
        "url": f"${{Portal}}{_FIRED}",
        "icon": "external link",
        "tags": [],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "targetBlank": True,
    }


def _alerts() -> Json:
    """Marks of Grafana's own alerts, and those that people make."""
    return {
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": False,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": GRAFANA["alert_marks"],
        "type": "dashboard",
    }


def _releases(whole: Whole) -> Json:
    """Marks of the first record of each version of a service."""
    fields = {"time": "first_seen", "text": "version", "tags": "service"}
    return {
        "datasource": DATA_SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "purple",
        "mappings": {event: {"source": "field", "value": field} for event, field in fields.items()},
        "name": GRAFANA["release_marks"],
        "target": logs(in_kql(compose.whole(_RELEASES), whole.kinds), "table"),
    }


def _whole(layout: tuple[Item, ...]) -> Whole:
    kinds = kinds_of(layout)
    found = variables(layout, kinds)
    queries = [item for item in every(layout) if isinstance(item, Query)]
    titles = {query.when.parameter: query.title or query.name for query in queries if query.when is not None}
    names = tuple(str(each["name"]) for each in found)
    return Whole(
        kinds=kinds,
        labels={str(each["name"]): str(each["label"]) for each in found},
        links=Links(names, titles | {OPERATION: GRAFANA["trace_title"]}),
    )


def _rows(layout: tuple[Item, ...], whole: Whole) -> Iterator[Json]:
    """Panels outside of any tab, then the rows; the first tab is open, so that only its queries are asked."""
    labels = {
        value: label for item in layout if isinstance(item, Tabs) for value, label in item.labels.items()
    }
    groups = [item for item in layout if isinstance(item, Group)]
    is_tab = [group.when is not None and group.when.value in labels for group in groups]
    first = is_tab.index(True) if any(is_tab) else 0
    loose = [item for item in layout if not isinstance(item, Group)]
    panels, top = place(_panels(loose, _WHOLE_WIDTH, whole), 0)
    yield from panels
    for number, group in enumerate(groups):
        is_open = number == first
        panels, bottom = place(_of_row(group, whole), top + 1)
        yield _row(_title(group, {**labels, **whole.labels}), top, [] if is_open else panels)
        yield from panels if is_open else []
        top = bottom if is_open else top + 1
    panels, _ = place([Sized(trace_panel(), COLUMNS, TRACE_HEIGHT)], top + 1)
    yield _row(GRAFANA["trace"], top, panels)


def _title(group: Group, labels: Mapping[str, str]) -> str:
    """What a row is called: as its tab, or as the parameter that the group waits for."""
    return group.name if group.when is None else labels[group.when.value or group.when.parameter]


def _of_row(group: Group, whole: Whole) -> Iterator[Sized]:
    """What can be set for the row, then its panels."""
    shown = controls(group, whole.links)
    if shown is not None:
        yield Sized(shown, COLUMNS, controls_height(shown))
    yield from _panels(group.items, _WHOLE_WIDTH, whole)


def _panels(items: Iterable[Item], percent: float, whole: Whole) -> Iterator[Sized]:
    """The panels of some items that together have `percent` of the page; groups among them are laid flat."""
    for item in shown(items):
        share = percent if item.width is None else percent * item.width / _WHOLE_WIDTH
        match item:
            case Query() | Text():
                yield _sized(item, columns(share), whole)
            case Group():
                yield from _panels(item.items, share, whole)


def _sized(item: Query | Text, width: int, whole: Whole) -> Sized:
    try:
        if isinstance(item, Text):
            return Sized(text_panel(item, whole), width, text_height(item, width))
        return Sized(query_panel(item, whole), width, height(item))
    except UnmappedError as error:
        raise UnmappedError(f"step {item.name!r}: {error}") from error


def _row(title: str, top: int, folded: list[Json]) -> Json:
    place_of = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
    return {"type": "row", "title": title, "collapsed": bool(folded), "gridPos": place_of, "panels": folded}


def _numbered(panels: Iterable[Json]) -> list[Json]:
    """The panels with an id each; those under a folded row too."""
    numbered: list[Json] = []
    number = 0
    for panel in panels:
        number += 1
        shown = {"id": number} | panel
        if folded := panel.get("panels"):
            inside = list(folded) if isinstance(folded, list) else []
            shown["panels"] = [{"id": number + place} | each for place, each in enumerate(inside, 1)]
            number += len(inside)
        numbered.append(shown)
    return numbered


def _input() -> Json:
    return {
        "name": INPUT,
        "label": "Azure Monitor",
        "description": "",
        "type": "datasource",
        "pluginId": PLUGIN,
        "pluginName": "Azure Monitor",
    }


def _requires(panels: Iterable[Json]) -> list[Json]:
    """What the dashboard needs of a Grafana."""
    types = {str(each["type"]) for panel in panels for each in (panel, *_folded(panel))} - {"row"}
    required: list[Json] = [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": PLUGIN_VERSION},
        {"type": "datasource", "id": PLUGIN, "name": "Azure Monitor", "version": PLUGIN_VERSION},
    ]
    return required + [{"type": "panel", "id": each, "name": each, "version": ""} for each in sorted(types)]


def _folded(panel: Json) -> list[Json]:
    inside = panel.get("panels", [])
    return inside if isinstance(inside, list) else []


def _minutes(layout: tuple[Item, ...]) -> int:
    """How long the time is at the beginning."""
    kinds = kinds_of(layout)
    [chosen] = [each["value"]["durationMs"] for each in inputs(layout) if kinds[each["name"]] == "time"]
    return int(chosen) // _MINUTE_MS
