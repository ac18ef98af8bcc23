"""The event to Azure, or wherever the log records of the application go."""

from __future__ import annotations

from typing import Any, Final

from opentelemetry._logs import LoggerProvider, LogRecord, SeverityNumber, get_logger
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, set_span_in_context

from foundry_telemetry.content.record import PendingContent
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.content_table import CONTENT_EVENT
from foundry_telemetry.schema.value import SCOPE
from foundry_telemetry.signals.ledger import unlimited_in

_BODY: Final = "content of a call"
"""Azure drops it; readers of logs see that there is more."""


class EventSink:
    """Emits each record as an event, in the context of the call's span; never onto a span.

    Args:
        provider: Takes them; the global one by default.
    """

    def __init__(self, provider: LoggerProvider | None = None) -> None:
        self._provider = provider

    def __call__(self, record: dict[str, Any], pending: PendingContent) -> None:
        """Emit one."""
        logger = get_logger(SCOPE, logger_provider=self._provider)
        seen = pending.observation
        event = LogRecord(
            timestamp=seen.started_ns + int(seen.duration_s * 1e9),
            context=set_span_in_context(NonRecordingSpan(pending.where), Context()),
            severity_number=SeverityNumber.INFO,
            severity_text="INFO",
            body=_BODY,
            attributes={**record, names.CUSTOM_EVENT: CONTENT_EVENT},
            event_name=CONTENT_EVENT,
        )
        logger.emit(unlimited_in(logger)(event, logger))
