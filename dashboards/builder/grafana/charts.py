"""Charts: time series, bars for each of some names, and pies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from dashboards.builder.grafana.errors import UnmappedError
from dashboards.builder.grafana.fields import Drawn, keeps, overridden
from dashboards.builder.grafana.units import Json, fixed, known, numbered
from dashboards.builder.texts import TILES
from dashboards.builder.visualizations import Chart

TIME: Final = "TimeGenerated"
"""The column that is a time in all queries; a chart over another is one over names."""

_MAPPED: Final = frozenset({"kind", "x", "y", "group", "unit", "colours", "labels", "floor", "ceiling"})
"""What of a chart is put into Grafana's words here."""

_DAY: Final = "time:MM-DD"
_HOUR: Final = "time:MM-DD HH:mm"
_LEGEND: Final[Json] = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
_TOOLTIP: Final[Json] = {"mode": "multi", "sort": "none", "hideZeros": True}
_CHOSEN: Final[Json] = {"mode": "palette-classic"}
"""Grafana chooses a colour for each series."""

_DASHED: Final[Json] = {"custom.lineStyle": {"fill": "dash", "dash": [10, 8]}}
"""How a line that must not be crossed differs from what is measured."""
_BOUNDS: Final = frozenset({"target_percent", "budget_usd"})
"""Series that are such lines."""
_LIMITS: Final[Json] = {
    "matcher": {"id": "byRegexp", "options": f"/{TILES['limit']}$/"},
    "properties": [{"id": name, "value": value} for name, value in _DASHED.items()],
}
"""The limit of each deployment, which is called as it is."""

_STACKED: Final[Json] = {"stacking": {"mode": "normal", "group": "A"}}
_SIDE_BY_SIDE: Final[Json] = {"stacking": {"mode": "none", "group": "A"}}
_LINE: Final[Json] = {
    "drawStyle": "line",
    "lineWidth": 1,
    "fillOpacity": 0,
    "showPoints": "auto",
    "spanNulls": False,
}
_AREA: Final[Json] = _LINE | {"fillOpacity": 40, "showPoints": "never"}
_BARS: Final[Json] = {"drawStyle": "bars", "lineWidth": 0, "fillOpacity": 80, "barWidthFactor": 0.9}

_STACKING: Final = dict.fromkeys(("categoricalbar", "linechart", "unstackedbar"), "none") | {
    "barchart": "normal"
}

_OVER_TIME: Final[Mapping[str, Json]] = {
    "linechart": _LINE | _SIDE_BY_SIDE,
    "timechart": _LINE | _SIDE_BY_SIDE,
    "areachart": _AREA | _STACKED,
    "barchart": _BARS | _STACKED,
    "unstackedbar": _BARS | _SIDE_BY_SIDE,
}
"""Kind of a chart over time: how its series are drawn."""


def chart(visualization: Chart, *, is_of_time_shown: bool = True) -> Drawn:
    """A chart.

    Args:
        visualization: As the layout has it.
        is_of_time_shown: Whether its times are those that the dashboard shows; a time series draws no others.

    Raises:
        UnmappedError: The kind, a colour or a setting is in no table.
    """
    _complain_of_new_settings(visualization)
    if visualization.x == TIME and is_of_time_shown:
        drawn = _time_series(visualization)
    else:
        makers = _OVER_OTHER_TIMES if visualization.x == TIME else _OVER_NAMES
        drawn = known(makers, visualization.kind, "chart over names or other times")(visualization)
    ends = {"min": visualization.floor, "max": visualization.ceiling}
    defaults = (
        drawn.defaults | _number(visualization) | {end: at for end, at in ends.items() if at is not None}
    )
    series = [overridden(name, look) for name, look in _series(visualization).items()]
    return dataclasses.replace(drawn, defaults=defaults, overrides=[*drawn.overrides, *series])


def _series(visualization: Chart) -> Mapping[str, Json]:
    """Colour and name in the legend of each series that has one."""
    looks: dict[str, Json] = {
        name: {"color": fixed(colour)} for name, colour in visualization.colours.items()
    }
    for name, label in visualization.labels.items():
        looks.setdefault(name, {})["displayName"] = label
    for name in (one for one in visualization.y if one in _BOUNDS):
        looks.setdefault(name, {}).update(_DASHED)
    return looks


def _complain_of_new_settings(visualization: Chart) -> None:
    for setting in dataclasses.fields(visualization):
        if setting.name in _MAPPED:
            continue
        unset = setting.default_factory() if callable(setting.default_factory) else setting.default
        if getattr(visualization, setting.name) != unset:
            raise UnmappedError(f"{setting.name!r} of a chart has no counterpart in Grafana")


def _number(visualization: Chart) -> Json:
    settings = cast("Mapping[str, Any]", visualization.json["chartSettings"])
    return numbered(settings.get("ySettings", {}).get("numberFormatSettings"))


def _time_series(visualization: Chart) -> Drawn:
    return Drawn(
        type="timeseries",
        format="time_series",
        transformations=[keeps(visualization.x, *visualization.y)],
        defaults={"custom": known(_OVER_TIME, visualization.kind, "chart over time"), "color": _CHOSEN},
        overrides=[]
        if visualization.group is None
        else [_called(visualization.group), *_limits(visualization)],
        options={"legend": _LEGEND, "tooltip": _TOOLTIP},
    )


def _called(group: str) -> Json:
    """The data source makes a labelled series of each name, which would be called "column name"."""
    title = {"id": "displayName", "value": f"${{__field.labels.{group}}}"}
    return {"matcher": {"id": "byType", "options": "number"}, "properties": [title]}


def _limits(visualization: Chart) -> list[Json]:
    """Only lines have limits among their groups."""
    return [_LIMITS] if visualization.kind == "linechart" else []


def _bars(visualization: Chart) -> Drawn:
    transformations = [keeps(visualization.x, *visualization.y)]
    if visualization.group is not None and visualization.group != visualization.x:
        [value] = visualization.y
        cells = {"columnField": visualization.group, "rowField": visualization.x, "valueField": value}
        transformations = [{"id": "groupingToMatrix", "options": cells}]
    return Drawn(
        type="barchart",
        format="table",
        transformations=transformations,
        defaults={"custom": {"lineWidth": 0, "fillOpacity": 80}, "color": _CHOSEN},
        overrides=_times(visualization),
        options={
            "orientation": "auto",
            "stacking": known(_STACKING, visualization.kind, "chart over names"),
            "showValue": "auto",
            "barWidth": 0.9,
            "groupWidth": 0.7,
            "fullHighlight": False,
            "xTickLabelRotation": 0,
            "xTickLabelMaxLength": 24,
            "legend": _LEGEND,
            "tooltip": _TOOLTIP,
        },
    )


def _times(visualization: Chart) -> list[Json]:
    """How the times below the bars are written: those of a group may be hours."""
    if visualization.x != TIME:
        return []
    return [overridden(TIME, {"unit": _DAY if visualization.group is None else _HOUR})]


def _pie(visualization: Chart) -> Drawn:
    return Drawn(
        type="piechart",
        format="table",
        transformations=[keeps(visualization.x, *visualization.y)],
        defaults={"color": _CHOSEN},
        options={
            "orientation": "auto",
            "pieType": "donut",
            "displayLabels": [],
            "legend": _LEGEND
            | {"placement": "right", "displayMode": "table", "values": ["value", "percent"]},
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": True},
            "tooltip": {"mode": "single", "sort": "none", "hideZeros": False},
        },
    )


_OVER_NAMES: Final[Mapping[str, Callable[[Chart], Drawn]]] = {
    "barchart": _bars,
    "unstackedbar": _bars,
    "categoricalbar": _bars,
    "piechart": _pie,
}
"""Kind of a chart over names: what draws it."""
_OVER_OTHER_TIMES: Final = {"barchart": _bars, "linechart": _bars, "unstackedbar": _bars}
"""Kind of a chart over times other than those shown: what draws it; a line would be a time series."""
