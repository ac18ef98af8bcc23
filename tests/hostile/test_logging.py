"""Logging that fights back: reserved keys, handlers that raise, handlers that call."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import foundry_telemetry
from foundry_telemetry import attribute
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.logs import add_foundry_context, log_attempts
from tests.hostile.harness import ASK, JSON, URL, message, playing, transport
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family, httpx

fuzz = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
RESERVED = [
    *logging.makeLogRecord({}).__dict__,
    "message",
    "asctime",
    "event",
    "logger",
    "level",
    "exc_info",
    "extra",
]
OURS = ["trace_id", "span_id", "trace_flags", "apim_request_id", "anthropic_request_id"]
keys = st.one_of(
    st.sampled_from([*RESERVED, *OURS]), st.text(max_size=5), st.integers(), st.none(), st.tuples()
)


@pytest.mark.row(78)
def test_processor_keeps_every_key(instrumented: Capture) -> None:
    """Whatever keys a line has, strings or not, reserved or not: all stay, and none of ours replaces one."""
    with playing(200, JSON, [message()]) as client:
        client.post(URL, json=ASK)

    @fuzz
    @given(st.dictionaries(keys, st.one_of(st.none(), st.text(max_size=5), st.just(b"\xff"))))
    def run(line: dict[Any, Any]) -> None:
        given_line = dict(line)
        got = add_foundry_context(None, "info", line)
        assert got is line
        assert {key: got[key] for key in given_line} == given_line
        assert set(got) - set(given_line) <= set(OURS)

    run()


class Broken(dict[str, Any]):
    """A mapping on which nothing works."""

    def get(self, *_: object) -> Any:
        """Fails."""
        raise RuntimeError

    setdefault = update = __contains__ = __setitem__ = get  # type: ignore[assignment]


@pytest.mark.row(78)
def test_processor_survives_a_broken_line(instrumented: Capture) -> None:
    """A line that cannot be written to is given back as it is."""
    with instrumented.tracer_provider.get_tracer("application").start_as_current_span("work"):
        line = Broken()
        assert add_foundry_context(None, "info", line) is line


@pytest.mark.row(78)
def test_attempt_lines_as_extra(capture: Capture) -> None:
    """No field of our console line is a reserved one of `logging`, so it can be handed over as `extra=`."""
    out = io.StringIO()
    target = logging.Logger("application")  # noqa: LOG001 - one that nobody else has
    target.addHandler(logging.StreamHandler(out))
    logger = structlog.wrap_logger(
        target, processors=[add_foundry_context, structlog.stdlib.render_to_log_kwargs]
    )
    before = internal_errors.count
    foundry_telemetry.instrument(**(capture.options | {"sinks": (log_attempts(logger),)}))
    for status, body in ((200, message()), (401, b'{"error":{"code":"401"}}')):
        with playing(status, JSON, [body]) as client:
            client.post(URL, json=ASK)
    assert out.getvalue().splitlines() == ["foundry.attempt"] * 2
    assert internal_errors.count == before


@pytest.mark.row(78)
def test_tags_with_reserved_names(instrumented: Capture) -> None:
    """Tags may have any name that `logging`, structlog or we reserve; they are told under a prefix."""
    names = [
        name for name in (*RESERVED, "outcome", "status", "deployment") if name.islower() and name.isalpha()
    ]
    for name in names:
        with attribute(**{name: "mine"}), playing(200, JSON, [message()]) as client:
            client.post(URL, json=ASK)
        assert instrumented.ledger[-1][f"foundry.tag.{name}"] == "mine"
        assert instrumented.ledger[-1]["foundry.outcome"] == "ok"


@pytest.mark.row(78)
@fuzz
@given(
    st.dictionaries(
        st.one_of(st.text(max_size=40), st.sampled_from(RESERVED)), st.text(max_size=300), max_size=10
    )
)
def test_any_tags(tags: dict[str, str]) -> None:
    """Tags are refused when they are set, or are clean; they never fail a call later."""
    try:
        with attribute(**tags):
            reported = foundry_telemetry.attribution.current_tags()
    except ValueError:
        return
    for key, value in reported.items():
        assert key.isascii()
        assert len(key) <= 32
        assert value.isprintable()
        assert len(value.encode()) <= 4 * 128


@pytest.mark.row(78)
def test_keys_that_are_no_strings() -> None:
    """A tag whose key is no string is refused by Python itself, where the programmer sees it."""
    with pytest.raises(TypeError):
        attribute(**{1: "x"})  # type: ignore[arg-type]


@pytest.fixture
def hostile_handler() -> Iterator[Any]:
    """Puts a handler on the root logger and on ours, and takes it away again."""
    placed: list[tuple[logging.Logger, logging.Handler, int]] = []

    def place(emit: Any) -> None:
        handler = logging.Handler(logging.DEBUG)
        handler.emit = emit  # type: ignore[method-assign]
        for name in (None, "foundry_telemetry", "foundry_telemetry.attempts", "opentelemetry"):
            logger = logging.getLogger(name)
            placed.append((logger, handler, logger.level))
            logger.addHandler(handler)
            logger.setLevel(logging.WARNING)

    yield place
    for logger, handler, level in reversed(placed):
        logger.removeHandler(handler)
        logger.setLevel(level)


def broken(*_: Any, **__: Any) -> Any:
    """Something inside us that fails."""
    raise RuntimeError("broken")


PLACES = [
    "instrumentation.tracker.read_request",
    "instrumentation.tracker._place_in_call",
    "pricing.cost",
    "instrumentation.body.ObservedDecoder",
]


@pytest.mark.row(79)
@pytest.mark.parametrize("place", PLACES)
def test_handler_that_raises(
    family: Family, place: str, instrumented: Capture, hostile_handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure of ours, told to a logging handler that fails as well, does not reach the call."""
    heard: list[str] = []

    def emit(record: logging.LogRecord) -> None:
        heard.append(record.name)
        raise ValueError("handler")

    hostile_handler(emit)
    internal_errors._next_log_s.clear()
    monkeypatch.setattr(f"foundry_telemetry.{place}", broken)
    requests: list[Any] = []

    def answer(request: Any) -> Any:
        requests.append(request)
        return 200, [*JSON, ("content-encoding", "identity" if "Observed" not in place else "deflate")], []

    async def scenario() -> None:
        async with family.client(transport=transport(family, answer)) as client:
            assert (await client.request("POST", URL, json=ASK)).content == b""

    before = internal_errors.count
    family.run(scenario)
    assert len(requests) == 1
    if place != "pricing.cost":  # nothing was reported that could be priced
        assert heard[:1] == ["foundry_telemetry"]
        assert internal_errors.count > before


@pytest.mark.row(79)
def test_handler_that_calls(
    instrumented: Capture, hostile_handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that sends each line through a traced client, while we fail at every call: it is one line."""
    requests: list[Any] = []

    def answer(request: Any) -> Any:
        requests.append(request)
        return 200, JSON, [message()]

    with httpx.Client(transport=transport(FAMILIES[0], answer)) as client:
        hostile_handler(lambda _: client.post(URL, json=ASK))
        internal_errors._next_log_s.clear()
        monkeypatch.setattr("foundry_telemetry.instrumentation.tracker._place_in_call", broken)
        assert client.post(URL, json=ASK).content == message()
    assert len(requests) == 3  # the call, and one for each logger that hears the line


@pytest.mark.row(79)
def test_sink_that_logs_to_a_handler_that_calls(capture: Capture) -> None:
    """Attempt lines sent through a traced client make attempts of their own: that ends after a few."""
    requests: list[Any] = []

    def answer(request: Any) -> Any:
        requests.append(request)
        return 200, JSON, [message()]

    with httpx.Client(transport=transport(FAMILIES[0], answer)) as client:

        class Sender(logging.StreamHandler):  # type: ignore[type-arg]
            def emit(self, record: logging.LogRecord) -> None:
                client.post(URL, json=ASK)

        target = logging.Logger("application")  # noqa: LOG001 - one that nobody else has
        target.addHandler(Sender(io.StringIO()))
        logger = structlog.wrap_logger(target, processors=[structlog.stdlib.render_to_log_kwargs])
        sinks = (log_attempts(logger), capture.observations.append)
        foundry_telemetry.instrument(**(capture.options | {"sinks": sinks}))
        assert client.post(URL, json=ASK).content == message()
        few = len(requests)
        assert 1 < few <= 5
        assert client.post(URL, json=ASK).content == message()
    assert len(requests) == 2 * few
    assert len(capture.ledger) == len(requests)
