"""Correlation ids are written by servers; nothing of them but clean ids may reach a log or a trace."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import foundry_telemetry
from foundry_telemetry import Observation, last_attempt
from foundry_telemetry.logs import add_foundry_context, log_attempts
from tests.hostile.harness import ASK, URL, RawServer, message, playing, settled, twice
from tests.support.capture import Capture
from tests.support.families import Family, httpx

pytestmark = pytest.mark.row(72)

HOSTILE = {
    "escape": b"\x1b[31mred\x1b[0m",
    "tab": b"a\tb",
    "bidi": "a\u202egnp.exe".encode(),
    "separator": "a\u2028INFO forged".encode(),
    "latin-1": b"caf\xe9",
    "space": b"a b",
    "long": b"a" * 60_000,
    "just too long": b"a" * 129,
    "html": b"<script>alert(1)</script>",
    "formula": b"=cmd|'/c calc'!A1",
    "query": b"' or 1==1 | take 1 //",
    "braces": b"{jndi:ldap://x}",
    "delete": b"a\x7fb",
    "c1": b"a\x85b",
    "comma": b"first, second",
}
NAMES = ("apim-request-id", "request-id", "x-request-id", "x-ms-client-request-id", "x-ms-region")


def reported(seen: Observation) -> list[str]:
    """Every id and label of an observation."""
    ids = [getattr(seen.ids, name) for name in seen.ids.__struct_fields__]
    return [value for value in (*ids, seen.region, seen.anthropic_request_id) if value is not None]


def assert_clean(capture: Capture) -> None:
    """Every id that was reported is printable and short, and stands so on the span and in the ledger."""
    for seen in capture.observations:
        for value in reported(seen):
            assert value.isascii()
            assert value.isprintable()
            assert len(value) <= 128
    for attributes in (*capture.ledger, *(span.attributes or {} for span in capture.spans)):
        for value in attributes.values():
            assert not isinstance(value, str) or (value.isprintable() and len(value) <= 256)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_ids_from_a_socket(family: Family, name: str, capture: Capture) -> None:
    """Header bytes as no library would write them: same answer as without us, and only clean ids."""
    head = b"".join(header.encode() + b": " + HOSTILE[name] + b"\r\n" for header in NAMES)
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" + head + b"\r\n{}"
    with RawServer(lambda _: [raw]) as server:

        async def scenario() -> Any:
            async with family.client() as client:
                response = await settled(client.request("POST", server.url, json=ASK))
                return response if isinstance(response, tuple) else (response.content, response.headers.raw)

        twice(family, scenario, capture)
    assert_clean(capture)
    seen = capture.observations[0]
    if name != "comma" and seen.status_code is not None:
        assert seen.ids.apim_request_id == f"invalid:{len(HOSTILE[name])}"


def test_bare_line_feed_and_duplicates(family: Family, capture: Capture) -> None:
    """A bare LF starts a header of its own, and of a repeated id the first counts."""
    raw = (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\napim-request-id: good-1\napim-request-id: forged\r\n"
        b"request-id: req_1\r\nrequest-id: req_2\r\n\r\n{}"
    )
    with RawServer(lambda _: [raw]) as server:

        async def scenario() -> Any:
            async with family.client() as client:
                response = await settled(client.request("POST", server.url, json=ASK))
                return response if isinstance(response, tuple) else response.headers.raw

        twice(family, scenario, capture)
    assert_clean(capture)
    assert reported(capture.observations[0])[:2] == ["good-1", "req_1"]


def test_any_id(instrumented: Capture) -> None:
    """Whatever bytes a header or an error body holds as an id, what is reported of it is clean."""

    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.one_of(st.binary(max_size=200), st.sampled_from(list(HOSTILE.values()))), st.text(max_size=150))
    def run(value: bytes, text: str) -> None:
        body = httpx.Response(400, json={"type": "error", "request_id": text, "activityId": text}).content
        with playing(400, [(name.encode(), value) for name in NAMES], [body]) as client:
            client.post(URL, json=ASK)
        assert_clean(instrumented)
        instrumented.observations.clear()
        instrumented.log_exporter.clear()
        instrumented.span_exporter.clear()

    run()


RENDERERS = {
    "json": structlog.processors.JSONRenderer(),
    "key value": structlog.processors.KeyValueRenderer(),
    "logfmt": structlog.processors.LogfmtRenderer(),
    "console": structlog.dev.ConsoleRenderer(colors=False),
}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_one_log_line(renderer: str, name: str, capture: Capture) -> None:
    """The console line of an attempt with hostile ids is one printable line, whatever renders it."""
    out = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(out), processors=[add_foundry_context, RENDERERS[renderer]]
    )
    foundry_telemetry.instrument(**(capture.options | {"sinks": (log_attempts(logger),)}))
    with playing(200, [(header.encode(), HOSTILE[name]) for header in NAMES], [message()]) as client:
        client.post(URL, json=ASK)
    logger.info("and a line of the application")
    lines = out.getvalue().split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 1000 for line in lines)


def test_one_line_through_logging(instrumented: Capture) -> None:
    """The ids an application puts into a plain format string make one line."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logger = logging.getLogger("application")
    logger.propagate = False
    logger.addHandler(handler)
    with playing(500, [(header.encode(), b"a\x1b[2J\tb\x85") for header in NAMES], [b""]) as client:
        client.post(URL, json=ASK)
    seen = last_attempt()
    assert seen is not None
    logger.warning("failed: %s %s %s", seen.ids.apim_request_id, seen.anthropic_request_id, seen.region)
    logger.removeHandler(handler)
    assert out.getvalue().splitlines() == ["failed: invalid:8 invalid:8 None"]
