"""What is read of an attempt at once, and when: made from the table of fields, shared by span and event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.observation import NO_TAGS, Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.field_table import FIELDS
from foundry_telemetry.schema.reading import Attributes, Fields, fields, fields_of, read
from foundry_telemetry.schema.row import Stage
from foundry_telemetry.schema.value import COGNITIVE_SERVICES, TAG_PREFIX

__all__ = ["Attributes", "constant_of", "read", "read_result", "read_tags"]


def constant_of(project_id: str | None) -> Attributes:
    """What our span of any call has; not to be changed."""
    fields: Attributes = {names.RESOURCE_PROVIDER: COGNITIVE_SERVICES}
    return fields if project_id is None else {**fields, names.PROJECT_ID: project_id}


_last_tags: tuple[Mapping[str, str], Attributes] = (NO_TAGS, {})
"""What `read_tags` read last: a call's span and event ask for the same, and so do most calls of a block."""


def read_tags(tags: Mapping[str, str]) -> Attributes:
    """The tags of a call, by name; not to be changed.

    Args:
        tags: As they were in force; never changed either.
    """
    global _last_tags  # noqa: PLW0603 - one assignment swaps both, so readers need no lock
    of, found = _last_tags
    if of is not tags:
        found = {TAG_PREFIX + key: value for key, value in tags.items()}
        _last_tags = (tags, found)
    return found


def read_result(observation: Observation) -> Attributes:
    """What our span has of a finished attempt, beyond the request's fields."""
    found = read(RESPONSE, observation)
    if observation.usage.is_reported:
        found |= read(USAGE, observation.usage)
    if observation.failure is not None:
        found |= read(FAILURE, observation.failure)
    return found | read_tags(observation.tags) if observation.tags else found


def _fields(*stages: Stage, root: str = "", in_ms: bool = False) -> Fields:
    rows = (row for row in FIELDS if row.stage in stages)
    return fields_of(row for row in rows if (row.root, row.in_ms) == (root, in_ms))


REQUEST: Final = _fields("request")
"""Of a request; on our span and in the ledger."""

RESPONSE: Final = _fields("end")
"""Of an observation; on our span and in the ledger."""

USAGE: Final = _fields("end", root="usage")
"""Of a token usage; on our span and in the ledger."""

FAILURE: Final = _fields("end", root="failure")
"""Of a failure; on our span and in the ledger."""

EVENT: Final = _fields("request", "end", "ledger")
"""Of an observation, which has what its request had; in the ledger."""

EVENT_USAGE: Final = _fields("end", "ledger", root="usage")
"""Of a token usage; in the ledger."""

EVENT_FAILURE: Final = _fields("end", "ledger", root="failure")
"""Of a failure; in the ledger."""

EVENT_TOKEN: Final = _fields("ledger", root="failure.token")
"""Of a refused token; in the ledger alone."""

EVENT_ENTRA: Final = _fields("ledger", root="failure.entra")
"""Of a token that was never issued; in the ledger alone."""

EVENT_TIMES: Final = _fields("ledger", in_ms=True)
"""Of an observation, in seconds; in the ledger alone, in milliseconds."""

_MEASURED_ROWS: Final = tuple(row for row in FIELDS if row.measurement)
MEASUREMENTS: Final = fields(
    (row.measurement for row in _MEASURED_ROWS), (row.path for row in _MEASURED_ROWS)
)
"""Of an observation; the numbers that Azure keeps as numbers on a span's row."""
