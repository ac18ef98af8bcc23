"""Steps of the layout as panels: one function for each look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from dashboards.builder.grafana.charts import chart
from dashboards.builder.grafana.field_overrides import properties
from dashboards.builder.grafana.fields import NO_VALUE, Drawn, keeps, overridden
from dashboards.builder.grafana.heat_map import HeatMap, heat_map
from dashboards.builder.grafana.links import Links
from dashboards.builder.grafana.references import Kinds, asked, in_kql, in_words
from dashboards.builder.grafana.source import DATA_SOURCE, logs, trace
from dashboards.builder.grafana.units import Json, fixed, known, numbered
from dashboards.builder.texts import GRAFANA, GRAFANA_TITLES
from dashboards.builder.visualizations import Chart, Table, Tiles
from dashboards.builder.workbook import Query, Text
from foundry_telemetry.kql import compose

PLUGIN_VERSION: Final = "11.6.0"
_SHORTEST_BIN: Final = "1m"
_PERIOD: Final = "{Period}"
"""In a query: it shows the period that is chosen beside the time range."""
_BINS: Final = 60
"""How many bins a chart has at most; Grafana makes ``$__interval`` of both."""

_HEIGHTS: Final[Mapping[str, int]] = {"tiny": 5, "small": 7, "medium": 9, "large": 12, "full": 16}
_TILES_HEIGHT: Final = 5
TRACE_HEIGHT: Final = 18
_SIGNS_PER_COLUMN: Final = 8


@dataclass(frozen=True)
class Whole:
    """What a panel needs to know of the whole dashboard."""

    kinds: Kinds
    labels: Mapping[str, str]
    """What each variable is called."""
    links: Links


def height(query: Query) -> int:
    """The height of a step's panel, in the grid's units."""
    return _TILES_HEIGHT if isinstance(query.visualization, Tiles) else known(_HEIGHTS, query.size, "size")


def text_height(text: Text, columns: int) -> int:
    """The height that some words need in so many columns."""
    lines = sum(1 + len(line) // (_SIGNS_PER_COLUMN * columns) for line in text.markdown.splitlines())
    return 1 + lines


def text_panel(text: Text, whole: Whole) -> Json:
    """Some words."""
    options = {"mode": "markdown", "content": in_words(text.markdown, whole.kinds)}
    return {"type": "text", "title": "", "transparent": True, "options": options}


def trace_panel() -> Json:
    """The spans of the operation that is chosen."""
    return {
        "type": "traces",
        "title": GRAFANA["trace_title"],
        "description": GRAFANA["trace_description"],
        "datasource": DATA_SOURCE,
        "targets": [trace()],
        "fieldConfig": {"defaults": {}, "overrides": []},
        "options": {},
        "pluginVersion": PLUGIN_VERSION,
    }


def query_panel(query: Query, whole: Whole) -> Json:
    """The answer of a query, drawn.

    Raises:
        UnmappedError: The look, or something in it, is in no table.
    """
    draw = known(_VISUALIZATIONS, type(query.visualization), "look")
    drawn = draw(query, whole)
    empty = in_words(_empty(query, whole), whole.kinds)
    defaults = {"noValue": empty if drawn.says_why else empty.partition(". ")[0], **drawn.defaults}
    panel: Json = {
        "type": drawn.type,
        "title": in_words(query.title or GRAFANA_TITLES.get(query.query, ""), whole.kinds),
        "description": f"{compose.question(query.query)}\n\n{empty}",
        "datasource": DATA_SOURCE,
        "interval": _SHORTEST_BIN,
        "maxDataPoints": _BINS,
        "targets": [logs(in_kql(asked(query), whole.kinds), drawn.format)],
        "fieldConfig": {"defaults": defaults, "overrides": [NO_VALUE, *drawn.overrides]},
        "options": drawn.options,
        "pluginVersion": PLUGIN_VERSION,
    }
    return panel | ({"transformations": drawn.transformations} if drawn.transformations else {})


def _empty(query: Query, whole: Whole) -> str:
    """Why a panel is empty; Grafana cannot hide one until it is needed."""
    label = whole.labels.get(query.when.parameter) if query.when is not None else None
    return query.empty if label is None else GRAFANA["unset"].format(label=label, empty=query.empty)


def _tiles(query: Query, _: Whole) -> Drawn:
    visualization = cast("Tiles", query.visualization)
    settings = cast("Mapping[str, Any]", visualization.json["tileSettings"])
    names = (visualization.title, visualization.subtitle, visualization.note)
    defaults = {
        **numbered(settings["leftContent"].get("numberFormat")),
        "displayName": " · ".join(f"${{__data.fields.{name}}}" for name in names),
        "color": fixed("none"),
    }
    return Drawn(
        type="stat",
        format="table",
        # One value a row: of all numbers only the tile's own, which any other column would add to.
        transformations=[
            keeps(visualization.title, visualization.subtitle, visualization.value, visualization.note)
        ],
        defaults=defaults,
        says_why=False,
        options={
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": True},
            "showPercentChange": False,
            "text": {"titleSize": 13, "valueSize": 28},
            "textMode": "value_and_name",
            "wideLayout": False,
        },
    )


def _chart(query: Query, _: Whole) -> Drawn:
    # Who drags over a chart sets the time to what the chart shows: only these show it, but for other periods.
    is_of_time_shown = query.brush is not None and _PERIOD not in compose.whole(query.query)
    return chart(cast("Chart", query.visualization), is_of_time_shown=is_of_time_shown)


def _table(query: Query, whole: Whole) -> Drawn:
    visualization = cast("Table", query.visualization)
    shown = {column.name: properties(column) for column in visualization.columns}
    for reported in shown.values():
        reported["displayName"] = in_words(str(reported["displayName"]), whole.kinds)
    for name, links in whole.links.by_column(visualization, query.export).items():
        here = shown.setdefault(name, {})
        here["links"] = [*links, *cast("list[Json]", here.get("links", []))]
    cells = {
        "align": "auto",
        "cellOptions": {"type": "auto"},
        "inspect": False,
        "filterable": visualization.filter,
    }
    return Drawn(
        type="table",
        format="table",
        defaults={"custom": cells},
        overrides=[overridden(*reported) for reported in shown.items()],
        options={"cellHeight": "sm", "showHeader": True, "frameIndex": 0},
    )


_VISUALIZATIONS: Final[Mapping[type, Callable[[Query, Whole], Drawn]]] = {
    Tiles: _tiles,
    Chart: _chart,
    Table: _table,
    HeatMap: lambda query, _: heat_map(cast("HeatMap", query.visualization)),
}
"""Look: what draws it."""
