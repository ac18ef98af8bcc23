"""Faults before the request is sent, or before anything comes back."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import pytest
import trustme

from foundry_telemetry.schema.field_table import CLIENT_TIMEOUT
from tests.support.capture import Capture
from tests.support.compare import BODY, User, attempts, only, same
from tests.support.families import Family, pieces
from tests.support.fault_server import FaultServer
from tests.support.patience import PATIENCE_S

SHORT_S = 0.05
"""A timeout that is meant to strike."""


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is ours, on which nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose backlog is full, so that a connection is neither made nor refused."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.row(1)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_connection_refused(
    family: Family, capture: Capture, server: FaultServer, closed_port: int, integration: str
) -> None:
    """A closed port gives the same exception, and one error span that names the socket error."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.face.request("POST", f"http://127.0.0.1:{closed_port}/v1/messages", json=BODY)

    assert same(family, capture, server, scenario, integration=integration).error == "ConnectError"
    seen = only(capture)
    assert (seen.outcome, seen.status_code) == ("no_response", None)
    assert seen.failure.type == "connection_error"
    assert seen.failure.code == "ECONNREFUSED"
    assert seen.server_port == closed_port


@pytest.mark.row(2)
def test_unknown_host(
    family: Family, capture: Capture, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that nobody knows gives the same exception; what the URL holds of secrets stays there."""

    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def scenario(user: User) -> None:
        url = "http://CANARY-USER:CANARY-PASS@nonexistent.invalid/v1/messages?key=CANARY-QUERY"
        with monkeypatch.context() as patched, user.fails():
            patched.setattr(socket, "getaddrinfo", resolve)
            await user.face.request("POST", url, json=BODY)

    reported = same(family, capture, server, scenario, extra={"hosts": ("nonexistent.invalid",)})
    assert reported.error == "ConnectError"
    seen = only(capture)
    assert (seen.outcome, seen.failure.type, seen.failure.code) == (
        "no_response",
        "connection_error",
        "EAI_NONAME",
    )
    assert seen.server_address == "nonexistent.invalid"
    assert "CANARY" not in capture.everything()


@pytest.mark.row(3)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_connect_timeout(
    family: Family, capture: Capture, server: FaultServer, full_port: int, integration: str
) -> None:
    """A connection that is never accepted times out as without us."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.face.request(
                "POST", f"http://127.0.0.1:{full_port}/v1/messages", json=BODY, timeout=SHORT_S
            )

    assert same(family, capture, server, scenario, integration=integration).error == "ConnectTimeout"
    seen = only(capture)
    assert (seen.outcome, seen.failure.type, seen.connect_s) == ("no_response", "client_timeout", None)
    assert capture.ledger[0][CLIENT_TIMEOUT] == seen.timeout_s == SHORT_S


@pytest.mark.row(4)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_silent_server(family: Family, capture: Capture, server: FaultServer, integration: str) -> None:
    """A server that never answers gives the same timeout, and the attempt tells that none came."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.post("silent", timeout=family.module.Timeout(PATIENCE_S, read=SHORT_S * 4))
        assert user.server.reached.wait(PATIENCE_S)  # a busy machine may be slower than the timeout

    reported = same(family, capture, server, scenario, integration=integration)
    assert reported.error == "ReadTimeout"
    assert reported.counts.connections == len(reported.counts.requests) == 1
    seen = only(capture)
    assert (seen.outcome, seen.failure.type) == ("no_response", "client_timeout")
    assert capture.ledger[0][CLIENT_TIMEOUT] == seen.timeout_s == SHORT_S * 4
    assert seen.time_to_headers_s is None
    assert (seen.connect_s is not None) is (integration == "process")


@pytest.mark.row(6)
def test_pool_timeout(family: Family, capture: Capture, server: FaultServer) -> None:
    """A call that gets no connection was not sent; the held one is freed as without us, and works."""
    limits = family.module.Limits(max_connections=1)

    async def scenario(user: User) -> None:
        async with user.stream("held") as response:
            with user.fails():
                await user.post("ok", timeout=SHORT_S)
            user.record(held=user.pool())
            user.server.gate.set()
            user.record(body=b"".join([piece async for piece in pieces(response)]))
        user.record(free=user.pool())
        user.record_response(await user.post("ok"))

    reported = same(family, capture, server, scenario, limits=limits)
    assert reported.error == "PoolTimeout"
    assert reported.counts.connections == 1
    assert len(reported.counts.requests) == 2
    unsent, held, last = attempts(capture, 3)
    assert (unsent.outcome, unsent.failure.type) == ("not_sent", "pool_timeout")
    assert unsent.failure.owner == "client"
    assert (unsent.timeout_s, held.timeout_s, last.timeout_s) == (SHORT_S, None, None)
    assert (held.outcome, last.outcome) == ("ok", "ok")
    assert len({unsent.call_id, held.call_id, last.call_id}) == 3


@pytest.fixture(scope="module")
def untrusted() -> ssl.SSLContext:
    """A server's certificate, signed by nobody the client trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA(organization_name="CANARY-ORGANISATION")
    authority.issue_cert("127.0.0.1", common_name="CANARY-NAME").configure_cert(context)
    return context


@pytest.mark.row(12)
@pytest.mark.parametrize("integration", ["process", "hooks"])
def test_untrusted_certificate(
    family: Family, capture: Capture, untrusted: ssl.SSLContext, integration: str
) -> None:
    """A certificate that is not trusted gives the same exception; of it only the reason is kept."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.post("ok")

    with FaultServer(untrusted) as server:
        reported = same(family, capture, server, scenario, integration=integration)
    assert reported.error == "ConnectError"
    assert (reported.counts.connections, reported.counts.requests) == (1, [])
    seen = only(capture)
    assert (seen.outcome, seen.failure.type) == ("no_response", "connection_error")
    assert seen.failure.code == "CERTIFICATE_VERIFY_FAILED"
    assert "CANARY" not in capture.everything()
    assert "self-signed" not in capture.everything()


FOUNDRY = "http://contoso.services.ai.azure.com/ok/v1/messages"


@pytest.mark.row(16)
@pytest.mark.parametrize("way", ["proxy", "environment"])
def test_proxy(
    family: Family, capture: Capture, server: FaultServer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A call through a proxy takes the same route, and is reported under the name it was sent to."""
    monkeypatch.setenv("HTTP_PROXY", server.base)
    options = {"proxy": server.base} if way == "proxy" else {"trust_env": True}

    async def scenario(user: User) -> None:
        user.record_response(await user.face.request("POST", FOUNDRY, json=BODY))

    reported = same(family, capture, server, scenario, **options)
    assert reported.counts.requests == [("POST", "/ok/v1/messages")]
    seen = only(capture)
    assert (seen.outcome, seen.resource, seen.server_port) == ("ok", "contoso", 80)


@pytest.mark.row(16)
def test_no_proxy(
    family: Family, capture: Capture, server: FaultServer, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    """A host that ``NO_PROXY`` names is called directly, as without us."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    async def scenario(user: User) -> None:
        user.record_response(await user.post("ok"))

    assert same(family, capture, server, scenario, trust_env=True).counts.connections == 1
    assert only(capture).outcome == "ok"


@pytest.mark.row(16)
def test_mounts(family: Family, capture: Capture, server: FaultServer) -> None:
    """A mounted transport gets the calls it would get without us, the default one gets the others."""
    asked: list[str] = []

    def answer(request: object) -> object:
        asked.append(str(request.url))
        return family.module.Response(200, json={"id": "msg_mock"})

    mounts = {"http://localhost": family.module.MockTransport(answer)}

    async def scenario(user: User) -> None:
        asked.clear()
        user.record_response(await user.face.request("POST", "http://localhost/v1/messages", json=BODY))
        user.record_response(await user.post("ok"))
        user.record(asked=list(asked))

    reported = same(family, capture, server, scenario, mounts=mounts)
    assert reported.observed["asked"] == ["http://localhost/v1/messages"]
    assert len(reported.counts.requests) == 1
    assert [seen.response_id for seen in attempts(capture, 2)] == ["msg_mock", "msg_fault01"]
