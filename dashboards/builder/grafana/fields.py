"""What all panels' fields share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from dashboards.builder.grafana.units import Json

_UNKNOWN: Final = "–"  # noqa: RUF001 - what the workbook shows

NO_VALUE: Final[Json] = {
    "matcher": {"id": "byRegexp", "options": "/.*/"},
    "properties": [{"id": "noValue", "value": _UNKNOWN}],
}
"""Stands first in all overrides: a panel without rows says why, but a value that is unknown is a dash."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A look as Grafana has it."""

    type: str
    """Of the panel."""
    format: Literal["table", "time_series"]
    """How the data source gives the rows."""
    defaults: Json = field(default_factory=dict)
    """For all fields."""
    overrides: list[Json] = field(default_factory=list)
    """For some."""
    options: Json = field(default_factory=dict)
    transformations: list[Json] = field(default_factory=list)
    says_why: bool = True
    """Whether there is room for all that the message of an empty panel says."""


def overridden(name: str, properties: Json) -> Json:
    """The properties of the field of that name."""
    reported = [{"id": key, "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": reported}


def keeps(*names: str) -> Json:
    """A transformation that leaves out all other fields."""
    return {"id": "filterFieldsByName", "options": {"include": {"names": list(names)}}}
