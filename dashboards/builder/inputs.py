"""The parameters that a reader of a workbook can set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from foundry_telemetry.kql import compose

Json = dict[str, object]

LOGS: Final[Json] = {"queryType": 0, "resourceType": "microsoft.operationalinsights/workspaces"}
"""What every query says: it is KQL, asked of the workspace that the workbook belongs to."""

NUMBER: Final = r"^\d*\.?\d+$"
"""The form of a number that is typed in."""

_NAMESPACE: Final = UUID("6f3f8f2e-55f4-4f1f-8f43-7d0e6d9b1c5a")
_MINUTE_MS: Final = 60_000


def same_id(name: str) -> str:
    """An id that is the same in each build."""
    return str(uuid5(_NAMESPACE, name))


@dataclass(frozen=True, kw_only=True)
class Input:
    """What all parameters have."""

    name: str
    label: str
    description: str

    @property
    def json(self) -> Json:
        """The parameter as the portal reads it."""
        reported = {"name": self.name, "label": self.label, "description": self.description}
        return {"id": same_id(self.name), "version": "KqlParameterItem/1.0"} | reported | self._kind()

    def _kind(self) -> Json:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class TimeInput(Input):
    """A time range; global, so that a brush on any chart can set it."""

    minutes: tuple[int, ...]
    """Lengths that are offered."""
    first: int
    """The one chosen at the beginning."""

    def _kind(self) -> Json:
        offered = [{"durationMs": minutes * _MINUTE_MS} for minutes in self.minutes]
        return {
            "type": 4,
            "isRequired": True,
            "isGlobal": True,
            "typeSettings": {"selectableValues": offered, "allowCustom": True},
            "value": {"durationMs": self.first * _MINUTE_MS},
        }


@dataclass(frozen=True, kw_only=True)
class ChoiceInput(Input):
    """A drop-down of many, filled by a query, with "All" chosen at the beginning."""

    query: str

    def _kind(self) -> Json:
        return {
            "type": 2,
            "isRequired": True,
            "multiSelect": True,
            "quote": "'",
            "delimiter": ",",
            "query": compose.in_workbook(self.query),
            "typeSettings": {
                "additionalResourceOptions": ["value::all"],
                "selectAllValue": "*",
                "showDefault": False,
            },
            "value": ["value::all"],
        } | LOGS


@dataclass(frozen=True, kw_only=True)
class OneInput(Input):
    """A drop-down of one, filled by a query that gives values and labels."""

    query: str
    first: str
    """The value chosen at the beginning."""

    def _kind(self) -> Json:
        text = compose.in_workbook(self.query)
        return {"type": 2, "isRequired": True, "query": text, "value": self.first} | LOGS


@dataclass(frozen=True, kw_only=True)
class OptionsInput(Input):
    """A few buttons, of which one is chosen: the first at the beginning."""

    options: Mapping[str, str]
    """Value: what the button says."""

    def _kind(self) -> Json:
        rows = [{"value": value, "label": label} for value, label in self.options.items()]
        return {
            "type": 10,
            "isRequired": True,
            "jsonData": json.dumps(rows, ensure_ascii=False),
            "value": next(iter(self.options)),
        }


@dataclass(frozen=True, kw_only=True)
class TextInput(Input):
    """A field to type in."""

    first: str = ""
    """What is in it at the beginning."""
    form: str | None = None
    """A regular expression that the text must match."""
    otherwise: str = ""
    """What to say when it does not."""
    is_hidden: bool = False
    """Whether only who edits the workbook sees it."""

    def _kind(self) -> Json:
        kind: Json = {"type": 1, "value": self.first}
        if self.form is not None:
            rule = {"regExp": self.form, "match": True, "message": self.otherwise}
            kind["typeSettings"] = {"paramValidationRules": [rule]}
        if self.is_hidden:
            kind["isHiddenWhenLocked"] = True
        return kind
