"""How the answer of a query looks: tiles, charts and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Json = dict[str, object]

Unit = Literal["", "percent", "ms"]
_UNITS: Final[Mapping[Unit, int]] = {"": 0, "percent": 1, "ms": 23}
"""Numbers of the portal's units."""


def number(digits: int, unit: Unit = "") -> Json:
    """A number with at most so many digits after the point."""
    options = {"style": "decimal", "useGrouping": True, "maximumFractionDigits": digits}
    return {"numberFormat": {"unit": _UNITS[unit], "options": options}}


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """One tile for each row of the answer; all four fields name columns."""

    title: str
    subtitle: str
    value: str
    note: str

    @property
    def json(self) -> Json:
        """The keys it adds to a step."""
        big = {"formatter": 12, "formatOptions": {"palette": "none"}} | number(4)
        settings = {
            "titleContent": {"columnMatch": self.title} | TEXT,
            "subtitleContent": {"columnMatch": self.subtitle} | TEXT,
            "leftContent": {"columnMatch": self.value} | big,
            "secondaryContent": {"columnMatch": self.note} | TEXT,
            "showBorder": True,
        }
        return {"visualization": "tiles", "tileSettings": settings}


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart."""

    kind: Literal["linechart", "areachart", "barchart", "categoricalbar", "piechart"]
    x: str = "TimeGenerated"
    y: tuple[str, ...]
    """Columns, one series each; or the only column, where `group` parts it."""
    group: str | None = None
    unit: Unit = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    """Series: name of its colour; the portal chooses for others."""
    floor: float | None = None
    """Where the y axis begins."""
    ceiling: float | None = None

    @property
    def json(self) -> Json:
        """The keys it adds to a step."""
        series = [{"seriesName": name, "color": colour} for name, colour in self.colours.items()]
        axis = {
            "numberFormatSettings": number(2, self.unit)["numberFormat"],
            "min": self.floor,
            "max": self.ceiling,
        }
        settings = {
            "xAxis": self.x,
            "yAxis": list(self.y),
            "group": self.group,
            "showLegend": True,
            "showMetrics": False,
            "seriesLabelSettings": series or None,
            "ySettings": _told(axis),
        }
        return {"visualization": self.kind, "chartSettings": _told(settings)}


TEXT: Final[Json] = {"formatter": 1}
TIME: Final[Json] = {"formatter": 6}
GROUPED: Final[Json] = {"formatter": 0} | number(1)
"""A number with commas between its thousands."""
MILLISECONDS: Final[Json] = {"formatter": 0} | number(1, "ms")
HIDDEN: Final[Json] = {"formatter": 5}


def bar(colour: str, digits: int = 0) -> Json:
    """A number with a bar beside it, from zero."""
    return {"formatter": 3, "formatOptions": {"min": 0, "palette": colour}} | number(digits)


def heat(colour: str, unit: Unit) -> Json:
    """A number on a ground that is the stronger, the higher it is."""
    return {"formatter": 8, "formatOptions": {"min": 0, "palette": colour}} | number(1, unit)


def icons(**states: str) -> Json:
    """An icon before the text of a cell, for texts that have one."""
    known = [
        {"operator": "==", "thresholdValue": text, "representation": icon, "text": "{0}{1}"}
        for text, icon in states.items()
    ]
    other = {"operator": "Default", "thresholdValue": None, "representation": "Blank", "text": "{0}{1}"}
    return {
        "formatter": 18,
        "formatOptions": {"thresholdsOptions": "icons", "thresholdsGrid": [*known, other]},
    }


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    label: str
    look: Json = field(default_factory=lambda: TEXT)
    width: str | None = None
    """As the portal writes it, such as ``20ch``."""

    @property
    def is_special(self) -> bool:
        """Whether it needs a formatter: plain text does not."""
        return self.look != TEXT or self.width is not None

    @property
    def json(self) -> Json:
        """The formatter."""
        shown: Json = {"columnMatch": self.name} | self.look
        if self.width is not None:
            options = shown.get("formatOptions")
            chosen = {"customColumnWidthSetting": self.width}
            shown["formatOptions"] = options | chosen if isinstance(options, dict) else chosen
        return shown


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; columns of the answer that are not named here are shown as they are."""

    columns: tuple[Column, ...]
    filter: bool = False
    """Whether a field to filter rows stands above it."""

    @property
    def json(self) -> Json:
        """The keys it adds to a step."""
        settings: Json = {
            "formatters": [column.json for column in self.columns if column.is_special],
            "filter": self.filter,
            "labelSettings": [
                {"columnId": column.name, "label": column.label}
                for column in self.columns
                if column.look != HIDDEN
            ],
        }
        return {"visualization": "table", "gridSettings": settings}


def _told(keys: Mapping[str, object]) -> Json:
    return {key: value for key, value in keys.items() if value is not None}
