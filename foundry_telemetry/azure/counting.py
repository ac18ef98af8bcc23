"""Counts what is lost between the SDK and Azure. Nothing is sent, kept or dropped differently for it.

An item leaves a pipeline in one of three ways: Azure takes it, the exporter's disk keeps it for later, or it
is gone. The exporter decides that in `_transmit` (what became of a batch), in `client.track` (what Azure
said) and in its storage; each is wrapped on the instance, and whatever is gone is counted in
`foundry_telemetry.losses`. The exporter's own counts (``Item_Dropped_Count``) are no help: they miss full
queues, its own rate limit and what grew too old, and without a disk they count what arrived.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from azure.core.exceptions import HttpResponseError

from foundry_telemetry import conventions as names
from foundry_telemetry.losses import Reason, Signal, dropped

_QUOTA: Final = frozenset({402, 439})
_RETRIED: Final = frozenset({401, 403, 408, 429, 500, 502, 503, 504})
"""Statuses of single items in a 206 that the exporter keeps for later."""
_SAMPLED_OUT: Final = "telemetry sampled out."

_STORAGE: Final = {
    "CLIENT_STORAGE_DISABLED": Reason.STORAGE_DISABLED,
    "CLIENT_PERSISTENCE_CAPACITY_REACHED": Reason.STORAGE_FULL,
}
"""What the storage answers; all else but success is a failure to write."""
_STORED: Final = "LOCAL_FILE_BLOB_SUCCESS"
_GONE: Final = "FAILED_NOT_RETRYABLE"
_LATER: Final = "FAILED_RETRYABLE"


class CountedExporter:
    """Counts what one exporter of Azure Monitor loses.

    Args:
        exporter: Of any signal; its methods are wrapped.
        signal: What it exports.
    """

    def __init__(self, exporter: Any, signal: Signal) -> None:
        self._signal = signal
        self._exporter = exporter
        self._in_flight = 0
        self._depth = 0
        self._why: Reason | None = None
        self._errors: Sequence[Any] = ()
        self._export: Callable[..., Any] = exporter.export
        self._transmit: Callable[..., Any] = exporter._transmit  # noqa: SLF001 - nothing public tells
        self._track: Callable[..., Any] = exporter.client.track
        exporter.export = self.export
        exporter._transmit = self.transmit  # noqa: SLF001 - see above
        exporter.client.track = self.track
        if exporter.storage is not None:
            _count_storage(exporter.storage, signal)

    @property
    def waiting(self) -> int:
        """Items of the batch that is being exported."""
        return self._in_flight

    def export(self, batch: Any, *args: Any, **options: Any) -> Any:
        """Export a batch, and count it where the exporter itself fails on it."""
        self._in_flight = size(batch)  # of metrics, points
        try:
            return self._export(batch, *args, **options)
        except Exception:
            dropped.add(Reason.EXPORT_ERROR, self._signal, self._in_flight)
            raise
        finally:
            self._in_flight = 0

    def transmit(self, envelopes: list[Any], *args: Any, **options: Any) -> Any:
        """Send envelopes, and count those that are neither taken nor kept."""
        items = list(envelopes)  # the exporter takes away what is over its rate limit
        self._depth += 1
        try:
            result = self._transmit(envelopes, *args, **options)
        finally:
            self._depth -= 1
        if self._depth == 0:  # a redirect comes through here once more
            self._account(result.name, envelopes, items[len(envelopes) :])
        return result

    def track(self, envelopes: list[Any], *args: Any, **options: Any) -> Any:
        """Ask Azure to take envelopes, and remember what it said."""
        self._why, self._errors = Reason.EXPORT_ERROR, ()
        try:
            answer = self._track(envelopes, *args, **options)
        except HttpResponseError as error:
            self._why = Reason.QUOTA if error.status_code in _QUOTA else Reason.REFUSED
            raise
        self._why = None
        self._errors = (answer[0] if isinstance(answer, tuple) else answer).errors or ()
        return answer

    def _account(self, result: str, sent: Sequence[Any], over_the_rate: Sequence[Any]) -> None:
        without_disk = self._exporter.storage is None
        if without_disk:
            self._lose(Reason.STORAGE_DISABLED, over_the_rate)
        if result == _LATER and without_disk:
            self._lose(Reason.STORAGE_DISABLED, sent)
        elif result == _GONE and self._why is not None:
            self._lose(self._why, sent)
        elif result == _GONE:
            for error in self._errors:
                reason = _reason_of_item(error, without_disk=without_disk)
                if reason is not None:
                    self._lose(reason, [sent[error.index]])

    def _lose(self, reason: Reason, envelopes: Sequence[Any]) -> None:
        lose(reason, self._signal, [envelope.as_dict() for envelope in envelopes])

    def after_fork(self) -> None:
        """In the child of a fork: what is being exported is the parent's to finish."""
        self._in_flight = self._depth = 0


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
        self._batches = processor._batch_processor  # noqa: SLF001 - nothing public tells
        self._metrics = self._batches._metrics  # noqa: SLF001 - the SDK's own place to be told of drops
        self._batches._metrics = self  # noqa: SLF001

    @property
    def waiting(self) -> int:
        """Items in the queue."""
        return len(self._batches._queue)  # noqa: SLF001

    def drop_items(self, count: int, error_type: str = "queue_full") -> None:
        """The processor dropped items."""
        reason = Reason.QUEUE_FULL if error_type == "queue_full" else Reason.AFTER_SHUTDOWN
        dropped.add(reason, self._signal, count)
        self._metrics.drop_items(count, error_type)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._metrics, name)

    def after_fork(self) -> None:
        """In the child of a fork, where the SDK has emptied the queue."""


Counted = CountedExporter | CountedQueue
"""What counts its own losses, and knows what it still holds."""


def _count_storage(storage: Any, signal: Signal) -> None:
    put: Callable[..., Any] = storage.put
    gets: Callable[[], Iterator[Any]] = storage.gets

    def counted_put(data: Sequence[Any], *args: Any, **options: Any) -> Any:
        result = put(data, *args, **options)
        name = getattr(result, "name", "")
        if name != _STORED:
            lose(_STORAGE.get(name, Reason.STORAGE_FAILED), signal, data)
        return result

    def counted_gets() -> Iterator[Any]:
        with suppress(Exception):
            _remove_lost(storage, signal)
        return gets()

    storage.put = counted_put
    storage.gets = counted_gets


def _remove_lost(storage: Any, signal: Signal) -> None:
    """Remove, and count, what the storage would remove without a word: the too old, and the half written."""
    now = datetime.now(UTC)
    too_old = _stamp(now - timedelta(seconds=storage._retention_period))  # noqa: SLF001
    half_written = _stamp(now - timedelta(seconds=storage._write_timeout))  # noqa: SLF001
    for name in os.listdir(storage._path):  # noqa: SLF001, PTH208 - names are all that is needed
        blob, _, lease = name.partition("@")
        if lease.removesuffix(".lock") > _stamp(now):
            continue
        if blob.endswith(".blob.tmp") and blob < half_written:
            _remove(os.path.join(storage._path, name), Reason.STORAGE_FAILED, signal)  # noqa: SLF001, PTH118
        elif blob.endswith(".blob") and blob < too_old:
            _remove(os.path.join(storage._path, name), Reason.EXPIRED, signal)  # noqa: SLF001, PTH118


def _remove(path: str, reason: Reason, signal: Signal) -> None:
    with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123 - as the storage itself
        lines = file.readlines()
        os.remove(path)  # noqa: PTH107 - only one process gets here without an error, and counts
        lose(reason, signal, [_envelope(line) for line in lines])


def _envelope(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:  # the last line of a half written file
        return {}


def _is_metric(envelope: Any) -> bool:
    try:
        return bool(envelope["data"]["baseType"] == "MetricData")
    except (KeyError, TypeError):
        return False


def lose(reason: Reason, signal: Signal, envelopes: Sequence[Any]) -> None:
    """Count envelopes as lost; what they themselves told of losses is to be told again.

    Args:
        reason: Why.
        signal: What they carry.
        envelopes: As they are sent, in JSON's types.
    """
    if signal is not Signal.METRICS:
        # With each batch of spans goes a metric of the exporter's own, about the resource.
        dropped.add(reason, signal, sum(not _is_metric(envelope) for envelope in envelopes))
        return
    dropped.add(reason, signal, len(envelopes))
    for envelope in envelopes:
        with suppress(KeyError, IndexError, TypeError, ValueError):
            data = envelope["data"]["baseData"]
            point, told = data["metrics"][0], data["properties"]
            if point["name"] == names.METRIC_DROPPED:
                loss = Reason(told[names.DROP_REASON]), Signal(told[names.DROP_SIGNAL])
                dropped.tell_again(loss, round(point["value"]))


def _stamp(at: datetime) -> str:
    """As the storage begins its file names."""
    return at.strftime("%Y-%m-%dT%H%M%S.%f")


def size(batch: Any) -> int:
    """How many items are in a batch: spans or records in a list, or the points of metrics data."""
    if hasattr(batch, "__len__"):
        return len(batch)
    return sum(
        len(metric.data.data_points)
        for resource in getattr(batch, "resource_metrics", ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
    )
