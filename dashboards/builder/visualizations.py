"""How the answer of a query looks: tiles, charts and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from dashboards.builder.joined_rules import joined

Json = dict[str, object]

Unit = Literal["", "percent", "bytes", "ms", "s", "usd"]
_UNITS: Final[Mapping[Unit, int]] = {"": 0, "percent": 1, "bytes": 2, "ms": 23, "s": 24, "usd": 0}
"""Numbers of the portal's units; money is a style of its own."""


def number(digits: int, unit: Unit = "") -> Json:
    """A number with so many digits after the point: as many in each row of a column."""
    options = _STYLES.get(unit) or _decimal(digits) | ({"minimumFractionDigits": digits} if digits else {})
    return {"numberFormat": {"unit": _UNITS[unit], "options": options}}


def _rounded(digits: int, unit: Unit) -> Json:
    """A number that stands alone, with at most so many digits after the point."""
    return {"numberFormat": {"unit": _UNITS[unit], "options": _STYLES.get(unit) or _decimal(digits)}}


def _decimal(digits: int) -> Json:
    return {"style": "decimal", "useGrouping": True, "maximumFractionDigits": digits}


_MONEY_DIGITS: Final = 4
_STYLES: Final[Mapping[Unit, Json]] = {
    "usd": {
        "style": "currency",
        "currency": "USD",
        "useGrouping": True,
        "minimumFractionDigits": _MONEY_DIGITS,
        "maximumFractionDigits": _MONEY_DIGITS,
    },
}
"""Units whose numbers look the same wherever they stand."""


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """One tile for each row of the answer; all four fields name columns."""

    title: str
    subtitle: str
    value: str
    note: str
    digits: int = 4
    """How many after the point of the value."""
    unit: Unit = ""

    @property
    def json(self) -> Json:
        """The keys it adds to a step."""
        big = {"formatter": 12, "formatOptions": {"palette": "none"}} | _rounded(self.digits, self.unit)
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
    labels: Mapping[str, str] = field(default_factory=dict)
    """Series: what the legend calls it; others are called by their names."""
    floor: float | None = None
    """Where the y axis begins."""
    ceiling: float | None = None

    @property
    def json(self) -> Json:
        """The keys it adds to a step."""
        series = [
            _reported({"seriesName": name, "label": self.labels.get(name), "color": self.colours.get(name)})
            for name in dict.fromkeys((*self.colours, *self.labels))
        ]
        axis = {
            "numberFormatSettings": _rounded(2, self.unit)["numberFormat"],
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
            "ySettings": _reported(axis),
        }
        return {"visualization": self.kind, "chartSettings": _reported(settings)}


TEXT: Final[Json] = {"formatter": 1}
TIME: Final[Json] = {"formatter": 6, "dateFormat": {"formatName": "longDateTimePattern"}}
"""To the second."""
MINUTE: Final[Json] = {"formatter": 6, "dateFormat": {"formatName": "shortDateTimePattern"}}
"""To the minute."""
GROUPED: Final[Json] = {"formatter": 0} | number(0)
"""A whole number with commas between its thousands."""
RATE: Final[Json] = {"formatter": 0} | number(1)
"""A number that is seldom whole."""
MILLISECONDS: Final[Json] = GROUPED
"""In a column that names its unit: scaled units would have other digits in each row."""
HIDDEN: Final[Json] = {"formatter": 5}
_TENTHS: Final[Json] = {
    "numberFormat": {"unit": _UNITS["percent"], "options": _decimal(1) | {"minimumFractionDigits": 1}}
}


def bar(colour: str, digits: int = 0, unit: Unit = "") -> Json:
    """A number with a bar beside it, from zero."""
    return {"formatter": 3, "formatOptions": {"min": 0, "palette": colour}} | number(digits, unit)


def heat(colour: str, unit: Unit, most: float | None = None) -> Json:
    """A number on a ground that is the stronger, the higher it is.

    Args:
        colour: The palette.
        unit: Of the number.
        most: Where it is strongest; at the highest number of the column by default.
    """
    options = _reported({"min": 0, "max": most, "palette": colour})
    return {"formatter": 8, "formatOptions": options} | number(1, unit)


def percent(**signs: float) -> Json:
    """A percentage with one digit after the point; what happened is never 0 %.

    Args:
        signs: Icon: from which percentage on it stands before the number.
    """
    ranked = sorted(signs.items(), key=lambda sign: -sign[1])
    known = [_threshold(">=", f"{least:g}", sign, "{0}{1}") for sign, least in ranked]
    empty, zero = _threshold("is Empty", "", "Blank", "\N{EN DASH}"), _threshold("==", "0", "Blank", "0%")
    return _icons(empty, zero, _threshold("<", "0.05", "Blank", "<0.1%"), *known) | _TENTHS


def opens(target: Literal["CellDetails", "Url"], label: str) -> Json:
    """A link in place of the text of a cell: to the whole text beside the table, or to the address it is."""
    return {"formatter": 7, "formatOptions": {"linkTarget": target, "linkLabel": label}}


def parts(colours: Mapping[str, str]) -> Json:
    """A bar made of the numbers of other columns, one piece each.

    Args:
        colours: Column: the colour of its piece.
    """
    pieces = [{"columnName": name, "color": colour} for name, colour in colours.items()]
    return {
        "formatter": 22,
        "formatOptions": {"compositeBarSettings": {"labelText": "", "columnSettings": pieces}},
    }


def in_words(words: Mapping[str, str], signs: Mapping[str, str] | None = None) -> Json:
    """Words in the place of keys, with an icon before those that have one."""
    chosen = signs or {}
    known = [_threshold("==", key, chosen.get(key, "Blank"), text) for key, text in words.items()]
    return _icons(*known)


def change(words: Mapping[str, str]) -> Json:
    """A change in percent with its sign; what has nothing to compare with says so in a word."""
    risen = _threshold(">", "0", "Blank", "+{0}{1}")
    return _icons(_threshold("is Empty", "", "Blank", words["new"]), risen) | _TENTHS


def _icons(*known: Json) -> Json:
    other = _threshold("Default", None, "Blank", "{0}{1}")
    return {
        "formatter": 18,
        "formatOptions": {"thresholdsOptions": "icons", "thresholdsGrid": [*known, other]},
    }


def _threshold(operator: str, value: str | None, sign: str, text: str) -> Json:
    return _reported({"operator": operator, "thresholdValue": value, "representation": sign, "text": text})


def icons(**states: str) -> Json:
    """An icon before the text of a cell, for texts that have one."""
    return in_words(dict.fromkeys(states, "{0}{1}"), states)


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    label: str
    format: Json = field(default_factory=lambda: TEXT)
    width: str | None = None
    """As the portal writes it, such as ``20ch``."""

    @property
    def is_special(self) -> bool:
        """Whether it needs a formatter: plain text does not."""
        return self.format != TEXT or self.width is not None

    @property
    def json(self) -> Json:
        """The formatter, without the name of the column."""
        if self.width is None:
            return self.format
        options = self.format.get("formatOptions")
        chosen = {"customColumnWidthSetting": self.width}
        return self.format | {"formatOptions": options | chosen if isinstance(options, dict) else chosen}


def matching(names: Sequence[str]) -> str:
    """What a formatter says of the columns it is for: the name of one, or a pattern that fits them alone."""
    return names[0] if len(names) == 1 else f"^({'|'.join(names)})$"


def matched(pattern: str) -> list[str]:
    """The names that `matching` made a pattern of."""
    return pattern[2:-2].split("|") if pattern.startswith("^(") and pattern.endswith(")$") else [pattern]


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
            "formatters": list(self._formatters()),
            "filter": self.filter or None,
            "labelSettings": [
                {"columnId": column.name, "label": column.label}
                for column in self.columns
                if column.format != HIDDEN and column.label != column.name
            ],
        }
        return {"visualization": "table", "gridSettings": _reported(settings)}

    def _formatters(self) -> Iterator[Json]:
        """As few as say how all columns look."""
        special = ((column.name, column.json) for column in self.columns if column.is_special)
        for names, look in joined(special):
            yield {"columnMatch": matching(names)} | look


def _reported(keys: Mapping[str, object]) -> Json:
    return {key: value for key, value in keys.items() if value is not None}
