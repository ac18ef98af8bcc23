"""Answers that are broken, refused, redirected or already read."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from tests.support.capture import Capture
from tests.support.compare import BODY, User, attempts, only, same
from tests.support.families import Family, pieces
from tests.support.fault_server import EVENTS, MESSAGE, FaultServer
from tests.support.patience import PATIENCE_S


@pytest.mark.row(8, 9, 10)
@pytest.mark.parametrize(
    ("fault", "error", "outcome", "kind"),
    [
        ("cut", "RemoteProtocolError", "truncated", "stream_truncated"),
        ("short", "RemoteProtocolError", "truncated", "stream_truncated"),
        ("garbage", "RemoteProtocolError", "no_response", "connection_error"),
    ],
)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_broken_answer(
    family: Family,
    capture: Capture,
    server: FaultServer,
    *,
    fault: str,
    error: str,
    outcome: str,
    kind: str,
    integration: str,
) -> None:
    """A body that is cut and an answer that is no HTTP raise as without us."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.post(fault)

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.error == error
    assert len(reported.counts.requests) == 1
    seen = only(capture)
    assert (seen.outcome, seen.failure.type) == (outcome, kind)
    assert seen.status_code == (None if fault == "garbage" else 200)


@pytest.mark.row(11)
def test_hang_up_on_second_request(family: Family, capture: Capture, server: FaultServer) -> None:
    """A connection that dies under its second request is not tried again by us."""

    async def scenario(user: User) -> None:
        user.record_response(await user.post("hang-up"))
        with user.fails():
            await user.post("hang-up")

    reported = same(family, capture, server, scenario)
    assert reported.error == "RemoteProtocolError"
    assert reported.counts.connections == 1
    assert len(reported.counts.requests) == 2
    first, second = attempts(capture, 2)
    assert (first.outcome, second.outcome) == ("ok", "no_response")
    assert first.connect_s is not None
    assert second.connect_s is None


@pytest.mark.row(11)
def test_connection_closed_between_requests(family: Family, capture: Capture, server: FaultServer) -> None:
    """A connection that died while idle is replaced, as without us."""

    async def scenario(user: User) -> None:
        user.record_response(await user.post("close-after"))
        assert user.server.reached.wait(PATIENCE_S)
        user.record_response(await user.post("close-after"))

    reported = same(family, capture, server, scenario)
    assert reported.counts.connections == 2
    assert len(reported.counts.requests) == 2
    assert [seen.outcome for seen in attempts(capture, 2)] == ["ok", "ok"]


@pytest.mark.row(14)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_redirect(family: Family, capture: Capture, server: FaultServer, integration: str) -> None:
    """Both hops of a redirect are attempts of one call; the history is the same."""

    async def scenario(user: User) -> None:
        user.record_response(await user.post("redirect", follow_redirects=True))

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.observed["history"] == [(307, server.url("redirect"))]
    assert reported.counts.requests == [("POST", "/redirect/v1/messages"), ("POST", "/ok/v1/messages")]
    first, second = attempts(capture, 2)
    assert (first.status_code, second.status_code) == (307, 200)
    assert first.call_id == second.call_id
    assert (first.attempt_number, second.attempt_number) == (1, 2)
    assert first.usage.input_tokens is None
    assert second.usage.total_input_tokens == 30


@pytest.mark.row(14)
def test_redirect_not_followed(family: Family, capture: Capture, server: FaultServer) -> None:
    """A redirect that the user does not follow is one attempt, with the same ``next_request``."""

    async def scenario(user: User) -> None:
        response = await user.post("redirect")
        user.record_response(response)
        user.record(next=str(response.next_request.url))

    assert len(same(family, capture, server, scenario).counts.requests) == 1
    assert only(capture).status_code == 307


@pytest.mark.row(14)
def test_redirect_loop(family: Family, capture: Capture, server: FaultServer) -> None:
    """An endless redirect ends where it would without us, and each hop is an attempt."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.post("loop", follow_redirects=True)

    reported = same(family, capture, server, scenario, max_redirects=3)
    assert reported.error == "TooManyRedirects"
    assert len(reported.counts.requests) == 4
    assert [seen.attempt_number for seen in attempts(capture, 4)] == [1, 2, 3, 4]


@pytest.mark.row(15)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_auth_flow(family: Family, capture: Capture, server: FaultServer, integration: str) -> None:
    """A request that an auth flow sends again after a 401 is a second attempt of the same call."""

    class Refresh(family.module.Auth):
        requires_response_body = True

        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            request.headers["authorization"] = "Bearer stale"
            response = yield request
            if response.status_code == 401:
                request.headers["authorization"] = "Bearer fresh"
                yield request

    async def scenario(user: User) -> None:
        user.record_response(await user.post("locked", auth=Refresh()))

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.observed["status"] == 200
    assert len(reported.counts.requests) == 2
    first, second = attempts(capture, 2)
    assert (first.outcome, first.failure.type, first.auth_scheme) == ("error", "auth_invalid_key", "entra_id")
    assert (second.outcome, second.attempt_number) == ("ok", 2)
    assert first.call_id == second.call_id


@pytest.mark.row(17)
@pytest.mark.parametrize("status", [401, 403])
def test_echoed_credentials(
    family: Family,
    capture: Capture,
    server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    *,
    status: int,
) -> None:
    """A service that repeats the credentials in its answer makes us repeat them nowhere."""
    secrets = {
        "api-key": "CANARY4f1d8c",
        "x-api-key": "CANARY-0123456789abcdef",
        "authorization": "Bearer CANARY.eyJhIjoxfQ.CANARY",
    }
    caplog.set_level("DEBUG", "foundry_telemetry")

    async def scenario(user: User) -> None:
        response = await user.post(f"echo-{status}", headers=secrets)
        user.record_response(response)

    reported = same(family, capture, server, scenario)
    assert all(secret.encode() in reported.observed["content"] for secret in secrets.values())
    seen = only(capture)
    assert (seen.outcome, seen.status_code) == ("error", status)
    written = capfd.readouterr()
    reported_by_us = [record.getMessage() for record in caplog.records if record.name.startswith("foundry")]
    for place in (capture.everything(), repr(reported_by_us), written.out, written.err):
        assert "CANARY" not in place


@pytest.mark.row(19)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, "gateway_html"), (502, "gateway_html"), (503, "gateway_html"), (529, "gateway_html")],
)
def test_html_error(family: Family, capture: Capture, server: FaultServer, status: int, kind: str) -> None:
    """A proxy's error page is passed on untouched and reported as what it is."""

    async def scenario(user: User) -> None:
        response = await user.post(f"html-{status}")
        user.record_response(response)
        with user.fails():
            response.raise_for_status()

    reported = same(family, capture, server, scenario)
    assert reported.error == "HTTPStatusError"
    assert len(reported.counts.requests) == 1
    seen = only(capture)
    assert (seen.outcome, seen.failure.type, seen.status_code) == ("error", kind, status)
    assert "Bad Gateway" not in capture.everything()


@pytest.mark.row(19)
def test_overloaded(family: Family, capture: Capture, server: FaultServer) -> None:
    """A 529 of the API keeps its class and the id in its body."""

    async def scenario(user: User) -> None:
        user.record_response(await user.post("json-529"))

    same(family, capture, server, scenario)
    seen = only(capture)
    assert (seen.failure.type, seen.failure.retryable) == ("overloaded", True)
    assert seen.ids.body_request_id == "req_fault03"


@pytest.mark.row(46)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_already_read(
    family: Family, capture: Capture, server: FaultServer, streamed: bool, integration: str
) -> None:
    """An answer that a mock or a cache has read already is the same, and its usage is found."""

    def answer(_: object) -> Any:
        if streamed:
            return family.module.Response(
                200, content=b"".join(EVENTS), headers={"content-type": "text/event-stream"}
            )
        return family.module.Response(200, content=MESSAGE, headers={"content-type": "application/json"})

    async def scenario(user: User) -> None:
        async with user.face.stream("POST", "http://127.0.0.1/v1/messages", json=BODY) as response:
            user.record_response(response)
            user.record(pieces=[piece async for piece in pieces(response)])
            user.record_response(response)

    reported = same(
        family,
        capture,
        server,
        scenario,
        transport=family.module.MockTransport(answer),
        integration=integration,
    )
    assert b"".join(reported.observed["pieces"]) == (b"".join(EVENTS) if streamed else MESSAGE)
    seen = only(capture)
    assert seen.outcome == "ok"
    assert (seen.usage.total_input_tokens, seen.usage.output_tokens) == (30, 9)
