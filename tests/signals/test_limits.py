"""Limits that the application sets for its telemetry: the ledger knows none, and spans hold what fits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import foundry_telemetry
from foundry_telemetry import attribute
from foundry_telemetry.instrumentation import _signals as signals_of
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.signals import span_limits
from tests.signals.exchange import Clock, exchange
from tests.support.capture import Capture

CASES = ("ok_json_cache_thinking", "sse_text", "err_401_invalid_key", "noresp_connect_error")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of a test."""
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def _warned_anew() -> None:
    span_limits._warn_once.cache_clear()


@pytest.fixture
def sdk_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the SDK logs: it does so when it drops or cuts an attribute."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(handler)
    return lines


def limited(count: int | None = None, length: int | None = None) -> Capture:
    """Providers with limits."""
    made = Capture()
    limits = SpanLimits(max_span_attributes=count, max_span_attribute_length=length)
    made.tracer_provider = TracerProvider(shutdown_on_exit=False, span_limits=limits)
    made.tracer_provider.add_span_processor(SimpleSpanProcessor(made.span_exporter))
    made.logger_provider = LoggerProvider(shutdown_on_exit=False)
    made.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(made.log_exporter))
    return made


def play(made: Capture, clock: Clock, name: str, owner: dict[str, Any] | None = None) -> None:
    """One recorded case, with three tags."""
    with attribute(tenant="acme", feature="search", team="blue"):
        exchange(name, made, clock, owner=owner)


@pytest.mark.row(89)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("count", "length"), [(0, None), (1, None), (32, None), (None, 1), (None, 14), (8, 3)]
)
def test_ledger_is_whole(  # noqa: PLR0917 - fixtures and parameters
    name: str,
    count: int | None,
    length: int | None,
    clock: Clock,
    capture: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No limit of log records takes a field of the ledger, or a part of one."""
    play(capture, clock, name)
    foundry_telemetry.uninstrument()  # else a failure that comes again is a retry of the first
    for variable, limit in (("COUNT", count), ("VALUE_LENGTH", length)):
        if limit is not None:  # SDKs before 1.45 read them at each record, and take no other
            monkeypatch.setenv(f"OTEL_LOGRECORD_ATTRIBUTE_{variable}_LIMIT", str(limit))
    made = limited(count, length)
    play(made, clock, name)
    (whole,), (found,) = capture.ledger, made.ledger
    by_chance = {names.CALL_ID}
    assert {k: v for k, v in found.items() if k not in by_chance} == {
        k: v for k, v in whole.items() if k not in by_chance
    }


@pytest.mark.row(89)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [0, 1, 4, 8, 16, 20, 24, 32, 40, 48, 64])
def test_spans_hold_what_fits(name: str, count: int, clock: Clock, sdk_lines: list[str]) -> None:
    """Nothing of ours makes the SDK drop an attribute of a span, which it would log under the span's lock."""
    for owner in (
        None,
        {"gen_ai.operation.name": "chat", **{f"own.{n}": n for n in range(max(count - 2, 0))}},
    ):
        made = limited(count)
        if owner is not None and count < 2:
            continue  # the owner's own attributes do not fit
        play(made, clock, name, owner)
        for span in made.spans:
            assert span.dropped_attributes == 0
            assert len(span.attributes or {}) <= count
        if owner is not None:
            (theirs,) = [span for span in made.spans if span.name == "owner"]
            assert owner.items() <= dict(theirs.attributes or {}).items()
    assert sdk_lines == []


@pytest.mark.row(89)
def test_ids_come_first(clock: Clock) -> None:
    """Where little fits on our span, it is what a ticket needs."""
    made = limited(8)
    play(made, clock, "err_401_invalid_key")
    (span,) = made.spans
    assert names.AZURE_REQUEST_ID in (span.attributes or {})
    assert names.ERROR_TYPE in (span.attributes or {})


@pytest.mark.row(89)
@pytest.mark.parametrize("length", [0, 3, 10, 36, 64])
def test_no_value_is_cut(length: int, clock: Clock, capture: Capture, sdk_lines: list[str]) -> None:
    """A value that is too long for a span is left out: half an id, a URL or a JSON text is none."""
    play(capture, clock, "ok_json_cache_thinking")
    whole = dict(capture.spans[0].attributes or {})
    made = limited(None, length)
    play(made, clock, "ok_json_cache_thinking")
    found = dict(made.spans[0].attributes or {})
    assert found.items() <= whole.items()
    longest = {name: max(map(len, value if isinstance(value, tuple) else [str(value)])) for name, value in
               whole.items() if isinstance(value, (str, tuple))}  # fmt: skip
    assert set(whole) - set(found) == {name for name, size in longest.items() if size > length}
    assert sdk_lines == []


@pytest.mark.row(89)
def test_said_once(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """That spans do not hold all is said once, with the variable that limits them."""
    made = limited(16)
    for _ in range(3):
        play(made, clock, "ok_json_cache_thinking")
    (line,) = [one.getMessage() for one in caplog.records if one.name == "foundry_telemetry"]
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in line


@pytest.mark.row(89)
def test_ledger_is_not_sampled_with_its_trace(clock: Clock) -> None:
    """The distro can drop the logs of traces that are sampled out; the ledger is no such log."""
    processor_of_distro = pytest.importorskip("azure.monitor.opentelemetry.exporter.export.logs._processor")
    made = Capture()
    made.tracer_provider = TracerProvider(ALWAYS_OFF, shutdown_on_exit=False)
    made.logger_provider = LoggerProvider(shutdown_on_exit=False)
    processor: BatchLogRecordProcessor = processor_of_distro._AzureBatchLogRecordProcessor(
        made.log_exporter, {"enable_trace_based_sampling_for_logs": True}
    )
    made.logger_provider.add_log_record_processor(processor)
    exchange("ok_json_basic", made, clock)
    made.logger_provider.force_flush()
    made.logger_provider.shutdown()
    (record,) = [item.log_record for item in made.log_exporter.get_finished_logs()]
    assert record.trace_id
    assert not record.trace_flags & 1


class Talkative(logging.Handler):
    """Does something at each line of ours."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act

    def emit(self, record: logging.LogRecord) -> None:
        """Does it."""
        self.act()


@pytest.mark.row(79, 89)
@pytest.mark.parametrize("act", ["calls Claude", "raises"])
def test_handler_of_the_line_about_limits(act: str, clock: Clock) -> None:
    """A logging handler may call Claude at that line, or raise: it is one line, and each call has a span."""
    made, calls = limited(16), 0

    def call() -> None:
        nonlocal calls
        calls += 1
        if act == "raises":
            raise ValueError("CANARY")
        play(made, clock, "ok_json_basic")

    handler = Talkative(call)
    logging.getLogger("foundry_telemetry").addHandler(handler)
    try:
        for _ in range(2):
            play(made, clock, "ok_json_basic")
    finally:
        logging.getLogger("foundry_telemetry").removeHandler(handler)
    assert calls == 1
    assert len(made.spans) == len(made.ledger) == (3 if act == "calls Claude" else 2)


@pytest.mark.row(89)
@pytest.mark.filterwarnings("ignore:Log record attributes were dropped")
def test_ledger_of_another_logger(clock: Clock, capture: Capture) -> None:
    """A logger derived from the SDK's takes no field; of one that only resembles it the name is the last."""
    exchange("ok_json_basic", capture, clock)
    (whole,) = capture.ledger
    made = limited(3)
    provider = made.logger_provider
    plain = provider.get_logger("foundry_telemetry")

    class Derived(type(plain)):  # type: ignore[misc]
        """Of somebody else's module."""

    plain.__class__ = Derived
    exchange("ok_json_basic", made, clock)
    assert len(made.ledger[0]) == len(whole)

    class Resembling:
        """Passes records on."""

        def emit(self, record: Any) -> None:
            plain.emit(record)

    provider.get_logger = lambda *_, **__: Resembling()  # type: ignore[method-assign,assignment]
    foundry_telemetry.instrument(**made.options)
    signals_of.cache_clear()
    exchange("ok_json_basic", made, clock)
    assert made.ledger[1][names.CUSTOM_EVENT] == "foundry.attempt"
