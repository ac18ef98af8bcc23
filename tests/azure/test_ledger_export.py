"""The short way of a ledger event leads to the same record as the long one, or is not taken."""

from __future__ import annotations

import copy
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter
from azure.monitor.opentelemetry.exporter._gen_ai._processor import _GenAIMainAgentLogRecordProcessor
from azure.monitor.opentelemetry.exporter._quickpulse._processor import _QuickpulseLogRecordProcessor
from azure.monitor.opentelemetry.exporter.export.logs._processor import _AzureBatchLogRecordProcessor
from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry._logs import NoOpLoggerProvider
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import foundry_telemetry
from foundry_telemetry.azure.ledger_export import shorten
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.observation import Failure, Observation, RequestIds, TokenUsage
from foundry_telemetry.signals import ledger_event, ledger_queue
from foundry_telemetry.signals.ledger import Ledger
from foundry_telemetry.signals.ledger_event import PendingEvent
from foundry_telemetry.signals.span import unbound
from foundry_telemetry.testing.ingestion import INSTRUMENTATION_KEY
from tests.support.families import httpx
from tests.support.patience import PATIENCE_S

OBSERVATION = Observation(
    call_id="00f067aa0ba902b7",
    operation="chat",
    deployment="claude-opus-5-5",
    status_code=200,
    outcome="ok",
    ids=RequestIds(apim_request_id="a-1", request_id="req_1"),
    usage=TokenUsage(input_tokens=7, output_tokens=9, complete=True),
    started_ns=1_795_340_600 * 10**9,
    duration_s=0.25,
    tags={"tenant": "acme"},
)
FAILED = msgspec.structs.replace(
    OBSERVATION,
    outcome="error",
    status_code=401,
    failure=Failure(
        type="auth_token_expired",
        origin="foundry",
        owner="caller_credential",
        retryable=False,
        auth_failure=True,
    ),
)
AGENT = {
    "microsoft.gen_ai.main_agent.name": "planner",
    "microsoft.gen_ai.main_agent.id": "7",
    "gen_ai.agent.name": "searcher",
}


class Nothing(LogRecordProcessor):
    """A log processor of the application."""

    def on_emit(self, log_record: Any) -> None:
        """Nothing."""

    def shutdown(self) -> None:
        """Nothing."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing waits."""
        return True


class Distro:
    """A logger provider as the distro makes it, whose exporter converts and keeps what it gets."""

    def __init__(self, *further: LogRecordProcessor, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED"):
            monkeypatch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")
        monkeypatch.setenv("OTEL_BLRP_SCHEDULE_DELAY", "86400000")  # a day: exported by a flush alone
        monkeypatch.setenv("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "2048")
        exporter: Any = AzureMonitorLogExporter(
            connection_string=f"InstrumentationKey={INSTRUMENTATION_KEY}", disable_offline_storage=True
        )
        self.rows: list[dict[str, Any]] = []
        exporter._transmit = self._keep
        exporter._handle_transmit_from_storage = lambda *_: None
        self.provider = LoggerProvider(shutdown_on_exit=False)
        self.batches = _AzureBatchLogRecordProcessor(exporter, {"enable_trace_based_sampling_for_logs": True})
        for processor in (_GenAIMainAgentLogRecordProcessor(), *further, self.batches):
            self.provider.add_log_record_processor(processor)
        self.ledger = Ledger(self.provider)

    def _keep(self, envelopes: list[Any]) -> Any:
        from azure.monitor.opentelemetry.exporter.export._base import ExportResult

        self.rows += [envelope.as_dict() for envelope in envelopes]
        return ExportResult.SUCCESS

    def waiting(self) -> list[bool]:
        """Of each record in the queue, whether it is still to be built."""
        return [isinstance(item, PendingEvent) for item in self.batches._batch_processor._queue]

    def write(self, observation: Observation = OBSERVATION) -> None:
        """Write one event."""
        self.ledger.finished(observation, unbound(context_api.get_current()))

    def row(self) -> dict[str, Any]:
        """The only row that was exported."""
        self.provider.force_flush()
        (row,) = self.rows
        return row


@pytest.fixture
def distro(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Distro]]:
    """Makes them, and ends them."""
    made: list[Distro] = []

    def make(*further: LogRecordProcessor) -> Distro:
        made.append(Distro(*further, monkeypatch=monkeypatch))
        return made[-1]

    monkeypatch.setattr(ledger_queue, "active", None)
    yield make
    foundry_telemetry.uninstrument()
    for one in made:
        one.provider.shutdown()
        dropped.report()


def both_ways(distro: Callable[..., Distro], write: Callable[[Distro], None]) -> list[dict[str, Any]]:
    """The row of the same event by the long way, and by the short one."""
    long, short = distro(), distro()
    assert shorten(short.provider)
    for one in (long, short):
        write(one)
    assert long.waiting() == [False]
    assert short.waiting() == [True]
    return [long.row(), short.row()]


@pytest.mark.parametrize("observation", [OBSERVATION, FAILED], ids=["ok", "failed"])
def test_same_row(distro: Callable[..., Distro], observation: Observation) -> None:
    """Outside of any trace, the row is the same, down to the time."""
    long, short = both_ways(distro, lambda one: one.write(observation))
    assert short == long
    assert short["data"]["baseData"]["properties"]["foundry.tag.tenant"] == "acme"


def test_same_row_in_a_trace(distro: Callable[..., Distro]) -> None:
    """The ids are those of the call's span, and what a main agent's subtree carries is copied from it."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    with tracer.start_as_current_span("agent", attributes=AGENT) as span:
        long, short = both_ways(distro, Distro.write)
    assert short == long
    assert short["tags"]["ai.operation.id"] == f"{span.get_span_context().trace_id:032x}"
    properties = short["data"]["baseData"]["properties"]
    assert properties["microsoft.gen_ai.main_agent.name"] == "planner"
    assert "gen_ai.agent.name" not in properties


def test_same_row_where_the_trace_is_not_sampled(distro: Callable[..., Distro]) -> None:
    """The ledger is never sampled: an unsampled trace is named, and its event arrives by both ways."""
    tracer = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False).get_tracer("t")
    with tracer.start_as_current_span("unsampled") as span:
        long, short = both_ways(distro, Distro.write)
    assert short == long
    assert short["tags"]["ai.operation.id"] == f"{span.get_span_context().trace_id:032x}"


def test_moment(distro: Callable[..., Distro]) -> None:
    """What the current span carries later is no part of an event that ended before."""
    one = distro()
    assert shorten(one.provider)
    with TracerProvider(shutdown_on_exit=False).get_tracer("t").start_as_current_span("agent") as span:
        one.write()
        span.set_attributes(AGENT)
    assert "microsoft.gen_ai.main_agent.name" not in one.row()["data"]["baseData"]["properties"]


@pytest.mark.parametrize("further", [Nothing, _QuickpulseLogRecordProcessor], ids=["own", "live metrics"])
def test_processors_that_are_not_known(distro: Callable[..., Distro], further: type[Any]) -> None:
    """Where anything else looks at log records, the ledger's take the long way past it."""
    one = distro(further())
    assert not shorten(one.provider)
    one.write()
    assert one.waiting() == [False]


def test_processor_that_comes_later(distro: Callable[..., Distro]) -> None:
    """A processor that the application adds afterwards sees every later event."""
    one = distro()
    assert shorten(one.provider)
    one.write()
    one.provider.add_log_record_processor(Nothing())
    one.write()
    assert sorted(one.waiting()) == [False, True]


def test_processor_that_copies_something_else(
    distro: Callable[..., Distro], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release of the distro that copies more than we know of is found at set-up."""

    def copy_all(_: Any, record: Any) -> None:
        record.log_record.attributes.update(trace.get_current_span().attributes)  # type: ignore[attr-defined]

    monkeypatch.setattr(_GenAIMainAgentLogRecordProcessor, "on_emit", copy_all)
    assert not shorten(distro().provider)


def test_another_provider(distro: Callable[..., Distro]) -> None:
    """An event for a provider of the application never lands in the distro's queue."""
    ours, others = distro(), distro()
    assert shorten(ours.provider)
    others.write()
    assert (ours.waiting(), others.waiting()) == ([], [False])


def test_no_logger_of_the_sdk(distro: Callable[..., Distro]) -> None:
    """One that does nothing, as of an SDK that is switched off, takes the event as any other does."""
    ours = distro()
    assert shorten(ours.provider)
    listener = Ledger(NoOpLoggerProvider())
    listener.finished(OBSERVATION, unbound(context_api.get_current()))
    assert ours.waiting() == []


def test_locked_span(distro: Callable[..., Distro]) -> None:
    """Where a lock of the current span is held, nothing waits for it: the event takes the long way."""
    one = distro()
    assert shorten(one.provider)
    one.provider._multi_log_record_processor.on_emit = one.batches.on_emit  # type: ignore[method-assign]
    with TracerProvider(shutdown_on_exit=False).get_tracer("t").start_as_current_span("s") as span:
        lock: Any = span._lock  # type: ignore[attr-defined]
        assert lock.acquire(timeout=PATIENCE_S)
        try:
            one.write()
        finally:
            lock.release()
    assert one.waiting() == [False]


def test_event_that_cannot_be_built(distro: Callable[..., Distro], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted as a lost log record, and keeps back no other of its batch."""
    one = distro()
    assert shorten(one.provider)
    one.write()
    one.write(FAILED)
    monkeypatch.setattr(ledger_event, "_headline", lambda seen: "ok" if seen.failure else 1 / 0)
    dropped.report()
    assert one.row()["data"]["baseData"]["properties"]["error.type"] == "auth_token_expired"
    assert dropped.report() == {(Reason.INTERNAL_ERROR, Signal.LOGS): 1}


LONG_ID = "i" * 128
LARGEST = httpx.Response(
    200,
    headers=dict.fromkeys(("apim-request-id", "request-id", "x-request-id"), LONG_ID)
    | {"x-ms-region": "r" * 64},
    json={
        "id": LONG_ID,
        "type": "message",
        "model": "m" * 128,
        "stop_reason": "s" * 64,
        "content": [{"type": "text", "text": "CANARY " * 10_000}],
        "usage": {"input_tokens": 2**50, "output_tokens": 2**50, "inference_geo": "g" * 64},
    },
)
"""Every text as long as it may be, and a body."""


def test_size(distro: Callable[..., Distro]) -> None:
    """The largest event that can wait holds at most 4 KiB by itself, and no body."""
    one = distro()
    assert shorten(one.provider)
    foundry_telemetry.instrument(logger_provider=one.provider, hosts=("h" * 63,))
    tags = {f"{'k' * 31}{number}": "v" * 128 for number in range(8)}
    request = {
        "model": "d" * 128,
        "max_tokens": 2**50,
        "messages": [{"role": "user", "content": "CANARY" * 9000}],
    }
    kept = one.batches._batch_processor._queue
    with (
        httpx.Client(transport=httpx.MockTransport(lambda _: copy.copy(LARGEST))) as client,
        foundry_telemetry.attribute(**tags),
    ):

        def call(count: int) -> int:
            kept.clear()
            for _ in range(count):
                client.post(f"https://{'h' * 63}/{'p' * 200}/v1/messages", json=request)
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            call(50)
            grown = call(450) - call(50)
        finally:
            tracemalloc.stop()
    assert one.waiting() == [True] * 50
    assert grown / 400 <= 4096
