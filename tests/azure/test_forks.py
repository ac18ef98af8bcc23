"""Counts that are not sent yet when the process forks."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import Counter, Meter, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.export import Gauge as GaugeData

from foundry_telemetry.azure import envelopes, forks
from foundry_telemetry.azure.forks import ForkSafeMetricReader
from foundry_telemetry.dropped_items import Dropped, Reason, Signal
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import PATIENCE_S, run
from tests.azure.test_endings import arrived


class Sent(MetricExporter):
    """Remembers the sums that it was given."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys((Counter, ObservableCounter), AggregationTemporality.DELTA))
        self.sums: list[float] = []
        self.exports = 0

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Take the sums."""
        self.exports += 1
        for resource in metrics_data.resource_metrics:
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                if not isinstance(metric.data, GaugeData):
                    self.sums += [point.value for point in metric.data.data_points]
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing waits."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Nothing is held."""


@pytest.fixture
def sent() -> Sent:
    """An exporter."""
    return Sent()


@pytest.fixture
def reader(sent: Sent) -> PeriodicExportingMetricReader:
    """A reader that collects when it is told to."""
    return PeriodicExportingMetricReader(sent, export_interval_millis=math.inf)


@pytest.fixture
def meter(reader: PeriodicExportingMetricReader) -> Iterator[Meter]:
    """A meter of the reader."""
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield provider.get_meter("test")
    provider.shutdown()


def test_the_parent_sends_what_was_unsent(sent: Sent, reader: Any, meter: Meter) -> None:
    """At the fork nothing is sent; the next collection of the parent sends it, once, before its own."""
    counter = meter.create_counter("count")
    fork_safe = ForkSafeMetricReader(reader)
    counter.add(3)
    fork_safe.before_fork()
    assert sent.sums == []
    counter.add(4)
    reader.collect()
    assert sent.sums == [3, 4]
    reader.collect()
    assert sent.sums == [3, 4]


def test_the_child_leaves_it_to_the_parent(sent: Sent, reader: Any, meter: Meter) -> None:
    """In the child only what it counted itself is sent, though its parent was just exporting."""
    counter = meter.create_counter("count")
    fork_safe = ForkSafeMetricReader(reader)
    counter.add(3)
    fork_safe.before_fork()
    reader._export_lock.acquire()  # by a thread of the parent
    counter.add(4)  # by another
    fork_safe.after_fork_in_child()
    counter.add(5)
    reader.collect()
    assert sent.sums == [5]


def test_no_lock_of_the_parent_is_left(sent: Sent, reader: Any, meter: Meter) -> None:
    """Wherever a thread of the parent was in the aggregation, the child counts on, in series old and new."""
    counter = meter.create_counter("count")
    counter.add(3, {"kind": "old"})
    fork_safe = ForkSafeMetricReader(reader)
    held = [
        lock for part in forks._parts(reader) for lock in vars(part).values() if type(lock) in forks._LOCKS
    ]
    assert len(held) >= len(("exports", "consumer", "storage", "instrument", "series"))
    busy = threading.Thread(target=lambda: [lock.acquire() for lock in held])
    busy.start()
    busy.join()  # it ended with all of them, as a thread of the parent does at a fork
    fork_safe.after_fork_in_child()
    child = threading.Thread(target=_count, args=(meter, counter), daemon=True)
    child.start()
    child.join(PATIENCE_S)
    assert not child.is_alive()
    reader.collect()
    assert sent.sums == [5, 7]


def _count(meter: Meter, counter: Any) -> None:
    counter.add(5, {"kind": "old"})
    meter.create_counter("another").add(7, {"kind": "new"})


def test_gauges_are_not_held(sent: Sent, reader: Any, meter: Meter) -> None:
    """The state of a gauge at a fork is no count, and is not reported later as if it were the present one."""
    meter.create_gauge("state").set(7)
    fork_safe = ForkSafeMetricReader(reader)
    fork_safe.before_fork()
    assert not fork_safe._unsent


@pytest.mark.row(34)
def test_many_forks(reader: Any, meter: Meter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is bounded, and what is beyond it is counted as lost."""
    fresh = Dropped()
    monkeypatch.setattr(envelopes, "dropped", fresh)
    monkeypatch.setattr(forks, "_MAX_UNSENT", 3)
    fork_safe = ForkSafeMetricReader(reader)
    for _ in range(5):
        meter.create_counter("count").add(1)
        fork_safe.before_fork()
    assert len(fork_safe._unsent) == 3
    assert fresh.totals() == {(Reason.QUEUE_FULL, Signal.METRICS): 2}


FORKS = """
import foundry_telemetry
foundry_telemetry.configure()
emit("parent")
busy, between = threading.Event(), threading.Lock()
def work():
    while not busy.wait(0.002):
        with between:
            emit("thread")
thread = threading.Thread(target=work)
thread.start()
children = []
for _ in range(10):
    with between:  # the SDK's own locks are not made for forks: a child would wait for one for ever
        child = os.fork()
    if child == 0:
        emit("child")
        sys.exit(0)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
busy.set()
thread.join()
say(codes=codes)
"""


def counted(azure: FakeIngestion, signal: str) -> float:
    """Items of a signal that were counted as lost."""
    points = azure.metrics("foundry.telemetry.dropped")
    return sum(each["value"] for each in points if each["properties"]["foundry.telemetry.signal"] == signal)


@pytest.mark.slow
@pytest.mark.row(34)
def test_ten_forks_with_a_busy_thread(tmp_path: Path) -> None:
    """Each of ten children delivers its own once, or counts it, while a thread of the parent emits."""
    with FakeIngestion() as azure:
        ended = run(FORKS, azure, tmp_path)
        assert ended.said == [{"codes": [0] * 10}], ended.errors
        spans, events, count = arrived(azure, "child")
        assert spans + counted(azure, "traces") == 10
        assert events + counted(azure, "logs") == 10
        assert count == 10 or "not reported to Azure" in ended.errors or counted(azure, "metrics")
        assert arrived(azure, "parent") == (1, 1, 1)
        spans, events, count = arrived(azure, "thread")
        assert spans == events == count  # what was counted right before a fork, too


def test_lock_is_a_lock(reader: Any) -> None:
    """A reader without that lock gets none."""
    del reader._export_lock
    ForkSafeMetricReader(reader).after_fork_in_child()
    assert not hasattr(reader, "_export_lock")
    reader._export_lock = threading.Lock()


def test_only_what_changed_is_sent(sent: Sent) -> None:
    """Between two collections without a count nothing is sent: a gauge, or a sum of zero, is not worth it."""
    reader = PeriodicExportingMetricReader(sent, math.inf)
    fork_safe = ForkSafeMetricReader(reader)
    provider = MeterProvider([reader])
    meter = provider.get_meter("test")
    meter.create_observable_gauge("gauge", [lambda _: [Observation(3)]])
    total = iter((5, 5, 5))
    meter.create_observable_counter("total", [lambda _: [Observation(next(total, 5))]])
    for _ in range(3):
        fork_safe.send_counts()
    assert sent.exports == 1
    meter.create_counter("count").add(2)
    fork_safe.send_counts()
    assert sent.exports == 2
    assert 2 in sent.sums
    provider.shutdown()
