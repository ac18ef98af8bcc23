"""The ledger: one wide event for every attempt, never sampled. Dashboards and tools read nothing else.

Limits and sampling that the application sets for its own telemetry do not apply to it: a ledger event that
lost its name or its first field to ``OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT`` would be found by no query.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar

from opentelemetry._logs import LoggerProvider, LogRecord, get_logger, get_logger_provider

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.value import SCOPE
from foundry_telemetry.signals import ledger_queue
from foundry_telemetry.signals.ledger_event import record_in
from foundry_telemetry.signals.providers import is_placeholder
from foundry_telemetry.signals.span import SpanBinding


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
        logger = self._logger or self._find_logger()
        queue = ledger_queue.active
        if queue is None or not queue.put(observation, binding.where, logger):
            logger.emit(self._unlimited(record_in(observation, binding.context), logger))

    def _find_logger(self) -> Any:
        """The logger; kept once it leads to an SDK."""
        logger = get_logger(SCOPE, logger_provider=self._provider)
        if not is_placeholder(self._provider or get_logger_provider()):
            self._logger = logger
            self._unlimited = unlimited_in(logger)
            self._on_provider()
        return logger


def _as_it_is(record: LogRecord, _: Any) -> Any:
    return record


def unlimited_in(logger: Any) -> Callable[[LogRecord, Any], Any]:
    """What makes a record on which the limits of the application have no effect, for a logger of the SDK."""
    sdk = sys.modules.get("opentelemetry.sdk._logs")
    if sdk is None or not isinstance(logger, sdk.Logger):
        return _as_it_is
    make, limits = sdk.ReadWriteLogRecord, sdk.LogRecordLimits(1, 1, 1, 1)  # so it reads no environment
    limits.max_log_record_attributes = limits.max_log_record_attribute_length = None
    scope = logger.instrumentation_scope
    return lambda record, logger: make(record, logger.resource, scope, limits)  # a fork changes the resource
