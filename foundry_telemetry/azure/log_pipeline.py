"""What stands before the processors that carry log records to Azure, whoever made the records.

Two kinds of records must not go straight through:

- Records about an export. Exported in turn they would bring the next export, without end. Whatever logs
  while something is exported is marked at birth, since a queue may carry the record to another thread.
- Records made while the SDK holds a lock, as its warning that a span is full. A processor that reads that
  span, as the exporter's own does, would wait for the lock in the thread that holds it: for ever, and with it
  an event loop. They wait instead, and go through with the next record, export or flush.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any, Final

from opentelemetry import context as context_api
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.trace import get_current_span

from foundry_telemetry.azure.distros import DISTROS
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.signals.span_lock import is_locked

EXPORTER: Final = "azure.monitor.opentelemetry"
"""Name of the exporter's loggers."""
_OF_EXPORTS: Final = (EXPORTER, *(distro.module for distro in DISTROS.values()))
"""Loggers that write of exports alone: the exporter's, and those of the distros."""
_MARK: Final = "_foundry_telemetry_export"
"""Attribute of a log record that was made during an export; formatters leave out what begins so."""
_SDK: Final = "opentelemetry."
_MOST_PENDING: Final = 1024


class LogPipeline:
    """The way of log records into one processor.

    Args:
        processor: A log record processor of the SDK; its ``on_emit`` is wrapped on the instance.
    """

    def __init__(self, processor: Any) -> None:
        self._on_emit: Callable[[Any], object] = processor.on_emit
        self._pending: deque[tuple[Context, Any]] = deque()
        processor.on_emit = self.on_emit
        _all.add(self)

    def on_emit(self, record: Any) -> None:
        """Let a record through, now or later, unless it is about an export."""
        scope = getattr(record.instrumentation_scope, "name", "")
        is_ledger = record.log_record.event_name == EVENT_NAME
        if not is_ledger and _is_of_export(record, scope):
            return
        if scope.startswith(_SDK) or is_locked(get_current_span()):
            self._defer(record)
            return
        if not is_ledger:  # an attempt may end where a metric reader holds its lock
            self.drain()
        self._on_emit(record)

    def drain(self) -> None:
        """Let through what waits. Not to be called where a lock of the SDK is held."""
        for _ in range(len(self._pending)):  # what these bring about waits for the next time
            try:
                context, record = self._pending.popleft()
            except IndexError:  # another thread was faster
                return
            with suppress(Exception):  # of a processor, about a record that is not the caller's
                context.run(self._on_emit, record)

    def after_fork(self) -> None:
        """In the child of a fork: what waits is the parent's."""
        self._pending.clear()

    def _defer(self, record: Any) -> None:
        if len(self._pending) < _MOST_PENDING:
            self._pending.append((copy_context(), record))
        else:
            dropped.add(Reason.QUEUE_FULL, Signal.LOGS)


_all: Final[weakref.WeakSet[LogPipeline]] = weakref.WeakSet()


def _after_fork() -> None:
    for pipeline in list(_all):
        pipeline.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def is_protected(provider: object) -> bool:
    """Whether a `LogPipeline` stands before a processor of a logger provider."""
    first = getattr(provider, "_multi_log_record_processor", None)
    processors = (first, *getattr(first, "_log_record_processors", ()))
    return any(isinstance(getattr(one.on_emit, "__self__", None), LogPipeline) for one in processors if one)


def mark_records_of_exports() -> None:
    """Mark, from now on, every log record that is made during an export."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _MarkingFactory):
        logging.setLogRecordFactory(_MarkingFactory(make))


class _MarkingFactory:
    """Makes log records as another factory does."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **options: Any) -> logging.LogRecord:
        record = self._make(*args, **options)
        if context_api.get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            setattr(record, _MARK, True)
        return record


def _is_of_export(record: Any, scope: str) -> bool:
    if scope.startswith(_OF_EXPORTS) or context_api.get_value(_SUPPRESS_INSTRUMENTATION_KEY):
        return True
    return _MARK in (record.log_record.attributes or ())
