"""The workbook's references, put as Grafana replaces them.

Grafana's own formats quote and escape; none is base64, so a text that a query decodes from base64 goes in
percent-encoded. That too has no sign that could end a string, nor the dollar of a macro.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, cast

from dashboards.builder.grafana.errors import UnmappedError
from dashboards.builder.grafana.heat_map import with_heat_maps
from dashboards.builder.workbook import Group, Item, Parameters, Query
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import Reference, replaced

Kind = Literal["time", "many", "one"]
"""A time range, the chosen entries of a drop-down, or one text."""

_TYPES: Final[Mapping[int, Kind]] = {1: "one", 2: "one", 4: "time", 10: "one"}
"""The portal's number of a type of parameter: what it holds, unless several can be chosen."""

_ENCODED: Final = ":percentencode}"
_DECODED: Final = re.compile(r"""base64_decode_tostring\(\s*['"](\$\{\w+:percentencode\})['"]\s*\)""")

_KQL: Final[Mapping[Kind, Mapping[str, str]]] = {
    "time": {
        "start": "$__timeFrom()",
        "end": "$__timeTo()",
        "grain": "$__interval",
        "value": "between ($__timeFrom() .. $__timeTo())",
        "query": "between ($__timeFrom() .. $__timeTo())",
        "seconds": "tolong(($__timeTo() - $__timeFrom()) / 1s)",
    },
    "many": {"value": "${NAME:singlequote}"},
    "one": {"value": "${NAME:raw}", "base64": "${NAME:percentencode}"},
}
_WORDS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "time": {
        "label": "${__from:date:iso} to ${__to:date:iso}",
        "value": "${__from:date:iso} to ${__to:date:iso}",
    },
    "many": {"label": "${NAME:text}", "value": "${NAME:text}"},
    "one": {"label": "${NAME:text}", "value": "${NAME:text}"},
}
"""Kind and format of a reference: what stands for it in a query, and in words."""

Kinds = Mapping[str, Kind]
"""Parameter: what it holds."""


def is_left_out(item: Item) -> bool:
    """Whether Grafana has no panel for an item.

    Grafana asks as its data source's identity, so whoever sees the dashboard would see content.
    """
    return isinstance(item, Query) and item.query == "call_content"


def shown(items: Iterable[Item]) -> Iterator[Item]:
    """The items that Grafana has for those of the layout, without what groups hold."""
    return (item for item in with_heat_maps(items) if not is_left_out(item))


def every(items: Iterable[Item]) -> Iterator[Item]:
    """All items of a layout that Grafana has, groups before what they hold."""
    for item in shown(items):
        yield item
        if isinstance(item, Group):
            yield from every(item.items)


def inputs(items: Iterable[Item]) -> Iterator[Mapping[str, Any]]:
    """The parameters that a reader can set, as the portal reads them; what is shared stands in each query."""
    for item in every(items):
        if isinstance(item, Parameters):
            yield from (each.json for each in item.inputs if each.name not in compose.shared())


def exports(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """The column and the parameter of each row selection."""
    for item in every(items):
        if isinstance(item, Query) and item.export is not None:
            yield item.export


def kinds_of(items: Iterable[Item]) -> Kinds:
    """What each parameter of a layout holds.

    Raises:
        UnmappedError: A parameter of an unknown type, or a second time: Grafana has one for all panels.
    """
    found = tuple(items)
    kinds: dict[str, Kind] = {parameter: "one" for _, parameter in exports(found)}
    for each in inputs(found):
        kind = _TYPES.get(each["type"])
        if kind is None:
            raise UnmappedError(
                f"parameter {each['name']!r} has type {each['type']!r}; known: {_known(_TYPES)}"
            )
        if kind == "time" and "time" in kinds.values():
            raise UnmappedError(
                f"parameter {each['name']!r} is a second time; Grafana has one for all panels"
            )
        kinds[each["name"]] = "many" if each.get("multiSelect") else kind
    return kinds


def asked(query: Query) -> str:
    """The text of a step's query as the workbook has it."""
    content = cast("Mapping[str, Any]", query.json["content"])
    return str(content["query"])


def in_kql(text: str, kinds: Kinds) -> str:
    """A query with its references as the Azure Monitor data source replaces them.

    Raises:
        UnmappedError: A reference to no parameter, or in a format that has no counterpart.
    """
    for parameter, same in compose.shared().items():
        text = text.replace(f"{{{parameter}}}", same)
    put = replaced(text, lambda reference: _put(reference, kinds, _KQL))
    decoded = _DECODED.sub(r"url_decode('\1')", put)
    if decoded.count(_ENCODED) != decoded.count("url_decode('${"):
        raise UnmappedError("a reference as base64 that nothing decodes has no counterpart in Grafana")
    return decoded


def in_words(text: str, kinds: Kinds) -> str:
    """A title or a text with its references as Grafana replaces them.

    Raises:
        UnmappedError: A reference to no parameter, or in a format that has no counterpart.
    """
    return replaced(text, lambda reference: _put(reference, kinds, _WORDS))


def _put(reference: Reference, kinds: Kinds, forms: Mapping[Kind, Mapping[str, str]]) -> str:
    kind = kinds.get(reference.name)
    form = forms[kind].get(reference.format) if kind is not None else None
    if form is None:
        raise UnmappedError(
            f"{{{reference.name}:{reference.format}}} has no counterpart in Grafana; the parameter is "
            f"{'unknown' if kind is None else kind}, and known are {_known(forms[kind] if kind else kinds)}"
        )
    return form.replace("NAME", reference.name)


def _known(table: Iterable[object]) -> str:
    return ", ".join(map(str, table))
