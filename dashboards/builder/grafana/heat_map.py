"""Heat maps: what Grafana draws beside a step of the layout, because a workbook cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dashboards.builder.grafana.fields import Drawn
from dashboards.builder.grafana.units import Json, known
from dashboards.builder.texts import EMPTY, GRAFANA, TITLES
from dashboards.builder.workbook import Item, Query

VALUE: Final = "Value"
"""The only column whose name Grafana does not put before that of the series: the series is the bucket."""

_SCHEMES: Final[Mapping[str, str]] = {"blue": "Blues", "orange": "Oranges"}
"""Palette: Grafana's scheme; both go from the ground of the theme to the colour."""


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Counts by time and bucket; the answer has a time, the bucket's name and `VALUE`, in order of time."""

    bucket: str
    counted: str
    """What the legend and the tooltip call the count."""
    palette: str

    @property
    def json(self) -> Json:
        """What a workbook has for it: the counts as a table."""
        return {"visualization": "table"}


DISTRIBUTION: Final = Query(
    name="distribution over time",
    query="distribution_over_time",
    title=TITLES["distribution_over_time"],
    visualization=HeatMap(bucket="bucket", counted=GRAFANA["counted_calls"], palette="blue"),
    empty=EMPTY["no_answers"],
    brush="TimeRange",
)
_AFTER: Final[Mapping[str, Query]] = {"distribution of calls": DISTRIBUTION}
"""Item of the layout: the step that only Grafana has, after it."""
QUERIES: Final = frozenset(step.query for step in _AFTER.values())
"""Those that the workbook does not ask."""


def with_heat_maps(items: Iterable[Item]) -> Iterator[Item]:
    """The items, and after those that have one their heat map."""
    for item in items:
        yield item
        if item.name in _AFTER:
            yield _AFTER[item.name]


def heat_map(visualization: HeatMap) -> Drawn:
    """A heat map.

    Grafana sorts buckets whose names begin with a number by it, and draws a cell before its time and, so
    asked, above its name, which is the lower bound. It has no units for them: the names have.

    Raises:
        UnmappedError: The palette is in no table.
    """
    return Drawn(
        type="heatmap",
        format="time_series",
        options={
            "calculate": False,
            "rowsFrame": {"layout": "ge", "value": visualization.counted},
            "color": {
                "mode": "scheme",
                "scheme": known(_SCHEMES, visualization.palette, "palette of a heat map"),
                "fill": "dark-blue",
                "scale": "exponential",
                "exponent": 0.5,
                "steps": 64,
                "reverse": False,
            },
            "cellGap": 1,
            "cellValues": {"unit": "locale", "decimals": 0},
            # A cell without calls is no colour at all.
            "filterValues": {"le": 1e-9},
            "showValue": "never",
            "yAxis": {"axisPlacement": "left", "reverse": False},
            "legend": {"show": True},
            "tooltip": {"mode": "single", "yHistogram": True, "showColorScale": True},
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
        },
    )
