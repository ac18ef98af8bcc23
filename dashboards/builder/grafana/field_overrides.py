"""Columns of a table: how each of the portal's formatters looks in Grafana."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from dashboards.builder.grafana.errors import UnmappedError
from dashboards.builder.grafana.units import COLOURS, Json, fixed, known, numbered, scaled, sign
from dashboards.builder.visualizations import Column

Rule = Mapping[str, Any]
"""A formatter as the portal reads it."""

HIDDEN: Final[Json] = {"custom.hidden": True}
_PIXELS_PER_SIGN: Final = 8
_PADDING: Final = 12
_FOR_DETAILS: Final[Json] = {"custom.inspect": True, "custom.width": 120}
"""A long text is cut, and shown whole on a click."""
_PLACEHOLDER: Final = re.compile(r"\{[01]\}")
_EVERYTHING: Final = "{0}{1}"
_NOTHING: Final = ("Blank", "", None)


def properties(column: Column) -> Json:
    """Grafana's properties for a column.

    Raises:
        UnmappedError: The formatter, or something in its options, is in no table.
    """
    rule: Rule = {"formatter": 1, "columnMatch": column.name} | column.json
    formatter = known(_FORMATTERS, rule["formatter"], f"column {column.name!r}: formatter")
    shown = (
        {"displayName": column.label} | numbered(rule.get("numberFormat")) | formatter(rule) | _opened(rule)
    )
    return shown | ({} if column.width is None else {"custom.width": _pixels(column.width)})


def hides(column: Column) -> bool:
    """Whether a column is left out."""
    return bool(properties(column).get("custom.hidden"))


def _options(rule: Rule) -> Mapping[str, Any]:
    options: Mapping[str, Any] = rule.get("formatOptions", {})
    return options


def _pixels(width: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ch|px)", width)
    if match is None:
        raise UnmappedError(f"width {width!r} is neither in ch nor in px")
    return round(float(match[1]) * (_PIXELS_PER_SIGN if match[2] == "ch" else 1)) + _PADDING


def _plain(_: Rule) -> Json:
    return {}


def _hidden(_: Rule) -> Json:
    return dict(HIDDEN)


def _within(rule: Rule) -> Json:
    """Where the scale of a column begins and ends; what is not given is that of the column alone."""
    options = _options(rule)
    return {"fieldMinMax": True} | {end: options[end] for end in ("min", "max") if end in options}


def _bar(rule: Rule) -> Json:
    cell = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
    palette = _options(rule).get("palette", "blue")
    tint = fixed(palette) if palette in COLOURS else scaled(palette)
    return {"custom.cellOptions": cell, "color": tint} | _within(rule)


def _heat(rule: Rule) -> Json:
    cell = {"type": "color-background", "mode": "basic"}
    return {"custom.cellOptions": cell, "color": scaled(_options(rule).get("palette", "blue"))} | _within(
        rule
    )


def _thresholds(rule: Rule) -> Json:
    """The first threshold that a value meets colours it; a text that is known gets its sign too."""
    icons = _options(rule).get("thresholdsOptions") == "icons"
    cell = {"type": "color-text"} if icons else {"type": "color-background", "mode": "basic"}
    grid = _options(rule).get("thresholdsGrid", ())
    mappings = [mapping for index, step in enumerate(grid) for mapping in _mapping(step, index)]
    return {"custom.cellOptions": cell, "mappings": mappings} | _levels(grid)


def _levels(grid: Iterable[Mapping[str, Any]]) -> Json:
    """The same as Grafana's own thresholds, where the value has signs from some numbers on."""
    signs = {
        float(step["thresholdValue"]): sign(step["representation"])[1]
        for step in grid
        if step["operator"] == ">=" and step["representation"] not in _NOTHING
    }
    steps = [{"color": tint, "value": least} for least, tint in sorted(signs.items())]
    thresholds = {"mode": "absolute", "steps": [{"color": "text", "value": None}, *steps]}
    return {"color": {"mode": "thresholds"}, "thresholds": thresholds} if signs else {}


def _mapping(step: Mapping[str, Any], index: int) -> tuple[Json, ...]:
    make = known(_OPERATORS, step["operator"], "threshold's operator")
    text = step.get("text") or _EVERYTHING
    if step["representation"] in _NOTHING and text == _EVERYTHING:
        return ()
    mark, tint = sign(step["representation"])
    result: Json = {"color": tint, "index": index}
    value = str(step.get("thresholdValue"))
    if step["operator"] == "==":
        text = text.replace("{0}", value).replace("{1}", "")
    if not _PLACEHOLDER.search(text):
        result["text"] = f"{mark} {text}".strip()
    return make(value, result)


def _same(value: str, result: Json) -> tuple[Json, ...]:
    return ({"type": "value", "options": {value: result}},)


def _range(low: float | None, high: float | None, result: Json) -> tuple[Json, ...]:
    """An end that is not given is left out: Grafana compares with a null as if it were 0."""
    ends = {end: value for end, value in (("from", low), ("to", high)) if value is not None}
    return ({"type": "range", "options": ends | {"result": result}},)


def _pattern(pattern: str, result: Json) -> tuple[Json, ...]:
    return ({"type": "regex", "options": {"pattern": f"/{pattern}/", "result": result}},)


def _literal(text: str) -> str:
    """A pattern that fits this text alone; a slash would end it."""
    return re.escape(text).replace("/", r"\/")


_OPERATORS: Final[Mapping[str, Callable[[str, Json], tuple[Json, ...]]]] = {
    "==": _same,
    # Grafana's ranges include both ends.
    ">": lambda value, result: _range(math.nextafter(float(value), math.inf), None, result),
    ">=": lambda value, result: _range(float(value), None, result),
    "<": lambda value, result: _range(None, math.nextafter(float(value), -math.inf), result),
    "<=": lambda value, result: _range(None, float(value), result),
    "contains": lambda value, result: _pattern(_literal(value), result),
    "startsWith": lambda value, result: _pattern(f"^{_literal(value)}", result),
    "endsWith": lambda value, result: _pattern(f"{_literal(value)}$", result),
    "regex": lambda value, result: _pattern(f"^(?:{value})$", result),
    "is Empty": lambda _, result: (
        {"type": "special", "options": {"match": "empty", "result": result}},
        {"type": "special", "options": {"match": "null", "result": result}},
    ),
    "isNotNull": lambda _, result: (*_pattern("^.+$", result), *_range(None, None, result)),
    "Default": lambda _, result: (*_pattern("^.*$", result), *_range(None, None, result)),
}
"""Operator of a threshold: mappings of texts and numbers that meet it; the first that is met counts."""


def _opened(rule: Rule) -> Json:
    """What a click on a cell opens, whatever the cell looks like."""
    options = _options(rule)
    if not options.get("linkTarget"):
        return {}
    return known(_TARGETS, options["linkTarget"], f"column {rule['columnMatch']!r}: target of a link")(rule)


def _address(rule: Rule) -> Json:
    """A link out; the address stands in the cell or in the column named."""
    options = _options(rule)
    column, label = options.get("linkColumn"), options.get("linkLabel")
    url = "${__value.raw}" if column is None else field(column)
    shown: Json = {"links": [{"title": label or "Open", "url": url, "targetBlank": True}]}
    if label:
        shown["mappings"] = list(_pattern("^.+$", {"text": label, "index": 0}))
    return shown


def field(column: str) -> str:
    """The text of a column in the row of a data link."""
    return f"${{__data.fields.{column}}}" if column.isidentifier() else f'${{__data.fields["{column}"]}}'


def _inspected(_: Rule) -> Json:
    return dict(_FOR_DETAILS)


_TARGETS: Final[Mapping[str, Callable[[Rule], Json]]] = {
    "Url": _address,
    "CellDetails": _inspected,
    "GenericDetails": _inspected,
}

_FORMATTERS: Final[Mapping[int, Callable[[Rule], Json]]] = {
    0: _plain,
    1: _plain,
    2: _plain,
    3: _bar,
    4: _bar,
    5: _hidden,
    6: _plain,
    7: _plain,
    8: _heat,
    # A table cell cannot draw the numbers of a dynamic value: lines in cells are left out.
    9: _hidden,
    10: _hidden,
    12: _plain,
    18: _thresholds,
    21: _hidden,
    22: _plain,
}
"""The portal's number of a formatter: Grafana's properties."""
