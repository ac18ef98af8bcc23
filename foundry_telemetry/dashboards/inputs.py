"""The parameters that a reader of a workbook can set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from foundry_telemetry.dashboards import kql

Json = dict[str, object]

LOGS: Final[Json] = {"queryType": 0, "resourceType": "microsoft.operationalinsights/workspaces"}
"""What every query says: it is KQL, asked of the workspace that the workbook belongs to."""

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
        told = {"name": self.name, "label": self.label, "description": self.description}
        return {"id": same_id(self.name), "version": "KqlParameterItem/1.0"} | told | self._kind()

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
            "query": kql.whole(self.query),
            "typeSettings": {
                "additionalResourceOptions": ["value::all"],
                "selectAllValue": "*",
                "showDefault": False,
            },
            "value": ["value::all"],
        } | LOGS


@dataclass(frozen=True, kw_only=True)
class TextInput(Input):
    """A field to type in, empty at the beginning."""

    def _kind(self) -> Json:
        return {"type": 1, "value": ""}
