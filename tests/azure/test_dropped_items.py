"""Every item that the exporter takes arrives in Azure, or is on disk, or is counted with a reason."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from foundry_telemetry import dropped_items
from foundry_telemetry.azure import drop_counting, envelopes, pipelines
from foundry_telemetry.azure.drop_counting import CountedExporter, CountedQueue
from foundry_telemetry.dropped_items import Dropped, Reason, Signal
from foundry_telemetry.signals import gauges, make_signals
from foundry_telemetry.testing.ingestion import (
    ACCEPT_AND_CLOSE,
    CLOSE,
    FakeIngestion,
    InjectedError,
    partly,
    refuse,
)
from tests.azure.process import stored
from tests.support.patience import PATIENCE_S

SPANS = 8


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> Dropped:
    """A count of its own for the test."""
    fresh = Dropped()
    for module in (drop_counting, envelopes):
        monkeypatch.setattr(module, "dropped", fresh)
    return fresh


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in pipelines.QUIET.items():
        monkeypatch.setenv(name, value)


def spans(count: int = SPANS) -> list[ReadableSpan]:
    """Finished spans."""
    provider = TracerProvider(shutdown_on_exit=False)
    memory = InMemorySpanExporter()
    queue = BatchSpanProcessor(memory)
    provider.add_span_processor(queue)
    for _ in range(count):
        provider.get_tracer("test").start_span("span").end()
    queue.force_flush()
    provider.shutdown()
    return list(memory.get_finished_spans())


def exporter(azure: FakeIngestion, folder: Path, **options: Any) -> AzureMonitorTraceExporter:
    """An exporter that tries once."""
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    (disk / "something").write_text("else")
    options = {"storage_directory": str(disk), "retry_total": 0} | options
    return AzureMonitorTraceExporter(connection_string=azure.connection_string, **options)


@pytest.fixture
def azure() -> Iterator[FakeIngestion]:
    """An ingestion endpoint."""
    with FakeIngestion() as running:
        yield running


def arrived(azure: FakeIngestion) -> int:
    """Spans that Azure took."""
    return len(azure.dependencies())


def lost(dropped: Dropped) -> dict[str, int]:
    """Items by reason."""
    totals: Counter[str] = Counter()
    for (reason, signal), count in dropped.totals().items():
        assert signal is Signal.TRACES
        totals[reason] += count
    return dict(totals)


NO_DISK = {"disable_offline_storage": True}
FULL = {"storage_max_size": 1}
"""Bytes; a file that is no telemetry lies in the folder already."""

OUTCOMES: dict[str, tuple[InjectedError | None, dict[str, Any], dict[Reason, int], int]] = {
    "taken": (None, {}, {}, 0),
    "taken, no disk": (None, NO_DISK, {}, 0),
    "400": (refuse(400), {}, {Reason.REFUSED: SPANS}, 0),
    "404": (refuse(404), {}, {Reason.REFUSED: SPANS}, 0),
    "413": (refuse(413), {}, {Reason.REFUSED: SPANS}, 0),
    "402": (refuse(402), {}, {Reason.QUOTA: SPANS}, 0),
    "439": (refuse(439), {}, {Reason.QUOTA: SPANS}, 0),
    "439, no disk": (refuse(439), NO_DISK, {Reason.QUOTA: SPANS}, 0),
    "401": (refuse(401), {}, {}, SPANS),
    "429": (refuse(429, retry_after=9), {}, {}, SPANS),
    "503": (refuse(503), {}, {}, SPANS),
    "503, no disk": (refuse(503), NO_DISK, {Reason.STORAGE_DISABLED: SPANS}, 0),
    "closed": (CLOSE, {}, {}, SPANS),
    "closed, no disk": (CLOSE, NO_DISK, {Reason.STORAGE_DISABLED: SPANS}, 0),
    "503, disk full": (refuse(503), FULL, {Reason.STORAGE_FULL: SPANS}, 0),
    "206": (partly({0: 400, 1: 439, 2: 503}), {}, {Reason.REFUSED: 1, Reason.QUOTA: 1}, 1),
    "206, no disk": (
        partly({0: 400, 1: 439, 2: 503}),
        NO_DISK,
        {Reason.REFUSED: 1, Reason.QUOTA: 1, Reason.STORAGE_DISABLED: 1},
        0,
    ),
    "206, disk full": (
        partly({2: 503}),
        FULL,
        {Reason.STORAGE_FULL: 1},
        0,
    ),
    "redirected elsewhere": (
        InjectedError(status=308, location="http://198.51.100.1/"),
        {},
        {Reason.REFUSED: SPANS},
        0,
    ),
    "redirected nowhere": (InjectedError(status=307), {}, {Reason.REFUSED: SPANS}, 0),
    "over the rate": (None, {"max_envelopes_per_second": 5}, {}, SPANS - 5),
    "over the rate, no disk": (
        None,
        {"max_envelopes_per_second": 5, **NO_DISK},
        {Reason.STORAGE_DISABLED: SPANS - 5},
        0,
    ),
}


@pytest.mark.row(27)
@pytest.mark.parametrize("case", OUTCOMES)
def test_one_batch(case: str, azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """What arrived, what is on disk and what is counted add up to what was exported."""
    fault, options, expected, kept = OUTCOMES[case]
    if fault is not None:
        azure.script(fault)
    counted = exporter(azure, tmp_path, **options)
    CountedExporter(counted, Signal.TRACES)
    counted.export(spans())
    on_disk = len(stored(tmp_path).splitlines())
    assert (lost(dropped), on_disk) == (expected, kept)
    assert arrived(azure) + on_disk + sum(expected.values()) == SPANS
    counted.shutdown()


@pytest.mark.row(27)
def test_a_redirect_that_is_followed(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """A batch that arrives by way of a redirect is not counted."""
    azure.script(InjectedError(status=308, location=azure.url + "/"))
    counted = exporter(azure, tmp_path)
    CountedExporter(counted, Signal.TRACES)
    counted.export(spans())
    assert (arrived(azure), lost(dropped)) == (SPANS, {})
    counted.shutdown()


@pytest.mark.row(27)
def test_a_redirect_to_a_refusal(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """A batch that is refused where it was redirected to is counted once."""
    azure.script(InjectedError(status=308, location=azure.url + "/"), refuse(400))
    counted = exporter(azure, tmp_path)
    CountedExporter(counted, Signal.TRACES)
    counted.export(spans())
    assert lost(dropped) == {Reason.REFUSED: SPANS}
    counted.shutdown()


@pytest.mark.row(28)
def test_taken_and_closed(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """An answer that never comes leaves the batch on disk: it may arrive twice, but it is not lost."""
    azure.script(ACCEPT_AND_CLOSE)
    counted = exporter(azure, tmp_path)
    CountedExporter(counted, Signal.TRACES)
    counted.export(spans())
    assert (arrived(azure), len(stored(tmp_path).splitlines()), lost(dropped)) == (SPANS, SPANS, {})
    counted.shutdown()


@pytest.mark.parametrize(("answer", "expected"), [(refuse(400), {Reason.REFUSED: SPANS}), (refuse(503), {})])
def test_from_disk(
    answer: InjectedError, expected: dict[Reason, int], azure: FakeIngestion, tmp_path: Path, dropped: Dropped
) -> None:
    """What was on disk and is refused for good is counted; what is to wait longer is not."""
    counted = exporter(azure, tmp_path, storage_min_retry_interval=0)
    CountedExporter(counted, Signal.TRACES)
    azure.script(refuse(503), InjectedError(), answer)
    counted.export(spans())
    counted.export(spans(1))
    assert lost(dropped) == expected
    assert len(stored(tmp_path).splitlines()) == (0 if expected else SPANS)
    counted.shutdown()


def test_too_old(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """What waited on disk longer than it is kept is counted when it is removed, and once."""
    azure.script(refuse(503))
    first = exporter(azure, tmp_path, storage_min_retry_interval=0)
    first.export(spans())
    first.shutdown()
    counted = exporter(azure, tmp_path, storage_retention_period=-1)
    # The exporter itself looks into its folder as it is made, before anybody can count.
    assert not stored(tmp_path)
    counted.shutdown()
    azure.script(refuse(503))
    counted = exporter(azure, tmp_path, storage_min_retry_interval=0)
    CountedExporter(counted, Signal.TRACES)
    counted.export(spans())
    counted.storage._retention_period = -1
    assert [list(counted.storage.gets()) for _ in range(2)] == [[], []]
    assert lost(dropped) == {Reason.EXPIRED: SPANS}
    assert not stored(tmp_path)
    counted.shutdown()


@pytest.mark.row(31)
def test_half_written(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """A file that a killed process left half written is counted when it is removed."""
    counted = exporter(azure, tmp_path)
    CountedExporter(counted, Signal.TRACES)
    (tmp_path / "disk" / "2020-01-01T000000.000000-00000000.blob.tmp").write_text("{}\n{}\n{")
    assert list(counted.storage.gets()) == []
    assert lost(dropped) == {Reason.STORAGE_FAILED: 3}
    assert not list((tmp_path / "disk").glob("*.tmp"))
    counted.shutdown()


@pytest.mark.row(29)
def test_disk_that_fails(
    azure: FakeIngestion, tmp_path: Path, dropped: Dropped, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written is counted."""
    azure.script(refuse(503))
    counted = exporter(azure, tmp_path)
    CountedExporter(counted, Signal.TRACES)
    monkeypatch.setattr(counted.storage, "_path", str(tmp_path / "gone"))
    counted.export(spans())
    assert lost(dropped) == {Reason.STORAGE_FAILED: SPANS}
    counted.shutdown()


@pytest.mark.row(24)
def test_exporter_that_raises(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """A batch that the exporter cannot even read is counted, and its exception is its own."""
    counted = exporter(azure, tmp_path)
    part = CountedExporter(counted, Signal.TRACES)
    with pytest.raises(AttributeError):
        counted.export([*spans(2), None])
    part.mark_lost()
    assert lost(dropped) == {Reason.EXPORT_ERROR: 3}
    counted.shutdown()


class Gated(SpanExporter):
    """Exports nothing until its gate opens."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.busy = threading.Event()

    def export(self, _: Any) -> SpanExportResult:
        """Wait."""
        self.busy.set()
        self.gate.wait()
        return SpanExportResult.SUCCESS


@pytest.mark.row(25)
def test_the_queue_of_the_distro_for_logs(dropped: Dropped, azure: FakeIngestion, tmp_path: Path) -> None:
    """A queue of a kind of its own, as the distro has one for logs, is found and counted like the SDK's."""

    class OfDistro(BatchLogRecordProcessor):
        __module__ = "azure.monitor.opentelemetry.exporter"

    processor = OfDistro(
        AzureMonitorLogExporter(
            connection_string=azure.connection_string, storage_directory=str(tmp_path / "disk")
        )
    )
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(processor)
    counted = pipelines._count("logs", provider)
    assert {type(part) for part in counted} == {CountedExporter, CountedQueue}
    processor.shutdown()
    provider.get_logger("test").emit(body="late")
    assert dropped.totals() == {(Reason.AFTER_SHUTDOWN, Signal.LOGS): 1}


@pytest.mark.row(25)
def test_full_queue(dropped: Dropped) -> None:
    """What a full queue pushes out is counted, and so is what comes after the end."""
    gated = Gated()
    processor = BatchSpanProcessor(gated, max_queue_size=4, max_export_batch_size=2)
    part = CountedQueue(processor, Signal.TRACES)
    reported = spans(9)
    for span in reported[:2]:
        processor.on_end(span)
    assert gated.busy.wait(PATIENCE_S)
    for span in reported[2:]:
        processor.on_end(span)
    assert lost(dropped) == {Reason.QUEUE_FULL: 3}
    part.mark_lost()
    assert lost(dropped) == {Reason.QUEUE_FULL: 3, Reason.EXIT: 4}
    gated.gate.set()
    processor.shutdown()
    processor.on_end(reported[0])
    assert lost(dropped) == {Reason.QUEUE_FULL: 3, Reason.EXIT: 4, Reason.AFTER_SHUTDOWN: 1}


def test_points(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """Of metrics the points are counted."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    counter = provider.get_meter("test").create_counter("count")
    for name in "abc":
        counter.add(1, {"name": name})
    counted = AzureMonitorMetricExporter(
        connection_string=azure.connection_string, storage_directory=str(tmp_path), retry_total=0
    )
    CountedExporter(counted, Signal.METRICS)
    azure.script(refuse(400))
    counted.export(reader.get_metrics_data())
    assert dict(dropped.totals()) == {(Reason.REFUSED, Signal.METRICS): 3}
    counted.shutdown()
    provider.shutdown()


def test_log_exporter_is_counted_alike(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """The exporter of logs is counted by the same code, and an empty batch counts nothing."""
    counted = AzureMonitorLogExporter(
        connection_string=azure.connection_string, storage_directory=str(tmp_path), retry_total=0
    )
    CountedExporter(counted, Signal.LOGS)
    counted.export([])
    assert not dropped.totals()
    counted.shutdown()


def test_unknown_parts(caplog: pytest.LogCaptureFixture) -> None:
    """An SDK that we do not know is reported in one warning, and works on."""

    class Odd:
        pass

    with pipelines._known_parts("losses of traces are not counted"):
        CountedQueue(Odd(), Signal.TRACES)
    assert "losses of traces are not counted" in caplog.text


def test_many_threads() -> None:
    """No count is lost between threads."""
    count = Dropped()

    def add() -> None:
        for _ in range(5000):
            count.add(Reason.REFUSED, Signal.LOGS)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.totals() == {(Reason.REFUSED, Signal.LOGS): 20_000}


def test_unreported() -> None:
    """What a reader got is reported; what came later is not."""
    count = Dropped()
    count.add(Reason.QUOTA, Signal.LOGS, 2)
    assert count.unreported() == count.report() == {(Reason.QUOTA, Signal.LOGS): 2}
    assert not count.unreported()
    count.add(Reason.QUOTA, Signal.LOGS, 0)
    count.add(Reason.QUOTA, Signal.LOGS, 1)
    assert count.unreported() == {(Reason.QUOTA, Signal.LOGS): 1}


def test_requeued(azure: FakeIngestion, tmp_path: Path, dropped: Dropped, monkeypatch: Any) -> None:
    """Counts of losses that are lost with the metrics that report them are sent again, until they arrive."""
    monkeypatch.setattr(gauges, "dropped", dropped)
    counted = AzureMonitorMetricExporter(
        connection_string=azure.connection_string, disable_offline_storage=True, retry_total=0
    )
    CountedExporter(counted, Signal.METRICS)
    reader = PeriodicExportingMetricReader(counted, export_interval_millis=math.inf)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    make_signals(meter_provider=provider)
    azure.script(refuse(503), refuse(400))
    dropped.add(Reason.QUEUE_FULL, Signal.LOGS, 5)
    for _ in range(4):
        reader.collect()
    reported: Counter[tuple[str, str]] = Counter()
    for point in azure.metrics("foundry.telemetry.dropped"):
        properties = point["properties"]
        reported[properties["foundry.telemetry.reason"], properties["foundry.telemetry.signal"]] += point[
            "value"
        ]
    assert reported == dropped.totals()
    assert reported["queue_full", "logs"] == 5
    assert not dropped.unreported()
    provider.shutdown()


@pytest.mark.row(34, 55)
def test_a_lock_that_is_held() -> None:
    """Counting never waits: not for a lock that this thread holds further up, nor for one of a parent."""
    count = Dropped()
    with count._folding:
        for _ in range(dropped_items._MAX_NOTES + 2):
            count.add(Reason.EXIT, Signal.TRACES)
        assert not count.totals()
    assert count.totals() == {(Reason.EXIT, Signal.TRACES): dropped_items._MAX_NOTES + 2}
    count._folding.acquire()
    count.after_fork()
    count.add(Reason.EXIT, Signal.TRACES)
    assert count.totals() == {(Reason.EXIT, Signal.TRACES): dropped_items._MAX_NOTES + 3}


def test_another_exporters_blob(azure: FakeIngestion, tmp_path: Path, dropped: Dropped) -> None:
    """All exporters share one folder: what one put there and another loses is counted as what it is."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    reported = {"foundry.telemetry.reason": "exit", "foundry.telemetry.signal": "logs"}
    provider.get_meter("test").create_counter("foundry.telemetry.dropped").add(7, reported)
    options = dict(storage_directory=str(tmp_path), retry_total=0, storage_min_retry_interval=0)
    metrics = AzureMonitorMetricExporter(connection_string=azure.connection_string, **options)
    traces = exporter(azure, tmp_path, **options)
    CountedExporter(traces, Signal.TRACES)
    azure.script(refuse(503), InjectedError(), refuse(400))
    metrics.export(reader.get_metrics_data())
    traces.export(spans(1))
    assert dropped.totals() == {(Reason.REFUSED, Signal.METRICS): 1}
    assert dropped.unreported() == {(Reason.REFUSED, Signal.METRICS): 1, (Reason.EXIT, Signal.LOGS): 7}
    for one in (metrics, traces):
        one.shutdown()
    provider.shutdown()


def test_metrics_in_flight(dropped: Dropped) -> None:
    """Metrics that are given up while they are sent report their losses again."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    reported = {"foundry.telemetry.reason": "quota", "foundry.telemetry.signal": "logs"}
    provider.get_meter("test").create_counter("foundry.telemetry.dropped").add(2, reported)
    provider.get_meter("test").create_counter("count").add(1)
    envelopes.lose_metrics(Reason.EXIT, reader.get_metrics_data())
    assert dropped.unreported() == {(Reason.EXIT, Signal.METRICS): 2, (Reason.QUOTA, Signal.LOGS): 2}
    provider.shutdown()


def test_what_is_no_envelope(dropped: Dropped) -> None:
    """Whatever stands in a file on disk, counting it never raises."""
    odd = [None, 3, {}, {"data": None}, {"data": {"baseType": "MetricData", "baseData": {"metrics": []}}}]
    envelopes.lose(Reason.EXPIRED, odd, Signal.LOGS)
    reported = {"foundry.telemetry.reason": "no reason", "foundry.telemetry.signal": "logs"}
    base = {"metrics": [{"name": "foundry.telemetry.dropped", "value": 1}], "properties": reported}
    envelopes.lose(Reason.EXPIRED, [{"data": {"baseType": "MetricData", "baseData": base}}], Signal.LOGS)
    assert dropped.unreported() == {(Reason.EXPIRED, Signal.LOGS): 4, (Reason.EXPIRED, Signal.METRICS): 2}
