"""The texts of the dashboards: the tables of `texts.toml` and `texts_deployed.toml`.

The layout, the queries and the rules have keys alone; what stands for a key is read here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypedDict

from foundry_telemetry.advice.owner_labels import OWNER_LABELS

Words = Mapping[str, str]
"""Key: what stands for it."""

SHOWN: Final[Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))
"""Workbook and Grafana."""
DEPLOYED: Final[Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_name("texts_deployed.toml").read_text("utf-8")
)
"""Alerts, parameters of the template, query pack and resources."""

COLUMNS: Final[Words] = SHOWN["columns"]
LINKS: Final[Words] = SHOWN["links"]
SERIES: Final[Words] = SHOWN["series"]
VALUES: Final[Mapping[str, Words]] = SHOWN["values"] | {
    "error_owner": {**OWNER_LABELS, "unknown": "Unknown"},
}
"""Column, or kind of column: the words of its keys."""
TILES: Final[Words] = SHOWN["tiles"]
TABS: Final[Words] = SHOWN["tabs"]
PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    name: (label, description) for name, (label, description) in SHOWN["parameters"].items()
}
"""Parameter: label and description."""
INVALID: Final[Words] = SHOWN["invalid"]
STREAM_MEASURES: Final[Words] = SHOWN["stream_measures"]
TITLES: Final[Words] = SHOWN["titles"]
EMPTY: Final[Words] = SHOWN["empty"]
NOTES: Final[Words] = SHOWN["notes"]
CAUSE_HEADS: Final[tuple[str, ...]] = tuple(SHOWN["causes"]["heads"])
GRAFANA: Final[Words] = SHOWN["grafana"]
GRAFANA_TITLES: Final[Words] = SHOWN["grafana_titles"]
QUERY_PACK: Final[Words] = DEPLOYED["queries"]
TEMPLATE: Final[Words] = DEPLOYED["template"]
TEMPLATE_PARAMETERS: Final[Words] = DEPLOYED["parameters"]

_WORDS_HEAD: Final = """\
// The texts of tiles.
// Reads: nothing.
// Sampling: changes nothing.
//
// Made from dashboards/builder/texts.toml by `python -m dashboards.builder build`; do not edit it.
"""


def words_query() -> str:
    """The part of the queries with the texts of tiles, which no formatter can put in place of keys."""
    return _WORDS_HEAD + "".join(f"let {key}_text = '{text}';\n" for key, text in TILES.items())


class Named(TypedDict):
    """What all parameters have."""

    name: str
    label: str
    description: str


def parameter(name: str) -> Named:
    """Name, label and description of a parameter, as inputs take them."""
    label, description = PARAMETERS[name]
    return Named(name=name, label=label, description=description)


def alert(key: str, part: str, **filled: str) -> str:
    """A text of an alert rule.

    Args:
        key: The rule.
        part: ``title``, ``description`` or ``threshold``.
        filled: What goes in for names in braces.
    """
    text: str = DEPLOYED["alerts"][key][part]
    return text.format(**filled) if filled else text


def of_rule(part: str, **filled: str) -> str:
    """What a parameter of an alert rule is described as."""
    text: str = DEPLOYED["rules"][part]
    return text.format(**filled)
