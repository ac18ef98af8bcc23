"""Units, colours and signs of a workbook in Grafana's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from dashboards.builder.grafana.errors import UnmappedError

Json = dict[str, object]
_Value = TypeVar("_Value")

UNITS: Final[Mapping[int, str]] = {
    0: "locale",
    1: "percent",
    2: "bytes",
    17: "short",
    23: "ms",
    24: "s",
}
"""The portal's number of a unit: Grafana's name. ``locale`` groups thousands and rounds as the portal."""

_STYLES: Final[Mapping[str, str]] = {"currency": "currencyUSD", "percent": "percentunit"}
"""Styles of a number that are units by themselves."""

COLOURS: Final[Mapping[str, str]] = {
    "blue": "blue",
    "blueDark": "dark-blue",
    "lightBlue": "light-blue",
    "green": "green",
    "greenDark": "dark-green",
    "lightgreen": "light-green",
    "red": "red",
    "redBright": "red",
    "redDark": "dark-red",
    "orange": "orange",
    "yellow": "yellow",
    "purple": "purple",
    "gray": "#8e8e8e",
    "grayBlue": "#7b8ca8",
    "turquoise": "#2fb9c4",
    "magenta": "#d6489e",
    "pink": "#ff8fb8",
    "brown": "#9c6b3f",
    "none": "text",
}

SCALES: Final[Mapping[str, str]] = {
    "blue": "continuous-blues",
    "blueDark": "continuous-blues",
    "lightBlue": "continuous-blues",
    "green": "continuous-greens",
    "greenDark": "continuous-greens",
    "red": "continuous-reds",
    "redBright": "continuous-reds",
    "redDark": "continuous-reds",
    "purple": "continuous-purples",
    "magenta": "continuous-purples",
    "orange": "continuous-YlRd",
    "yellow": "continuous-YlRd",
    "turquoise": "continuous-blues",
    "greenRed": "continuous-GrYlRd",
    "redGreen": "continuous-RdYlGr",
    "coldHot": "continuous-BlYlRd",
    "greenBlue": "continuous-YlBl",
    "blueGreen": "continuous-YlBl",
    "gray": "continuous-blues",
    "whiteBlack": "continuous-blues",
    "blackWhite": "continuous-blues",
}
"""Palette of a heat map: Grafana's colour mode; it has no scale of greys."""

_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "success": ("✓", "green"),
    "Available": ("✓", "green"),
    "error": ("✗", "red"),
    "failed": ("✗", "red"),
    "critical": ("✗", "red"),
    "Unavailable": ("✗", "red"),
    "Sev0": ("✗", "red"),
    "4": ("✗", "red"),
    "3": ("✗", "red"),
    "Sev1": ("✗", "orange"),
    "warning": ("⚠", "orange"),
    "Degraded": ("⚠", "orange"),
    "Sev2": ("⚠", "orange"),
    "2": ("⚠", "orange"),
    "info": ("●", "blue"),
    "Sev3": ("●", "blue"),
    "Sev4": ("●", "gray"),
    "pending": ("◷", "blue"),
    "stopped": ("■", "gray"),
    "disabled": ("■", "gray"),
    "cancelled": ("⊘", "gray"),
    "question": ("?", "gray"),
    "unknown": ("?", "gray"),
    "Unknown": ("?", "gray"),
    "up": ("↑", "gray"),
    "down": ("↓", "gray"),
    "left": ("←", "gray"),
    "right": ("→", "gray"),
    "trendup": ("↗", "gray"),
    "trenddown": ("↘", "gray"),
    "Blank": ("", "none"),
}
"""Representation in a threshold: a sign, and the colour it has in the portal."""


def known(table: Mapping[Any, _Value], key: object, what: str) -> _Value:
    """The value of a table.

    Raises:
        UnmappedError: The table has no such key; the message names it and those that it has.
    """
    if key not in table:
        raise UnmappedError(
            f"{what} {key!r} has no counterpart in Grafana; known: {', '.join(map(str, table))}"
        )
    return table[key]


def colour(name: str) -> str:
    """A colour by its name in the portal."""
    return known(COLOURS, name, "colour")


def fixed(name: str) -> Json:
    """A colour that does not depend on the value."""
    return {"mode": "fixed", "fixedColor": colour(name)}


def scaled(palette: str) -> Json:
    """Colours that follow the value."""
    return {"mode": known(SCALES, palette, "palette")}


def sign(representation: str) -> tuple[str, str]:
    """The sign of a representation, empty where it is a colour alone; and its colour."""
    mark, name = _SIGNS.get(representation, ("", representation))
    return mark, colour(name)


def numbered(number_format: Mapping[str, Any] | None) -> Json:
    """Unit and decimals of a number's format, as Grafana's properties of a field."""
    if number_format is None:
        return {}
    options = number_format.get("options", {})
    style = _STYLES.get(options.get("style", ""))
    shown: Json = {"unit": style or known(UNITS, number_format.get("unit", 0), "unit")}
    if "maximumFractionDigits" in options:
        shown["decimals"] = options["maximumFractionDigits"]
    return shown
