"""The ledger: one wide event for every attempt, never sampled. Dashboards and tools read nothing else.

Limits and sampling that the application sets for its own telemetry do not apply to it: a ledger event that
lost its name or its first field to ``OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT`` would be found by no query.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar, Final

from opentelemetry._logs import LoggerProvider, LogRecord, SeverityNumber, get_logger, get_logger_provider
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, set_span_in_context

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Failure, Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import EVENT_NAME, SCHEMA, SCOPE
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
from foundry_telemetry.signals.providers import is_placeholder
from foundry_telemetry.signals.span import SpanBinding, read_response_fields

_CONSTANT: Final = {names.CUSTOM_EVENT: EVENT_NAME, names.SCHEMA_VERSION: SCHEMA}


_NO_SPAN: Final = set_span_in_context(INVALID_SPAN, Context())
"""A context that says of no trace that it was sampled out."""


class Ledger:
    """Writes ledger events.

    Args:
        provider: Takes them; the global one by default.
        on_provider: Called once there is one.
    """

    signal: ClassVar = Signal.LOGS
    reason: ClassVar = Reason.PROCESSOR_ERROR
    is_deferred: ClassVar = False

    def __init__(
        self, provider: LoggerProvider | None = None, on_provider: Callable[[], object] = lambda: None
    ) -> None:
        self._provider = provider
        self._on_provider = on_provider
        self._logger: Any = None
        self._unlimited: Callable[[LogRecord, Any], Any] = _as_it_is
        self._find_logger()  # what a provider of the application raises, it raises at set-up

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """Write the event of one attempt, in the context of its call's span."""
        failed = observation.failure is not None
        attributes = binding.request_fields | read_response_fields(
            binding, observation
        )  # the oldest are dropped first
        attributes |= _ledger_only(observation)
        attributes |= _CONSTANT
        record = LogRecord(
            timestamp=observation.started_ns + int(observation.duration_s * 1e9),
            context=binding.context,
            severity_number=SeverityNumber.WARN if failed else SeverityNumber.INFO,
            severity_text="WARN" if failed else "INFO",
            body=_headline(observation),
            attributes=attributes,
            event_name=EVENT_NAME,
        )
        if not (record.trace_flags or 0) & 1:
            record.context = _NO_SPAN  # processors that sample logs by their trace look here
        logger = self._logger or self._find_logger()
        logger.emit(self._unlimited(record, logger))

    def _find_logger(self) -> Any:
        """The logger; kept once it leads to an SDK."""
        logger = get_logger(SCOPE, logger_provider=self._provider)
        if not is_placeholder(self._provider or get_logger_provider()):
            self._logger = logger
            self._unlimited = _unlimited_in(logger)
            self._on_provider()
        return logger


def _as_it_is(record: LogRecord, _: Any) -> Any:
    return record


def _unlimited_in(logger: Any) -> Callable[[LogRecord, Any], Any]:
    """What makes a record on which the limits of the application have no effect, for a logger of the SDK."""
    sdk = sys.modules.get("opentelemetry.sdk._logs")
    if sdk is None or not isinstance(logger, sdk.Logger):
        return _as_it_is
    make, limits = sdk.ReadWriteLogRecord, sdk.LogRecordLimits(1, 1, 1, 1)  # so it reads no environment
    limits.max_log_record_attributes = limits.max_log_record_attribute_length = None
    scope = logger.instrumentation_scope
    return lambda record, logger: make(record, logger.resource, scope, limits)  # a fork changes the resource


def _headline(observation: Observation) -> str:
    """The event in a few words, for those who read logs and not fields; Azure drops it."""
    cause = observation.failure.type if observation.failure else observation.outcome
    return f"{observation.deployment or observation.path} {observation.status_code or '-'} {cause}"


def _ledger_only(observation: Observation) -> Attributes:
    fields = read(LEDGER, observation)
    for name, seconds in read(LEDGER_TIMES, observation).items():
        fields[name] = int(seconds * 1e6 + 0.5) / 1000  # `round` costs five times as much
    if observation.usage.is_reported:
        fields |= read(LEDGER_USAGE, observation.usage)
    if observation.failure is not None:
        fields |= _failure(observation.failure)
    return fields


def _failure(failure: Failure) -> Attributes:
    fields = read(LEDGER_FAILURE, failure)
    if failure.token is not None:
        fields |= read(LEDGER_TOKEN, failure.token)
    if failure.entra is not None:
        fields |= read(LEDGER_ENTRA, failure.entra)
    return fields
