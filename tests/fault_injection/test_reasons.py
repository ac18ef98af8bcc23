"""What goes wrong around a record is counted as what it is, and only what is missing as missing."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import StaticSampler

import foundry_telemetry
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.limits import budgets
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import ledger_event, metric_series, own_spans
from tests.instrumentation.replay import replay, steps_named
from tests.signals.exchange import Clock, exchange
from tests.support.capture import Capture
from tests.support.families import httpx2

URL = "https://contoso.services.ai.azure.com/anthropic/v1/messages"


def fail(*_: object, **__: object) -> Any:
    """Stands for code of the application."""
    raise ValueError("CANARY")


class BadSampler(StaticSampler):
    """Decides nothing."""

    should_sample = fail


class BadStart(SpanProcessor):
    """Takes no span that starts."""

    on_start = fail


class BadEnd(SpanProcessor):
    """Takes no span that ends."""

    on_end = fail


class BadEmit(LogRecordProcessor):
    """Takes no log record."""

    on_emit = fail

    def shutdown(self) -> None:
        """Nothing to do."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing to do."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of a test."""
    internal_errors._next_log_s.clear()
    return Clock(monkeypatch)


def traces(made: Capture, provider: TracerProvider, *processors: SpanProcessor) -> None:
    """Let a capture have another tracer provider."""
    for processor in (*processors, SimpleSpanProcessor(made.span_exporter)):
        provider.add_span_processor(processor)
    made.tracer_provider = provider


def bad_log_processor(made: Capture) -> None:
    """Let a log processor fail behind the one that takes the ledger."""
    made.logger_provider = LoggerProvider(shutdown_on_exit=False)
    for processor in (SimpleLogRecordProcessor(made.log_exporter), BadEmit()):
        made.logger_provider.add_log_record_processor(processor)


FOREIGN: dict[str, tuple[Callable[[Capture], object], tuple[Reason, Signal], int]] = {
    "sink": (
        lambda made: setattr(made, "observations", _Failing()),
        (Reason.SINK_ERROR, Signal.SINKS),
        1,
    ),
    "sampler": (
        lambda made: traces(made, TracerProvider(BadSampler(None), shutdown_on_exit=False)),  # type: ignore[arg-type]
        (Reason.SAMPLER_ERROR, Signal.TRACES),
        0,
    ),
    "processor, at the start": (
        lambda made: traces(made, TracerProvider(shutdown_on_exit=False), BadStart()),
        (Reason.SAMPLER_ERROR, Signal.TRACES),
        0,
    ),
    "processor, at the end": (
        lambda made: traces(made, TracerProvider(shutdown_on_exit=False), BadEnd()),
        (Reason.PROCESSOR_ERROR, Signal.TRACES),
        0,
    ),
    "log processor": (bad_log_processor, (Reason.PROCESSOR_ERROR, Signal.LOGS), 1),
}
"""What of the application fails; what is counted for it; how many spans are left."""


class _Failing(list[Observation]):
    append = fail


@pytest.mark.row(22, 23)
@pytest.mark.parametrize("what", FOREIGN)
def test_failure_of_the_application(
    what: str, capture: Capture, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """It is named as such, once for each failure; the ledger event is there, no loss of ours is reported."""
    break_it, counted, spans = FOREIGN[what]
    break_it(capture)
    for _ in range(3):
        exchange("ok_json_basic", capture, clock)
    assert dropped.totals() == {counted: 3}
    assert (len(capture.ledger), len(capture.spans)) == (3, 3 * spans)
    (line,) = [one.getMessage() for one in caplog.records if one.name == "foundry_telemetry"]
    assert "raised" in line
    assert "telemetry dropped" not in line
    assert "CANARY" not in line


INTERNAL = {
    Signal.TRACES: (own_spans, "_encode"),
    Signal.LOGS: (ledger_event, "_CONSTANT"),
    Signal.BUDGETS: (budgets, "spend"),
}
"""Where each part is made, and what it cannot do without."""


@pytest.mark.row(21)
@pytest.mark.parametrize("part", INTERNAL)
def test_failure_of_ours(
    part: Signal,
    capture: Capture,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is reported with what is missing of the record, and by that alone."""
    monkeypatch.setattr(*INTERNAL[part], None)
    exchange("ok_json_basic", capture, clock)
    assert dropped.totals() == {(Reason.INTERNAL_ERROR, part): 1}
    assert len(capture.ledger) == (part is not Signal.LOGS)
    assert f"telemetry dropped ({part};" in caplog.text


@pytest.mark.row(21, 88)
def test_failure_while_metrics_are_collected(
    capture: Capture, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted at once, but logged with the next attempt: a reader that collects holds a lock."""
    exchange("ok_json_basic", capture, clock)
    capture.points()  # with what other tests left to be recorded
    exchange("ok_json_basic", capture, clock)
    with monkeypatch.context() as patch:
        patch.setattr(metric_series.SeriesByKind, "of", None)
        capture.points()
    assert dropped.totals() == {(Reason.INTERNAL_ERROR, Signal.METRICS): 1}
    assert "telemetry dropped" not in caplog.text
    exchange("ok_json_basic", capture, clock)
    assert "telemetry dropped (metrics;" in caplog.text


@pytest.mark.row(41, 88)
def test_dropped_body_while_metrics_are_collected(
    capture: Capture, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Budgets and sinks, whose code may want that lock, hear of a dropped body when it is free again."""
    heard: list[Observation] = []
    held = False

    class Sink(list[Observation]):
        def append(self, seen: Observation) -> None:
            assert not held
            heard.append(seen)

    capture.observations = Sink()
    foundry_telemetry.instrument(**capture.options)
    with httpx2.Client(transport=replay(httpx2, steps_named("sse_text"))) as client:
        response = client.send(client.build_request("POST", URL, json={"model": "d"}), stream=True)
        assert response.status_code == 200
        del response
        gc.collect()
        held = True
        capture.points()
        held = False
        assert len(capture.ledger) == 1
        assert heard == []
    exchange("ok_json_basic", capture, clock)
    assert [seen.outcome for seen in heard] == ["abandoned", "ok"]
    assert not caplog.records
