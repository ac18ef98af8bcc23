"""Counts that were not sent when the process forked: they are the parent's to send, and the parent's alone.

Parent and child would both report them. So they are taken out of the aggregation before a fork, and the
parent sends them with its next collection. Nothing is started and nothing is sent at the fork itself: the
locks of a thread that is busy then stay locked in the child for ever. Those of the SDK's aggregation, which
every call of the child would wait for, are made anew there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from opentelemetry.sdk.metrics.export import Gauge

from foundry_telemetry.azure.envelopes import lose_metrics
from foundry_telemetry.dropped_items import Reason

_FORGET_S: Final = 1.0
"""Seconds; it takes milliseconds."""
_MAX_UNSENT: Final = 256
"""Forks between two collections whose counts are held."""
_LOCKS: Final[Mapping[type, Callable[[], object]]] = {
    type(make()): make for make in (threading.Lock, threading.RLock)
}
"""Kind of lock: what makes one."""


class ForkSafeMetricReader:
    """The unsent counts of one metric reader.

    Args:
        reader: Its way to the exporter is wrapped.
    """

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self._unsent: deque[Any] = deque()
        self._receive = reader._receive_metrics  # noqa: SLF001 - nothing public stands between the two
        reader._receive_metrics = self.receive  # noqa: SLF001

    def before_fork(self) -> None:
        """Take the unsent counts out of the aggregation."""
        with suppress(Exception):
            data = self.reader._collect(self.reader)  # noqa: SLF001 - nothing public collects without sending
            if not _has_counts(data):
                return  # the present state of gauges is reported soon enough
            if len(self._unsent) < _MAX_UNSENT:
                self._unsent.append(data)
            else:
                lose_metrics(Reason.QUEUE_FULL, data)

    def after_fork_in_child(self) -> None:
        """Leave all that to the parent, and the locks that its other threads may have held."""
        self._unsent.clear()
        with suppress(Exception):
            for part in _parts(self.reader):
                _unlock(part)
        # Threads of the parent counted on until the very fork. A thread, for a lock may be left that is
        # locked for ever: then the metrics of this child are lost, but the child must not hang.
        forgetting = threading.Thread(target=self._forget, name="foundry-forget", daemon=True)
        forgetting.start()
        forgetting.join(_FORGET_S)

    def _forget(self) -> None:
        with suppress(Exception):
            self.reader._collect(self.reader)  # noqa: SLF001 - see above

    def send_counts(self) -> None:
        """Send what was counted since the last collection, if anything was."""
        data = self.reader._collect(self.reader)  # noqa: SLF001 - see above
        if _has_counts(data):
            self.receive(data)

    def receive(self, data: Any, *args: Any, **options: Any) -> None:
        """Send what is held, and then what was collected."""
        while self._unsent:
            with suppress(IndexError):  # another collection was faster
                self._receive(self._unsent.popleft(), *args, **options)
        self._receive(data, *args, **options)


def _parts(reader: Any) -> Iterator[Any]:
    """What has a lock between a measurement and the exporter, outermost first."""
    yield reader
    consumer = getattr(reader._collect, "__self__", None)  # noqa: SLF001 - nothing public leads there
    yield consumer
    for storage in getattr(consumer, "_reader_storages", {}).values():
        yield storage
        for matches in list(storage._instrument_view_instrument_matches.values()):  # noqa: SLF001
            for match in matches:
                yield match
                yield from list(match._attributes_aggregation.values())  # noqa: SLF001


def _unlock(part: Any) -> None:
    for name, value in list(getattr(part, "__dict__", {}).items()):
        if make := _LOCKS.get(type(value)):
            setattr(part, name, make())


def _has_counts(data: Any) -> bool:
    """Whether any sum or histogram is not zero; those of the reader are since the last collection."""
    return data is not None and any(
        getattr(point, "value", 1) != 0
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if not isinstance(metric.data, Gauge)
        for point in metric.data.data_points
    )
