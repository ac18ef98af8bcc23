"""One exchange on a clock of its own, so that every number of a record is known beforehand.

Headers come after 100 ms, then the body in two pieces 50 ms apart (a stream is cut before its first token),
and its end 25 ms later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

import foundry_telemetry
from foundry_telemetry import attempt as attempt_module
from foundry_telemetry.instrumentation import tracker as tracker_module
from tests.instrumentation.replay import case_named
from tests.support.capture import Capture
from tests.support.families import httpx
from tests.support.recorded import body_of, request_body, request_headers, url_of

STARTED_NS = 1_795_340_600 * 10**9
"""When the recorded tokens are judged, and when the exchange begins."""
FIRST_TOKEN = b"event: content_block_delta"


class Clock:
    """The time, which passes only when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed_ns = 0
        for module in (attempt_module, tracker_module):
            monkeypatch.setattr(module, "time_ns", lambda: STARTED_NS + self.passed_ns)
            monkeypatch.setattr(module, "perf_counter_ns", lambda: 7_000_000_000 + self.passed_ns)

    def advance_ms(self, milliseconds: int) -> None:
        """Let time pass."""
        self.passed_ns += milliseconds * 10**6


class _Body(httpx.SyncByteStream):
    def __init__(self, case: dict[str, Any], clock: Clock) -> None:
        self._case = case
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        body = body_of(self._case)
        cut = max(body.find(FIRST_TOKEN), 0)
        for piece in (body[:cut], body[cut:]):
            self._clock.advance_ms(50)
            yield piece
        self._clock.advance_ms(25)
        if self._case["response"]["ends"] == "transport_error":
            raise httpx.RemoteProtocolError("CANARY")


def exchange(
    name: str,
    capture: Capture,
    clock: Clock,
    *,
    owner: dict[str, Any] | None = None,
    kind: SpanKind = SpanKind.CLIENT,
    read: bool = True,
    url: str | None = None,
    method: str | None = None,
    **changed_headers: str | None,
) -> None:
    """Play a recorded case against `capture`.

    Args:
        name: Id of the case.
        capture: Where the records go.
        clock: The time.
        owner: Attributes of a span that somebody opened for the call.
        kind: Of that span.
        read: Whether the body is read, and not closed after its first piece.
        url: In place of the recorded one.
        method: In place of the recorded one.
        changed_headers: Request headers to set, or to take away where ``None``; ``_`` for ``-``.
    """
    case = case_named(name)

    def answer(request: httpx.Request) -> httpx.Response:
        clock.advance_ms(100)
        if case["response"] is None:
            raise httpx.ConnectError("CANARY: connection refused")
        recorded = case["response"]
        return httpx.Response(recorded["status"], headers=recorded["headers"], stream=_Body(case, clock))

    headers = dict(request_headers(case))
    for header, value in changed_headers.items():
        headers.pop(header.replace("_", "-"), None)
        if value is not None:
            headers[header.replace("_", "-")] = value
    foundry_telemetry.instrument(**capture.options)
    tracer = capture.tracer_provider.get_tracer("somebody")
    span = (
        nullcontext() if owner is None else tracer.start_as_current_span("owner", kind=kind, attributes=owner)
    )
    with httpx.Client(transport=httpx.MockTransport(answer)) as client, span:
        request = client.build_request(
            method or case["request"]["method"],
            url or url_of(case),
            headers=headers,
            content=request_body(case),
        )
        try:
            response = client.send(request, stream=True)
            if read:
                response.read()
            else:
                next(response.iter_raw())
                response.close()
        except httpx.TransportError:
            pass


def typed(fields: dict[str, Any]) -> dict[str, tuple[type, Any]]:
    """Values with their types, since ``1 == True == 1.0``."""
    return {name: (type(value), value) for name, value in fields.items()}
