"""The notes behind the metrics: taken as attempts end, recorded when a reader asks, and none lost between."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import metrics as metrics_api
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)

from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation, TokenUsage
from foundry_telemetry.signals import Signals, SpanBinding, make_signals
from foundry_telemetry.signals import metrics as metrics_module
from foundry_telemetry.signals.series import Moment, Series
from tests.signals.exchange import Clock, exchange
from tests.support.capture import Capture
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
TOKENS = "gen_ai.client.token.usage"
CACHE_READ = "gen_ai.client.inference.usage.cache_read.input_tokens"
HOUR_MS = 3_600_000
LOSSES = "foundry.telemetry.dropped"


class Seen(Observation, frozen=True, kw_only=True, weakref=True):
    """An attempt whose end in memory can be watched."""


def attempt(number: int) -> Seen:
    """A finished attempt with counters of its own: 10 tokens in, of them 7 from the cache, `number` out."""
    usage = TokenUsage(input_tokens=3, output_tokens=number, cache_read_input_tokens=7, complete=True)
    return Seen(
        call_id="0" * 16,
        operation="chat",
        deployment="my-deployment",
        server_address="example-resource.services.ai.azure.com",
        status_code=200,
        outcome="ok",
        started_ns=1,
        duration_s=0.25,
        usage=usage,
    )


def record(signals: Signals, seen: Observation) -> None:
    """Take a note of an attempt that has no span."""
    link = SpanBinding(None, ours=False, call_id=seen.call_id, context=Context(), standard=True)
    signals.metrics.finished(seen, link)


def signals_for(*readers: Any) -> tuple[Signals, MeterProvider]:
    """Signals whose metrics these readers get."""
    provider = MeterProvider(readers, shutdown_on_exit=False)
    return make_signals(meter_provider=provider), provider


def sums(data: MetricsData | None) -> dict[str, Any]:
    """Sum of each metric over its series; of tokens for each type. The heartbeat goes on by itself."""
    found: dict[str, Any] = {}
    for resource in data.resource_metrics if data is not None else ():
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            if metric.name == "foundry.telemetry.heartbeat":
                continue
            for point in metric.data.data_points:
                kind = (point.attributes or {}).get("gen_ai.token.type", "")
                name = f"{metric.name} {kind}".strip()
                found[name] = found.get(name, 0) + (point.sum if hasattr(point, "sum") else point.value)
    return found


def collected(reader: InMemoryMetricReader) -> tuple[Any, Any, Any]:
    """All input, output and cache read that a reader gets now; ``None`` where it gets nothing."""
    found = sums(reader.get_metrics_data())
    return found.get(f"{TOKENS} input"), found.get(f"{TOKENS} output"), found.get(CACHE_READ)


def reported(numbers: range) -> tuple[int, int, int]:
    """The same for attempts with these numbers."""
    return 10 * len(numbers), sum(numbers), 7 * len(numbers)


NOTHING = (None, None, None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock for one exchange."""
    return Clock(monkeypatch)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the metrics that are measured, as they are."""
    names: list[str] = []
    measure = Series.measure

    def watched(self: Series, value: float, moment: Moment) -> None:
        names.append(self._instrument.name)  # type: ignore[union-attr]  # of the SDK, they have one
        measure(self, value, moment)

    monkeypatch.setattr(Series, "measure", watched)
    return names


def test_recorded_when_a_reader_asks(capture: Capture, clock: Clock, recorded: list[str]) -> None:
    """While calls are made nothing is recorded in the SDK; when a reader asks everything is, once."""
    for _ in range(3):
        exchange("ok_json_cache_thinking", capture, clock)
    assert recorded == []
    found = sums(capture.reader.get_metrics_data())
    assert found[CACHE_READ] == 36_000
    assert recorded.count("foundry.client.attempt.duration") == recorded.count(CACHE_READ) == 3
    recorded.clear()
    assert sums(capture.reader.get_metrics_data()) == found
    assert recorded == []


def test_two_readers() -> None:
    """Two readers each get everything, those recorded for the other one included."""
    often, seldom = InMemoryMetricReader(), InMemoryMetricReader()
    signals, _ = signals_for(often, seldom)
    for number in range(1, 10):
        record(signals, attempt(number))
        if number % 3 == 0:
            assert collected(often) == reported(range(1, number + 1))
    assert collected(seldom) == collected(often) == reported(range(1, 10))


def test_two_instrumentations(capture: Capture, clock: Clock) -> None:
    """Where integrations share no more than a meter provider, its reader gets the notes of each."""
    other = Capture()
    other.meter_provider = capture.meter_provider
    for each in (capture, other, capture, other):
        exchange("ok_json_cache_thinking", each, clock)
    assert len(capture.ledger) == len(other.ledger) == 2
    assert sums(capture.reader.get_metrics_data())[CACHE_READ] == 48_000


def test_instrumentation_that_is_gone() -> None:
    """What was noted is recorded although the client and its instrumentation are gone by then."""
    reader = InMemoryMetricReader()
    signals, _provider = signals_for(reader)
    record(signals, attempt(1))
    del signals
    gc.collect()
    assert collected(reader) == reported(range(1, 2))


def test_more_than_can_be_noted(monkeypatch: pytest.MonkeyPatch, recorded: list[str]) -> None:
    """When no reader asks for long, further attempts are recorded at once and the notes wait on."""
    monkeypatch.setattr(metrics_module, "_MAX_PENDING", 8)
    reader = InMemoryMetricReader()
    signals, _ = signals_for(reader)
    for number in range(1, 51):
        record(signals, attempt(number))
    assert recorded.count(CACHE_READ) == 50 - 8
    assert collected(reader) == reported(range(1, 51))
    record(signals, attempt(51))
    assert recorded.count(CACHE_READ) == 50
    assert collected(reader) == reported(range(1, 52))


def held(signals: Signals, count: int) -> list[weakref.ref[Seen]]:
    """Report attempts and let go of them."""
    watched = []
    for number in range(count):
        seen = attempt(number)
        watched.append(weakref.ref(seen))
        record(signals, seen)
    return watched


def alive(watched: list[weakref.ref[Seen]]) -> int:
    """How many of these somebody still holds."""
    return sum(seen() is not None for seen in watched)


def test_nobody_to_record_for() -> None:
    """Where metrics lead nowhere no attempt is kept for them."""
    signals = make_signals(meter_provider=metrics_api.NoOpMeterProvider())
    assert alive(held(signals, 20)) == 0


def test_notes_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded number of attempts is kept while no reader asks, and none afterwards."""
    monkeypatch.setattr(metrics_module, "_MAX_PENDING", 8)
    reader = InMemoryMetricReader()
    signals, _ = signals_for(reader)
    watched = held(signals, 20)
    assert alive(watched) == 8
    reader.collect()
    assert alive(watched) == 0


class Exporter(MetricExporter):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.exported: list[MetricsData] = []

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any) -> Any:
        """Keep it."""
        self.exported.append(metrics_data)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing waits."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("end", ["shutdown", "force_flush"])
def test_end_of_the_provider(end: str) -> None:
    """What was noted is exported when the provider is flushed or shut down."""
    exporter = Exporter()
    signals, provider = signals_for(PeriodicExportingMetricReader(exporter, HOUR_MS))
    for number in range(1, 6):
        record(signals, attempt(number))
    assert exporter.exported == []
    getattr(provider, end)()
    (data,) = exporter.exported
    if end != "shutdown":
        provider.shutdown()
    found = sums(data)
    assert (found[f"{TOKENS} input"], found[f"{TOKENS} output"], found[CACHE_READ]) == reported(range(1, 6))


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("most", [4, 4096])
def test_a_reader_in_another_thread(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that asks while attempts end in other threads loses none and counts none twice."""
    monkeypatch.setattr(metrics_module, "_MAX_PENDING", most)
    readers = InMemoryMetricReader(), InMemoryMetricReader()
    signals, _ = signals_for(*readers)
    threads, each = 4, 250
    start, done = threading.Barrier(threads + 1), threading.Event()

    def calls(first: int) -> None:
        start.wait()
        for number in range(first, first + each):
            record(signals, attempt(number))

    def ask() -> None:
        start.wait()
        while not done.is_set():
            readers[0].collect()

    callers = [threading.Thread(target=calls, args=(1 + each * index,)) for index in range(threads)]
    asking = threading.Thread(target=ask)
    for thread in (*callers, asking):
        thread.start()
    for thread in callers:
        thread.join()
    done.set()
    asking.join()
    assert collected(readers[0]) == collected(readers[1]) == reported(range(1, threads * each + 1))


def test_losses_only_after_a_loss(capture: Capture, clock: Clock) -> None:
    """The series of losses does not exist until something failed; then it is a total."""

    def fail(_: Observation) -> None:
        raise ValueError("of a sink")

    exchange("ok_json_basic", capture, clock)
    for _ in range(2):
        assert LOSSES not in sums(capture.reader.get_metrics_data())
    capture.observations = Sink(fail)
    for total in (1, 2):
        exchange("ok_json_basic", capture, clock)
        for _ in range(2):
            assert sums(capture.reader.get_metrics_data())[LOSSES] == total
    internal_errors.count = 0


class Sink(list[Observation]):
    """A list that does something else with what is appended."""

    def __init__(self, append: Any) -> None:
        super().__init__()
        self.append = append


PRELUDE = """
import json, os
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
import foundry_telemetry
from foundry_telemetry.testing import FakeFoundry
from tests.support.families import httpx

resource = "https://example-resource.services.ai.azure.com/anthropic"
client = httpx.Client(base_url=resource, transport=FakeFoundry().transport(httpx))
reader = InMemoryMetricReader()

def calls(count):
    for _ in range(count):
        client.post("/v1/messages", json={"model": "my-deployment", "max_tokens": 8, "messages": []})

def counted():
    data = reader.get_metrics_data()
    return sum(
        point.count
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics if metric.name == "foundry.client.attempt.duration"
        for point in metric.data.data_points
    )

def say(**facts):
    print(json.dumps(facts), flush=True)
"""


def said(script: str) -> list[dict[str, Any]]:
    """Run a script in a process of its own; each line it says."""
    ended = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.slow
def test_provider_set_later() -> None:
    """Nothing is noted before the application sets a provider; from then on every attempt is."""
    script = """
    foundry_telemetry.instrument()
    calls(3)
    metrics.set_meter_provider(MeterProvider([reader]))
    before = counted()
    calls(2)
    say(before=before, after=counted())
    """
    assert said(script) == [{"before": 0, "after": 2}]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork() -> None:
    """The child of a fork reports its own attempts alone, and the parent of its own."""
    script = """
    foundry_telemetry.instrument(meter_provider=MeterProvider([reader]))
    calls(3)
    child = os.fork()
    calls(1 if child else 5)
    if child:
        os.waitpid(child, 0)
    say(child=not child, reported=counted())
    """
    assert said(script) == [{"child": True, "reported": 5}, {"child": False, "reported": 4}]
