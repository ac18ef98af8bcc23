"""Counts what is lost between the SDK and Azure. Nothing is sent, kept or dropped differently for it.

An item leaves a pipeline in one of three ways: Azure takes it, the exporter's disk keeps it for later, or it
is gone. The exporter decides that in `_transmit` (what became of a batch), in `client.track` (what Azure
said) and in its storage; each is wrapped on the instance, and whatever is gone is counted in
`foundry_telemetry.dropped_items`. The exporter's own counts (``Item_Dropped_Count``) are no help: they miss
full queues, its own rate limit and what grew too old, and without a disk they count what arrived.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from inspect import signature
from typing import Any, Final

from azure.core.exceptions import HttpResponseError

from foundry_telemetry.azure.envelopes import lose, lose_metrics, size
from foundry_telemetry.azure.log_pipeline import mark_records_of_exports
from foundry_telemetry.azure.storage import count_storage
from foundry_telemetry.dropped_items import Reason, Signal, dropped

_QUOTA: Final = frozenset({402, 439})
_RETRIED: Final = frozenset({401, 403, 408, 429, 500, 502, 503, 504})
"""Statuses of single items in a 206 that the exporter keeps for later."""
_SAMPLED_OUT: Final = "telemetry sampled out."

_GONE: Final = "FAILED_NOT_RETRYABLE"
_LATER: Final = "FAILED_RETRYABLE"


class _Answer(threading.local):
    """What Azure said last. At the end of a process the last losses are sent while another request hangs."""

    depth: int = 0
    """How many redirects deep."""
    why: Reason | None = None
    """Why it took nothing; ``None`` if it took some."""
    errors: Sequence[Any] = ()
    """Items that it did not take."""


class CountedExporter:
    """Counts what one exporter of Azure Monitor loses.

    Args:
        exporter: Of any signal; its methods are wrapped.
        signal: What it exports.
    """

    def __init__(self, exporter: Any, signal: Signal) -> None:
        self._signal = signal
        self._exporter = exporter
        self._in_flight: Any = ()
        self._answer = _Answer()
        self._export: Callable[..., Any] = exporter.export
        self._transmit: Callable[..., Any] = exporter._transmit  # noqa: SLF001 - no public API
        self._track: Callable[..., Any] = exporter.client.track
        exporter.export = self.export
        exporter._transmit = self.transmit  # noqa: SLF001 - see above
        exporter.client.track = self.track
        if exporter.storage is not None:
            count_storage(exporter.storage, signal)

    def export(self, batch: Any, *args: Any, **options: Any) -> Any:
        """Export a batch, and count it where the exporter itself fails on it."""
        self._in_flight = batch
        mark_records_of_exports()  # the application may have set a log record factory of its own since
        try:
            return self._export(batch, *args, **options)
        except Exception:
            self._lose_in_flight(Reason.EXPORT_ERROR)
            raise
        finally:
            self._in_flight = ()

    def transmit(self, envelopes: list[Any], *args: Any, **options: Any) -> Any:
        """Send envelopes, and count those that are neither taken nor kept."""
        items = list(envelopes)  # the exporter takes away what is over its rate limit
        self._answer.depth += 1
        try:
            result = self._transmit(envelopes, *args, **options)
        finally:
            self._answer.depth -= 1
        if self._answer.depth == 0:  # a redirect comes through here once more
            with suppress(Exception):
                self._account(result.name, envelopes, items[len(envelopes) :])
        return result

    def track(self, envelopes: list[Any], *args: Any, **options: Any) -> Any:
        """Ask Azure to take envelopes, and remember what it said."""
        said = self._answer
        said.why, said.errors = Reason.EXPORT_ERROR, ()
        try:
            answer = self._track(envelopes, *args, **options)
        except HttpResponseError as error:
            said.why = Reason.QUOTA if error.status_code in _QUOTA else Reason.REFUSED
            raise
        said.why = None
        said.errors = (answer[0] if isinstance(answer, tuple) else answer).errors or ()
        return answer

    def mark_lost(self) -> None:
        """The process ends: count what is being exported."""
        self._lose_in_flight(Reason.EXIT)

    def after_fork(self) -> None:
        """In the child of a fork: what is being exported is the parent's to finish."""
        self._in_flight = ()

    def _lose_in_flight(self, reason: Reason) -> None:
        if self._signal is Signal.METRICS:
            lose_metrics(reason, self._in_flight)
        else:
            dropped.add(reason, self._signal, size(self._in_flight))

    def _account(self, result: str, sent: Sequence[Any], over_the_rate: Sequence[Any]) -> None:
        without_disk = self._exporter.storage is None
        if without_disk:
            self._lose(Reason.STORAGE_DISABLED, over_the_rate)
        if result == _LATER and without_disk:
            self._lose(Reason.STORAGE_DISABLED, sent)
        elif result == _GONE and self._answer.why is not None:
            self._lose(self._answer.why, sent)
        elif result == _GONE:
            for error in self._answer.errors:
                reason = _reason_of_item(error, without_disk=without_disk)
                if reason is not None:
                    self._lose(reason, [sent[error.index]])

    def _lose(self, reason: Reason, envelopes: Sequence[Any]) -> None:
        lose(reason, [envelope.as_dict() for envelope in envelopes], self._signal)


def _reason_of_item(error: Any, *, without_disk: bool) -> Reason | None:
    """Why an item that Azure refused is lost; ``None`` if it is kept for later."""
    if (error.message or "").lower() == _SAMPLED_OUT:
        return Reason.INGESTION_SAMPLING
    if error.status_code in _RETRIED:
        return Reason.STORAGE_DISABLED if without_disk else None
    return Reason.QUOTA if error.status_code in _QUOTA else Reason.REFUSED


class CountedQueue:
    """Counts what a batch processor of the SDK drops.

    Args:
        processor: A ``BatchSpanProcessor`` or ``BatchLogRecordProcessor``.
        signal: What it holds.
    """

    def __init__(self, processor: Any, signal: Signal) -> None:
        self._signal = signal
        self._batches = processor._batch_processor  # noqa: SLF001 - no public API
        self._metrics = self._batches._metrics  # noqa: SLF001 - the SDK's own place for drops
        self._batches._metrics = self  # noqa: SLF001
        if "error_type" not in signature(self._metrics.drop_items).parameters:
            self._emit = self._batches.emit
            self._batches.emit = self.emit

    def drop_items(self, count: int, *why: str, **named: str) -> None:
        """The processor dropped items; a release since 1.45 says why where it is not for a full queue."""
        is_full = {*why, *named.values()} <= {"queue_full"}
        dropped.add(Reason.QUEUE_FULL if is_full else Reason.AFTER_SHUTDOWN, self._signal, count)
        self._metrics.drop_items(count, *why, **named)

    def emit(self, item: Any) -> None:
        """Take an item. SDKs before 1.45 drop it after the shutdown without counting it in their metrics."""
        if self._batches._shutdown:  # noqa: SLF001 - see above
            dropped.add(Reason.AFTER_SHUTDOWN, self._signal)
        self._emit(item)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._metrics, name)

    def mark_lost(self) -> None:
        """The process ends: count what waits."""
        dropped.add(Reason.EXIT, self._signal, len(self._batches._queue))  # noqa: SLF001

    def after_fork(self) -> None:
        """In the child of a fork, where the SDK has emptied the queue."""


Counted = CountedExporter | CountedQueue
"""What counts its own losses."""
