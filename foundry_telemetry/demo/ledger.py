"""Ledger rows, read from a table of events by KQL.

Azure delivers every property of an event as text; here numbers and booleans become what they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.derived import restored
from foundry_telemetry.schema.field_table import LEDGER
from foundry_telemetry.schema.value import EVENT_NAME

Value = str | int | float | bool

NUMBERS: Final = frozenset(row.name for row in LEDGER if row.constraint.type in (int, float))
"""Fields of the ledger event that are numbers."""

BOOLEANS: Final = frozenset(row.name for row in LEDGER if row.constraint.type is bool)
"""Fields of the ledger event that are true or false."""

_ADDED_BY_EXPORTER: Final = frozenset({"logger_name"})


class Row(Struct, frozen=True):
    """One attempt, as it arrived."""

    time: datetime
    """When it ended."""
    fields: Mapping[str, Value]
    """The ledger event."""
    after: float | None = None
    """Status of the attempt before it of the same call, where that was reported and is known."""

    def text(self, name: str) -> str | None:
        """A field that is text; ``None`` when it was not reported."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> float | None:
        """A field that is a number; ``None`` when it was not reported."""
        value = self.fields.get(name)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    @property
    def outcome(self) -> str:
        """One of ``observation.Outcome``."""
        return self.text(names.OUTCOME) or "unknown"

    @property
    def cause(self) -> str:
        """The class of a failure, else what came of the attempt."""
        return self.text(names.ERROR_TYPE) or self.outcome

    @property
    def retryable(self) -> bool | None:
        """Whether another attempt can help; ``None`` when the attempt did not fail."""
        value = self.fields.get(names.RETRYABLE)
        return value if isinstance(value, bool) else None

    @property
    def ids(self) -> tuple[str | None, str | None]:
        """Azure's id and that of the model service."""
        return self.text(names.AZURE_REQUEST_ID), self.text(names.ANTHROPIC_REQUEST_ID)


QUERY: Final = f'AppEvents | where Name == "{EVENT_NAME}" | project TimeGenerated, ParentId, Properties'
"""KQL for `read_rows`."""


def read_rows(table: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """The ledger rows in the answer to `QUERY`.

    Args:
        table: Rows of a time, which is UTC and says no time zone, the id of the parent, and the properties
            as JSON.
    """
    for time, parent_id, properties in table:
        yield Row(time.replace(tzinfo=UTC), read_fields(restored(json.loads(properties), parent_id)))


def read_fields(properties: Mapping[str, str]) -> dict[str, Value]:
    """The properties of an event with their types; what the exporter added is left out.

    A value that should be a number and is none stays the text it is.
    """
    return {name: _typed(name, text) for name, text in properties.items() if name not in _ADDED_BY_EXPORTER}


def _typed(name: str, text: str) -> Value:
    if name in BOOLEANS and text in ("True", "False"):
        return text == "True"
    if name not in NUMBERS:
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
