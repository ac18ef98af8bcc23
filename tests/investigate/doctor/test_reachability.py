"""Both ends, asked over real sockets: what each answer, and each silence, means."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread

import pytest
import trustme

from foundry_telemetry.advice import advice_for
from foundry_telemetry.investigate.doctor import reachability
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry, FakeResponse, Item
from tests.investigate.doctor.scenes import named, scene
from tests.support.patience import PATIENCE_S

VARIABLE = "APPLICATIONINSIGHTS_CONNECTION_STRING"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of somebody who takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def look(script: Item) -> tuple[reachability.Finding, FakeFoundry]:
    """What is found of a Foundry that answers so, and that Foundry."""
    with FakeFoundry(script) as foundry:
        asked = scene(base_url=foundry.base_url, variables={"ANTHROPIC_FOUNDRY_API_KEY": "CANARY"})
        return named(reachability.check_foundry(asked), "Foundry"), foundry


@pytest.mark.parametrize(
    "answer",
    [
        "err_401_missing_credential",
        "err_401_token_rejected",
        "err_401_invalid_key",
        "err_400_invalid_request",
    ],
)
def test_foundry_answers(answer: str) -> None:
    """A refusal for want of a credential is what we want; none was sent, and no content."""
    found, foundry = look(answer)
    assert found.state == "ok"
    (request,) = foundry.requests
    assert (request.method, request.path, request.body) == ("POST", "/anthropic/v1/messages", b"{}")
    assert "CANARY" not in f"{request.headers}"


@pytest.mark.parametrize(
    ("answer", "kind", "state"),
    [
        ("err_403_firewall", "authz_network_denied", "failure"),
        ("err_403_public_access_disabled", "authz_network_denied", "failure"),
        ("err_404_resource_not_found", "route_not_found", "failure"),
        ("err_404_api_not_supported", "route_not_found", "failure"),
        ("err_503_service_unavailable", "service_unavailable", "failure"),
        ("err_429_no_hint", "rate_limited", "warning"),
    ],
)
def test_foundry_answers_otherwise(answer: str, kind: str, state: str) -> None:
    """Any other refusal is named by its class, with the advice for that class."""
    found, _ = look(answer)
    assert found.state == state
    assert kind in found.seen
    assert found.fix == advice_for(kind).next_step


def test_an_open_gateway() -> None:
    """An answer without a credential is a gateway that lends its own to everybody."""
    found, _ = look(200)
    assert found.state == "warning"


@pytest.mark.parametrize("check", ["Foundry", "Azure Monitor"])
def test_nobody_listens(check: str, nobody: str, silent: str) -> None:
    """Nobody there, and nobody answering, are different findings; both within the time that was given."""
    key = "00000000-1111-4222-8333-444444444444"
    answers = ((nobody, PATIENCE_S, "ECONNREFUSED"), (silent, 0.3, "did not respond in time"))
    for address, patience_s, words in answers:
        string = f"InstrumentationKey={key};IngestionEndpoint={address}/"
        asked = scene(base_url=address, patience_s=patience_s, variables={VARIABLE: string})
        ask = reachability.check_foundry if check == "Foundry" else reachability.check_monitor
        found = named(ask(asked), check)
        assert found.state == "failure"
        assert words in found.seen
        assert key not in f"{found}"


def test_a_name_that_nobody_knows() -> None:
    """A name that does not resolve is named."""
    asked = scene(base_url="https://no-such-resource.invalid/anthropic")
    found = named(reachability.check_foundry(asked), "Foundry")
    assert found.state == "failure"
    assert "no-such-resource.invalid does not resolve (DNS, " in found.seen
    assert found.fix == "nslookup no-such-resource.invalid"


def test_a_certificate_that_is_not_trusted() -> None:
    """A proxy that breaks TLS open shows by its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = Thread(target=_shake_hands, args=(listening, context))
        thread.start()
        asked = scene(base_url=f"https://localhost:{listening.getsockname()[1]}/anthropic")
        found = named(reachability.check_foundry(asked), "Foundry")
        thread.join()
    assert found.state == "failure"
    assert "CERTIFICATE_VERIFY_FAILED" in found.seen
    assert "SSL_CERT_FILE" in str(found.fix)


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listening.accept()
    with closing(connection), suppress(ssl.SSLError, OSError):
        context.wrap_socket(connection, server_side=True)


def test_a_page_in_place_of_foundry() -> None:
    """A page that is not of Foundry, whatever its status, is a proxy or a portal."""
    page = FakeResponse(status=200, headers=(("content-type", "text/html"),), chunks=(b"<html>CANARY",))
    found, _ = look(page)
    assert (found.state, found.fix) == ("failure", advice_for("gateway_html").next_step)
    assert "CANARY" not in f"{found}"


def test_no_address() -> None:
    """What has no address is not asked, and that is no failure."""
    assert named(reachability.check_foundry(scene()), "Foundry").state == "skipped"
    assert named(reachability.check_monitor(scene()), "Azure Monitor").state == "skipped"


def test_azure_monitor() -> None:
    """The ingestion endpoint answers a post without items, and nothing is stored of it."""
    with LocalAzureMonitor() as azure:
        asked = scene(variables={VARIABLE: azure.connection_string})
        assert named(reachability.check_monitor(asked), "Azure Monitor").state == "ok"
        assert azure.query("union AppEvents, AppTraces | count").rows == [(0,)]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_not_the_ingestion_endpoint(status: int) -> None:
    """Somebody else at that address is a failure."""
    with FakeFoundry(status) as other:
        key = "00000000-1111-4222-8333-444444444444"
        string = f"InstrumentationKey={key};IngestionEndpoint=http://{other.host}/"
        found = named(reachability.check_monitor(scene(variables={VARIABLE: string})), "Azure Monitor")
    assert found.state == "failure"
    assert str(status) in found.seen
