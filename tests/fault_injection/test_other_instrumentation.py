"""Instrumentation of others that raises, hangs, or runs out of memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry._logs import LoggerProvider as LoggerProviderApi
from opentelemetry.metrics import MeterProvider as MeterProviderApi
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.trace import TracerProvider as TracerProviderApi

import foundry_telemetry
from tests.support.capture import Capture
from tests.support.compare import User, same
from tests.support.families import Family, pieces
from tests.support.fault_server import FaultServer
from tests.support.patience import PATIENCE_S


def raises(*_: object, **__: object) -> Any:
    """Raise what no telemetry should meet."""
    raise RuntimeError("CANARY")


def runs_out(*_: object, **__: object) -> Any:
    """Find no memory."""
    raise MemoryError


def span_processor(capture: Capture, **methods: Callable[..., Any]) -> None:
    """Add a span processor with these methods."""
    capture.tracer_provider.add_span_processor(type("Bad", (SpanProcessor,), methods)())


def log_processor(capture: Capture, **methods: Callable[..., Any]) -> None:
    """Add a log processor with these methods."""
    nothing = dict.fromkeys(("on_emit", "shutdown", "force_flush"), lambda *_, **__: None)
    capture.logger_provider.add_log_record_processor(
        type("Bad", (LogRecordProcessor,), {**nothing, **methods})()
    )


async def scenario(user: User) -> None:
    """An answer, a stream, an error."""
    user.record_response(await user.post("ok"))
    async with user.stream("events") as response:
        user.record(pieces=[piece async for piece in pieces(response)])
    user.record_response(await user.post("json-529"))


OUTCOMES = ["ok", "ok", "error"]


@pytest.mark.row(22)
@pytest.mark.parametrize("raiser", [raises, runs_out], ids=["error", "memory"])
@pytest.mark.parametrize("method", ["on_start", "on_end"])
def test_bad_span_processor(
    family: Family, capture: Capture, server: FaultServer, method: str, raiser: Callable[..., Any]
) -> None:
    """A span processor that raises costs spans; the calls and the ledger go on."""
    span_processor(capture, **{method: raiser})
    reported = same(family, capture, server, scenario, loses=True)
    assert len(reported.counts.requests) == 3
    assert [seen.outcome for seen in capture.observations] == OUTCOMES
    assert [event["foundry.outcome"] for event in capture.ledger] == OUTCOMES
    points = capture.points()["foundry.client.attempt.duration"]
    assert sum(point.count for point in points) == 3


@pytest.mark.row(22)
def test_bad_log_processor(family: Family, capture: Capture, server: FaultServer) -> None:
    """A log processor that raises costs ledger events; the calls, spans and metrics go on."""
    log_processor(capture, on_emit=raises)
    same(family, capture, server, scenario, loses=True)
    assert [seen.outcome for seen in capture.observations] == OUTCOMES
    assert [span.attributes["foundry.outcome"] for span in capture.spans] == OUTCOMES


@pytest.mark.row(22)
def test_bad_sink(family: Family, capture: Capture, server: FaultServer) -> None:
    """A sink that raises is skipped; those behind it still get each observation."""
    sinks = {"sinks": (raises, runs_out, capture.observations.append)}
    same(family, capture, server, scenario, loses=True, extra=sinks)
    assert [seen.outcome for seen in capture.observations] == OUTCOMES
    assert len(capture.ledger) == len(capture.spans) == 3


class BadSampler(Sampler):
    """Raises instead of deciding."""

    should_sample = raises

    def get_description(self) -> str:
        """Name it."""
        return "bad"


@pytest.mark.row(23)
def test_bad_sampler(family: Family, capture: Capture, server: FaultServer) -> None:
    """A sampler that raises costs spans; each attempt still has a ledger event and an id."""
    capture.tracer_provider = TracerProvider(sampler=BadSampler(), shutdown_on_exit=False)
    reported = same(family, capture, server, scenario, loses=True)
    assert len(reported.counts.requests) == 3
    assert [event["foundry.outcome"] for event in capture.ledger] == OUTCOMES
    ids = {event["foundry.call.id"] for event in capture.ledger}
    assert len(ids) == 3
    assert "0" * 16 not in ids


@pytest.mark.row(23)
@pytest.mark.parametrize(
    ("option", "kind", "method"),
    [
        ("tracer_provider", TracerProviderApi, "get_tracer"),
        ("meter_provider", MeterProviderApi, "get_meter"),
        ("logger_provider", LoggerProviderApi, "get_logger"),
    ],
)
def test_bad_provider(
    family: Family, capture: Capture, server: FaultServer, *, option: str, kind: type, method: str
) -> None:
    """A provider that raises is reported at set-up, where it may be, and nothing is instrumented."""
    bad = type("Bad", (kind,), {method: raises})()
    before = [getattr(family.module, name)._transport_for_url for name in ("Client", "AsyncClient")]
    with pytest.raises(RuntimeError, match="CANARY"):
        foundry_telemetry.instrument(**{**capture.options, option: bad})
    after = [getattr(family.module, name)._transport_for_url for name in ("Client", "AsyncClient")]
    assert after == before
    same(family, capture, server, scenario)


class BadExporter(SpanExporter, InMemoryLogRecordExporter):
    """Raises instead of exporting."""

    def __init__(self, raiser: Callable[..., Any]) -> None:
        InMemoryLogRecordExporter.__init__(self)
        self.export = raiser


@pytest.mark.row(24)
@pytest.mark.parametrize("raiser", [raises, runs_out], ids=["error", "memory"])
def test_bad_exporter(
    family: Family, capture: Capture, server: FaultServer, raiser: Callable[..., Any]
) -> None:
    """Exporters that raise, for want of memory too, are the SDK's business; the calls go on."""
    capture.tracer_provider.add_span_processor(SimpleSpanProcessor(BadExporter(raiser)))
    capture.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(BadExporter(raiser)))
    reported = same(family, capture, server, scenario)
    assert len(reported.counts.requests) == 3
    assert [seen.outcome for seen in capture.observations] == OUTCOMES
    assert len(capture.ledger) == len(capture.spans) == 3


class Hung(BadExporter):
    """Hangs until it is let go."""

    def __init__(self) -> None:
        super().__init__(self._hang)
        self.entered = threading.Event()
        self.let_go = threading.Event()
        self.exported = 0

    def _hang(self, batch: Any) -> None:
        self.exported += len(batch)
        self.entered.set()
        self.let_go.wait(PATIENCE_S)


QUEUE = 8
BATCH = 4


@pytest.fixture
def hung(capture: Capture) -> Iterator[tuple[Hung, Hung]]:
    """Exporters that hang behind batch processors with short queues."""
    spans, logs = Hung(), Hung()
    sizes = {"max_queue_size": QUEUE, "max_export_batch_size": BATCH, "schedule_delay_millis": 60_000}
    capture.tracer_provider = TracerProvider(shutdown_on_exit=False)
    capture.tracer_provider.add_span_processor(BatchSpanProcessor(spans, **sizes))
    capture.logger_provider = LoggerProvider(shutdown_on_exit=False)
    capture.logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs, **sizes))
    yield spans, logs
    for exporter in (spans, logs):
        exporter.let_go.set()
    capture.tracer_provider.shutdown()
    capture.logger_provider.shutdown()


@pytest.mark.row(25)
def test_hung_exporter(
    family: Family, capture: Capture, server: FaultServer, hung: tuple[Hung, Hung]
) -> None:
    """Calls return while the exporters still hang, and what cannot be queued is dropped."""
    rounds = QUEUE

    async def many(user: User) -> None:
        for _ in range(rounds):
            await scenario(user)
        if capture.observations:
            assert all(exporter.entered.wait(PATIENCE_S) for exporter in hung)
            assert not any(exporter.let_go.is_set() for exporter in hung)

    same(family, capture, server, many)
    assert len(capture.observations) == 3 * rounds
    for exporter in hung:
        assert not exporter.let_go.is_set()
        exporter.let_go.set()
    capture.tracer_provider.shutdown()
    capture.logger_provider.shutdown()
    for exporter in hung:
        assert 0 < exporter.exported <= QUEUE + BATCH < 3 * rounds
