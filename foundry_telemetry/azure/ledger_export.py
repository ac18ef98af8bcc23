"""The ledger is built where it is exported: sets up the short way of its events, where that changes nothing.

It changes nothing where the logger provider is the distro's, made for us, with the processors that the distro
puts there: the one that copies a main agent's name from the current span, which is done in its place, and the
one that exports. With any other, as of live metrics or of the application, events go the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from opentelemetry import context as context_api
from opentelemetry._logs import LogRecord
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from foundry_telemetry.azure.distros import DISTROS, Distro
from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.signals import ledger_queue
from foundry_telemetry.signals.ledger_event import PendingEvent, record_of
from foundry_telemetry.signals.ledger_queue import LedgerQueue, inherited_from

_BATCHES: Final = "azure.monitor.opentelemetry.exporter.export.logs._processor._AzureBatchLogRecordProcessor"
"""What a distro puts on a logger provider by default, after the one that copies."""


def shorten(provider: Any, distro: Distro = DISTROS["azure-monitor"]) -> bool:
    """Let ledger events go straight to the exporter of a logger provider that the distro made for us.

    Args:
        provider: Nobody else has it yet.
        distro: That made it.

    Returns:
        Whether they do from now on; the long way stays where anything is not as it is known.
    """
    from azure.monitor.opentelemetry.exporter._constants import _MAIN_AGENT_PREFIX  # noqa: PLC0415

    joined = provider._multi_log_record_processor  # noqa: SLF001 - nothing public leads to the queue
    processors: Sequence[Any] = joined._log_record_processors  # noqa: SLF001
    if tuple(map(_path, processors)) != (distro.copier, _BATCHES):
        return False
    if not _copies_as_known(processors[0], _MAIN_AGENT_PREFIX, distro.copies):
        return False
    batches = processors[-1]._batch_processor  # noqa: SLF001
    exporter = batches._exporter  # noqa: SLF001
    exporter.export = _building_records(exporter.export)
    ledger_queue.active = LedgerQueue(joined, batches, _MAIN_AGENT_PREFIX, distro.copies)
    return True


def _building_records(export: Callable[..., Any]) -> Callable[..., Any]:
    """An exporter's ``export`` that also takes pending events, and builds their records."""
    from opentelemetry.sdk._logs import ReadableLogRecord  # noqa: PLC0415

    def build(item: Any) -> Any:
        if not isinstance(item, PendingEvent):
            return item
        try:
            return ReadableLogRecord(record_of(item), item.resource, item.scope)
        except Exception as error:  # no other record is lost for it
            internal_errors.add(error, Signal.LOGS)
            return None

    def export_built(batch: Sequence[Any], *args: Any, **options: Any) -> Any:
        return export([record for record in map(build, batch) if record is not None], *args, **options)

    return export_built


def _path(processor: object) -> str:
    kind = type(processor)
    return f"{kind.__module__}.{kind.__qualname__}"


def _copies_as_known(processor: Any, prefix: str, names: tuple[str, ...]) -> bool:
    """Whether the distro's processor copies from the current span what we would copy."""
    from opentelemetry.sdk._logs import ReadWriteLogRecord  # noqa: PLC0415

    span = _SpanOfAgent(f"{prefix}name", *names)
    record = ReadWriteLogRecord(LogRecord(attributes={"a": 1}))
    token = context_api.attach(set_span_in_context(span))
    try:
        processor.on_emit(record)
    finally:
        context_api.detach(token)
    return dict(record.log_record.attributes or {}) == {"a": 1, **(inherited_from(span, prefix, names) or {})}


class _SpanOfAgent(NonRecordingSpan):
    """A span below a main agent's."""

    def __init__(self, *names: str) -> None:
        super().__init__(SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(1)))
        self.attributes = {**dict.fromkeys(names, "planner"), "gen_ai.agent.name": "searcher"}
