"""The ledger event of one attempt: its fields, and the log record that carries them.

*Pending event*: the facts of an attempt, and what depends on the moment it ended, while they wait for their
export. Only then is the record made: in the thread that exports, and not in the caller's.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, TraceFlags, set_span_in_context

from foundry_telemetry.observation import Failure, Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import EVENT_NAME, SCHEMA
from foundry_telemetry.signals.fields import (
    EVENT,
    EVENT_ENTRA,
    EVENT_FAILURE,
    EVENT_TIMES,
    EVENT_TOKEN,
    EVENT_USAGE,
    Attributes,
    read,
    read_tags,
)

_CONSTANT: Final = {names.CUSTOM_EVENT: EVENT_NAME, names.SCHEMA_VERSION: SCHEMA}

NO_SPAN: Final = set_span_in_context(INVALID_SPAN, Context())
"""A context that says of no trace that it was sampled out."""


class PendingEvent(Struct, frozen=True):
    """A ledger event that waits for its export. It holds no body, and nothing of the call but its facts."""

    observation: Observation
    trace_id: int
    span_id: int
    trace_flags: int
    resource: Any
    """Of the logger, when the attempt ended: a fork changes it."""
    scope: Any
    """Of the logger."""
    inherited: Attributes | None
    """What a log processor of the distro would have copied from the span that was current."""


def record_in(observation: Observation, context: Context) -> LogRecord:
    """The record of an attempt, in the context of its call's span."""
    record = LogRecord(context=context, **_parts(observation))
    if not (record.trace_flags or 0) & 1:
        record.context = NO_SPAN  # processors that sample logs by their trace look here
    return record


def record_of(event: PendingEvent) -> LogRecord:
    """The record of a pending event, as its processors would have left it."""
    parts = _parts(event.observation)
    if event.inherited:
        parts["attributes"] = event.inherited | parts["attributes"]
    record = LogRecord(context=NO_SPAN, **parts)  # not the context of the thread that exports
    record.trace_id, record.span_id = event.trace_id, event.span_id
    record.trace_flags = TraceFlags(event.trace_flags)
    return record


def _parts(observation: Observation) -> dict[str, Any]:
    failed = observation.failure is not None
    return {
        "timestamp": observation.started_ns + int(observation.duration_s * 1e9),
        "severity_number": SeverityNumber.WARN if failed else SeverityNumber.INFO,
        "severity_text": "WARN" if failed else "INFO",
        "body": _headline(observation),
        "attributes": _attributes(observation),
        "event_name": EVENT_NAME,
    }


def _headline(observation: Observation) -> str:
    """The event in a few words, for those who read logs and not fields; Azure drops it."""
    cause = observation.failure.type if observation.failure else observation.outcome
    return f"{observation.deployment or observation.path} {observation.status_code or '-'} {cause}"


def _attributes(observation: Observation) -> Attributes:
    fields = read(EVENT, observation)
    for name, seconds in read(EVENT_TIMES, observation).items():
        fields[name] = int(seconds * 1e6 + 0.5) / 1000  # `round` costs five times as much
    if observation.usage.is_reported:
        fields |= read(EVENT_USAGE, observation.usage)
    if observation.failure is not None:
        fields |= _failure(observation.failure)
    if observation.tags:
        fields |= read_tags(observation.tags)
    fields |= _CONSTANT
    return fields


def _failure(failure: Failure) -> Attributes:
    fields = read(EVENT_FAILURE, failure)
    if failure.token is not None:
        fields |= read(EVENT_TOKEN, failure.token)
    if failure.entra is not None:
        fields |= read(EVENT_ENTRA, failure.entra)
    return fields
