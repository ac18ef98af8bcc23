"""The ledger: one wide event for every attempt, never sampled. Dashboards and tools read nothing else."""

from __future__ import annotations

from typing import Final

from opentelemetry._logs import Logger, SeverityNumber

from foundry_telemetry import conventions as names
from foundry_telemetry.observation import Failure, Observation
from foundry_telemetry.signals.fields import (
    LEDGER,
    LEDGER_ENTRA,
    LEDGER_FAILURE,
    LEDGER_TIMES,
    LEDGER_TOKEN,
    LEDGER_USAGE,
    Attributes,
    read,
)
from foundry_telemetry.signals.span import Link

_CONSTANT: Final = {names.CUSTOM_EVENT: names.EVENT_NAME, names.SCHEMA_VERSION: names.SCHEMA}


class Ledger:
    """Writes ledger events.

    Args:
        logger: Where they go.
    """

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def emit(self, seen: Observation, link: Link, answered: Attributes) -> None:
        """Write the event of one attempt, in the context of its call's span."""
        failed = seen.failure is not None
        self._logger.emit(
            timestamp=seen.started_ns + int(seen.duration_s * 1e9),
            context=link.context,
            severity_number=SeverityNumber.WARN if failed else SeverityNumber.INFO,
            severity_text="WARN" if failed else "INFO",
            body=_headline(seen),
            attributes=_CONSTANT | link.asked | answered | _ledger_only(seen),
            event_name=names.EVENT_NAME,
        )


def _headline(seen: Observation) -> str:
    """The event in a few words, for those who read logs and not fields; Azure drops it."""
    cause = seen.failure.type if seen.failure else seen.outcome
    return f"{seen.deployment or seen.path} {seen.status_code or '-'} {cause}"


def _ledger_only(seen: Observation) -> Attributes:
    fields = read(LEDGER, seen)
    for name, seconds in read(LEDGER_TIMES, seen).items():
        fields[name] = int(seconds * 1e6 + 0.5) / 1000  # `round` costs five times as much
    if seen.usage.is_told:
        fields |= read(LEDGER_USAGE, seen.usage)
    if seen.failure is not None:
        fields |= _failure(seen.failure)
    return fields


def _failure(failure: Failure) -> Attributes:
    fields = read(LEDGER_FAILURE, failure)
    if failure.token is not None:
        fields |= read(LEDGER_TOKEN, failure.token)
    if failure.entra is not None:
        fields |= read(LEDGER_ENTRA, failure.entra)
    return fields
