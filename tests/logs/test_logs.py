"""`foundry_telemetry.logs`: ids on every line, one line for each attempt, and no line exported twice."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from msgspec.structs import replace
from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler as AzureDistroHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import LoggingHandler as SdkHandler
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from foundry_telemetry import logs
from foundry_telemetry.logs import add_foundry_context, log_attempts
from foundry_telemetry.observation import Failure, Observation, RequestIds, TokenUsage
from tests.support.patience import PATIENCE_S

FULL = Observation(
    call_id="00f067aa0ba902b7",
    attempt_number=2,
    deployment="prod-sonnet",
    status_code=200,
    ids=RequestIds(apim_request_id="11111111-aaaa", request_id="req_1"),
    outcome="ok",
    started_ns=1,
    duration_s=1.23456,
    time_to_first_token_s=0.25,
    usage=TokenUsage(input_tokens=10, output_tokens=7, cache_read_input_tokens=5, complete=True),
    cost_usd=0.0149763,
)
REFUSED = Observation(
    call_id="00f067aa0ba902b7",
    status_code=401,
    ids=RequestIds(apim_request_id="22222222-bbbb"),
    outcome="error",
    failure=Failure(type="token_expired", origin="foundry", owner="caller_credential", retryable=False),
    started_ns=1,
    duration_s=0.01,
)
NO_RESPONSE = Observation(call_id="00f067aa0ba902b7", outcome="no_response", started_ns=1, duration_s=0.5)

SPAN = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
IDS = {"apim_request_id": "11111111-aaaa", "anthropic_request_id": "req_1"}
TRACE = {"trace_id": f"{0xABC:032x}", "span_id": f"{0xDEF:016x}", "trace_flags": "01"}


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    """Each test starts with structlog unconfigured and leaves it and the root logger as they were."""
    structlog.reset_defaults()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs._say_once_that_nobody_writes.cache_clear()
    yield
    structlog.reset_defaults()
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def last(monkeypatch: pytest.MonkeyPatch) -> Callable[[Observation | None], None]:
    """Sets what `last_attempt()` returns."""

    def put(observation: Observation | None) -> None:
        monkeypatch.setattr("foundry_telemetry.attempt.last_attempt", lambda: observation)

    return put


# --- the processor ----------------------------------------------------------------------------------------


def test_adds_trace_and_ids(last: Callable[[Observation | None], None]) -> None:
    """Inside a span, after an attempt, a line gets the three trace fields and both ids."""
    last(replace(FULL, trace_id=TRACE["trace_id"]))
    with trace.use_span(NonRecordingSpan(SPAN)):
        line = add_foundry_context(None, "info", {"event": "hello"})
    assert line == {"event": "hello"} | TRACE | IDS


def test_ids_stay_in_their_trace(last: Callable[[Observation | None], None]) -> None:
    """The next request of the same thread is another trace, and its lines do not get the ids of the last."""
    last(replace(FULL, trace_id="1" * 32))
    assert add_foundry_context(None, "info", {"event": "hello"}) == {"event": "hello"}
    with trace.use_span(NonRecordingSpan(SPAN)):
        assert add_foundry_context(None, "info", {"event": "hello"}) == {"event": "hello"} | TRACE


def test_adds_nothing_that_is_not_known(last: Callable[[Observation | None], None]) -> None:
    """Without a valid span and without an attempt a line stays as it is; a missing id is left out."""
    last(None)
    assert add_foundry_context(None, "info", {"event": "hello"}) == {"event": "hello"}
    last(REFUSED)
    assert add_foundry_context(None, "info", {"event": "x"}) == {
        "event": "x",
        "apim_request_id": "22222222-bbbb",
    }


def test_never_overwrites(last: Callable[[Observation | None], None]) -> None:
    """Keys of the application stay, `None` included, and an id of its own is not paired with one of ours."""
    last(FULL)
    mine: dict[str, Any] = {
        "event": "x",
        "trace_id": "mine",
        "span_id": None,
        "anthropic_request_id": "req_mine",
    }
    with trace.use_span(NonRecordingSpan(SPAN)):
        assert add_foundry_context(None, "info", dict(mine)) == mine | {"trace_flags": "01"}


def test_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails, the line comes back; what was found before the failure stays."""

    def fail() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("foundry_telemetry.attempt.last_attempt", fail)
    with trace.use_span(NonRecordingSpan(SPAN)):
        assert add_foundry_context(None, "info", {"event": "x"}) == {"event": "x"} | TRACE
    monkeypatch.setattr(trace, "get_current_span", fail)
    assert add_foundry_context(None, "info", {"event": "x"}) == {"event": "x"}


def test_line_of_an_attempt_has_its_own_ids_only(last: Callable[[Observation | None], None]) -> None:
    """The processor does not put the ids of an earlier attempt on the line of one that has none."""
    last(FULL)
    out = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(out), processors=[add_foundry_context, structlog.processors.JSONRenderer()]
    )
    log_attempts(log)(NO_RESPONSE)
    log.info("mine")
    attempt, mine = map(json.loads, out.getvalue().splitlines())
    assert not IDS.keys() & attempt.keys()
    assert IDS.items() <= mine.items()


# --- the line ---------------------------------------------------------------------------------------------


def lines_of(*observations: Observation) -> list[dict[str, Any]]:
    """What the default logger gets."""
    with structlog.testing.capture_logs() as lines:
        sink = log_attempts()
        for observation in observations:
            sink(observation)
    return [dict(line) for line in lines]


def test_line_of_a_success() -> None:
    """A success is one line at level info with every field that is known."""
    assert lines_of(FULL) == [
        {
            "event": "foundry.attempt",
            "log_level": "info",
            "deployment": "prod-sonnet",
            "attempt": 2,
            "status": 200,
            "outcome": "ok",
            "tokens_in": 15,
            "tokens_out": 7,
            "tokens_cached": 5,
            "ttft_ms": 250.0,
            "duration_ms": 1234.6,
            "apim_request_id": "11111111-aaaa",
            "anthropic_request_id": "req_1",
            "cost_usd": 0.0149763,
        }
    ]


def test_line_of_a_failure() -> None:
    """A failure is a warning with cause and owner; what is not known is absent."""
    assert lines_of(REFUSED) == [
        {
            "event": "foundry.attempt",
            "log_level": "warning",
            "attempt": 1,
            "status": 401,
            "outcome": "error",
            "cause": "token_expired",
            "owner": "caller_credential",
            "duration_ms": 10.0,
            "apim_request_id": "22222222-bbbb",
        }
    ]


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        ("ok", "info"),
        ("abandoned", "info"),
        ("cancelled", "info"),
        ("error", "warning"),
        ("stream_error", "warning"),
        ("truncated", "warning"),
        ("no_response", "warning"),
        ("not_sent", "warning"),
    ],
)
def test_level(outcome: Any, level: str) -> None:
    """What the service or the network failed at is a warning; what the caller chose is not."""
    seen = Observation(call_id="1", outcome=outcome, started_ns=1, duration_s=0.0)
    assert [line["log_level"] for line in lines_of(seen)] == [level]


def test_every_field_is_listed() -> None:
    """The line holds these fields and no other, so nothing of an answer can slip in."""
    assert set(logs._fields(FULL) | logs._fields(REFUSED)) == {
        *("deployment", "attempt", "status", "outcome", "cause", "owner", "tokens_in", "tokens_out"),
        *("tokens_cached", "ttft_ms", "duration_ms", "apim_request_id", "anthropic_request_id", "cost_usd"),
    }


def test_context_and_processors_of_the_logger() -> None:
    """A logger of the user keeps what is bound to it and its own processors."""
    out = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(out), processors=[structlog.processors.JSONRenderer()])
    log_attempts(log.bind(service="api"))(NO_RESPONSE)
    assert json.loads(out.getvalue()) == {
        "event": "foundry.attempt",
        "service": "api",
        "attempt": 1,
        "outcome": "no_response",
        "duration_ms": 500.0,
    }


def test_configured_later() -> None:
    """A sink made before `structlog.configure()` follows it."""
    sink, out = log_attempts(), io.StringIO()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(out)
    )
    sink(FULL)
    assert json.loads(out.getvalue())["deployment"] == "prod-sonnet"


@pytest.mark.parametrize(
    "logger", [logging.getLogger("app"), "app", print, logging.LoggerAdapter(logging.root)]
)
def test_other_loggers_are_refused(logger: object) -> None:
    """What is no structlog logger is refused at once, by value."""
    with pytest.raises(TypeError, match=r"is not a structlog logger; pass structlog\.get_logger"):
        log_attempts(logger)


def test_structlog_is_imported_only_when_used() -> None:
    """Importing the room imports neither structlog nor any SDK."""
    script = """
import sys
import foundry_telemetry.logs
assert not {"structlog", "opentelemetry.sdk", "foundry_telemetry.attempt"} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr


# --- never exported twice ---------------------------------------------------------------------------------


def as_kwargs() -> dict[str, Any]:
    """The form that exports best: one attribute for each key."""
    return {"processors": [structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs]}


def as_json() -> dict[str, Any]:
    """All in the message."""
    return {"processors": [structlog.stdlib.add_logger_name, structlog.processors.JSONRenderer()]}


def for_formatter() -> dict[str, Any]:
    """Rendered by the handlers."""
    return {"processors": [structlog.stdlib.ProcessorFormatter.wrap_for_formatter]}


def asynchronous() -> dict[str, Any]:
    """With methods that must be awaited."""
    return {
        "wrapper_class": structlog.stdlib.AsyncBoundLogger,
        "processors": [structlog.processors.JSONRenderer()],
    }


def filtering() -> dict[str, Any]:
    """With structlog's own level filter."""
    return {"wrapper_class": structlog.make_filtering_bound_logger("info"), **as_json()}


def sdk_handler(provider: LoggerProvider) -> logging.Handler:
    """The older handler, which warns that it is old."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return SdkHandler(logger_provider=provider)


def distro_handler(provider: LoggerProvider) -> logging.Handler:
    """The one that `configure_azure_monitor()` puts on the root logger."""
    return AzureDistroHandler(logger_provider=provider)


@pytest.fixture(params=[sdk_handler, distro_handler])
def exported(request: pytest.FixtureRequest) -> Iterator[Callable[[], list[str]]]:
    """The bodies that a real handler on the root logger has exported."""
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    root = logging.getLogger()
    root.addHandler(request.param(provider))
    root.setLevel(logging.INFO)
    yield lambda: [str(item.log_record.body) for item in exporter.get_finished_logs()]
    provider.shutdown()


@pytest.fixture
def console() -> io.StringIO:
    """What a console handler on the root logger has written."""
    return io.StringIO()


@pytest.mark.parametrize("form", [as_kwargs, as_json, for_formatter, asynchronous, filtering])
@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("given", [True, False])
def test_never_exported(
    exported: Callable[[], list[str]],
    console: io.StringIO,
    form: Callable[[], dict[str, Any]],
    cached: bool,
    given: bool,
) -> None:
    """Through `logging` our line reaches the console, not the exporter; the application's reach both."""
    logging.getLogger().addHandler(logging.StreamHandler(console))
    structlog.configure(
        **{"wrapper_class": structlog.stdlib.BoundLogger, **form()},
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=cached,
    )
    log = structlog.get_logger("app")
    sink = log_attempts(log if given else None)

    async def main() -> None:
        for observation in (FULL, REFUSED):
            sink(observation)
            said = log.info("mine")
            if said is not None:
                await said

    asyncio.run(main())
    assert console.getvalue().count("foundry.attempt") == 2
    assert console.getvalue().count("mine") == 2
    assert len([body for body in exported() if "mine" in body]) == 2
    assert not [body for body in exported() if "foundry.attempt" in body]


def test_beside_the_ledger_event(console: io.StringIO) -> None:
    """With one provider for the ledger and for `logging`, an attempt is exported once: the ledger event."""
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    root = logging.getLogger()
    root.addHandler(distro_handler(provider))
    root.addHandler(logging.StreamHandler(console))
    root.setLevel(logging.INFO)
    structlog.configure(
        **as_kwargs(),
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sink = log_attempts()
    provider.get_logger("foundry_telemetry").emit(event_name="foundry.attempt", body="the ledger event")
    sink(FULL)
    assert [item.log_record.body for item in exporter.get_finished_logs()] == ["the ledger event"]
    assert console.getvalue() == "foundry.attempt\n"
    provider.shutdown()


def test_hidden_stdlib_loggers(exported: Callable[[], list[str]], console: io.StringIO) -> None:
    """A `logging` logger inside an adapter, or inside a second structlog logger, is found as well."""
    logging.getLogger().addHandler(logging.StreamHandler(console))
    stdlib = logging.getLogger("app")
    form: dict[str, Any] = {
        "wrapper_class": structlog.stdlib.BoundLogger,
        "processors": [structlog.stdlib.render_to_log_kwargs],
    }
    adapter = logging.LoggerAdapter(stdlib)
    inside = structlog.wrap_logger(stdlib, processors=[structlog.processors.JSONRenderer()])
    sinks = [
        log_attempts(structlog.wrap_logger(adapter, **form)),
        log_attempts(structlog.wrap_logger(inside, processors=[])),
    ]
    for sink in sinks:
        sink(FULL)
    assert console.getvalue().count("foundry.attempt") == 2
    assert exported() == []
    assert adapter.logger is stdlib


def test_levels_filters_and_propagation_hold(exported: Callable[[], list[str]], console: io.StringIO) -> None:
    """What the application set on the logger holds for our lines: levels, filter, propagation."""
    structlog.configure(**as_kwargs(), logger_factory=structlog.stdlib.LoggerFactory())
    root, ours = logging.getLogger(), logging.getLogger(logs.LOGGER_NAME)
    handler = logging.StreamHandler(console)
    root.addHandler(handler)
    sink = log_attempts()

    def lines() -> int:
        sink(FULL)
        sink(REFUSED)
        count = len(console.getvalue().splitlines())
        console.seek(0)
        console.truncate()
        return count

    def refuse(record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO

    try:
        assert lines() == 2
        ours.setLevel(logging.WARNING)
        assert lines() == 1
        ours.setLevel(logging.NOTSET)
        root.setLevel(logging.ERROR)
        assert lines() == 0
        root.setLevel(logging.INFO)
        handler.setLevel(logging.WARNING)
        assert lines() == 1
        handler.setLevel(logging.NOTSET)
        ours.addFilter(refuse)
        assert lines() == 1
        ours.disabled = True
        assert lines() == 0
        ours.disabled = False
        ours.propagate = False
        ours.addHandler(logging.StreamHandler(console))
        assert lines() == 1
    finally:
        ours.handlers.clear()
        ours.filters.clear()
        ours.propagate, ours.disabled = True, False
    assert exported() == []


def test_says_once_that_nobody_writes(exported: Callable[[], list[str]]) -> None:
    """Where no handler writes locally the lines go nowhere, and that is said once with the repair."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, logging.StreamHandler)]:
        root.removeHandler(handler)  # those of pytest
    structlog.configure(**as_kwargs(), logger_factory=structlog.stdlib.LoggerFactory())
    sink = log_attempts()
    for _ in range(3):
        sink(FULL)
    (said,) = exported()
    assert "foundry_telemetry.attempts" in said
    assert "addHandler(logging.StreamHandler())" in said
