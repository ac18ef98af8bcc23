"""Who is asked, and what is said when there is no answer."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.policies import HeadersPolicy
from azure.monitor.query import LogsQueryClient
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.ingestion import access_token
from foundry_telemetry.investigate import queries, sources
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.investigate.sources import Source, SourceError, choose, local_url
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.serving import LoopbackServer
from tests.investigate.commands import run
from tests.investigate.ledgers import attempt, put
from tests.support.logs import WORKSPACE, NoCredential, logs_client

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOW = TimeRange(NOW - timedelta(minutes=30), NOW, timedelta(minutes=1))
SECRET = "CANARY-the-principal-mara@contoso.com"


@contextmanager
def answering(status: int, body: bytes = b"", *, until: threading.Event | None = None) -> Iterator[str]:
    """A server that has the same answer to everything; gives its address."""

    def answer(_: Request) -> Response:
        if until is not None:
            until.wait()
        return Response(body, status, media_type="application/json")

    with LoopbackServer(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as server:
        yield server.url


def failure(source: Source) -> str:
    """What a source says in place of an answer."""
    with source, pytest.raises(SourceError) as raised:
        queries.calls(source, "true", WINDOW, "true")
    return str(raised.value)


def azure_at(url: str, **options: Any) -> Source:
    """A workspace in Azure, played on loopback."""
    client = LogsQueryClient(
        NoCredential(), endpoint=url, authentication_policy=HeadersPolicy(), retry_total=0, **options
    )
    return Source(client, WORKSPACE, "workspace w in Azure", is_local=False)


@pytest.mark.parametrize(
    ("status", "check"),
    [
        (400, "pip install -U"),
        (401, "az login"),
        (403, "Log Analytics Reader"),
        (404, "az monitor log-analytics workspace list"),
        (429, "too many concurrent queries"),
        (500, "Service Health"),
        (504, "--since 30m"),
        (418, "publicNetworkAccessForQuery"),
    ],
)
def test_a_refusing_azure(status: int, check: str) -> None:
    """A refusal is reported with status, code and what to check, and nothing that the service wrote."""
    body = json.dumps({"error": {"code": "InsufficientAccessError", "message": SECRET}}).encode()
    with answering(status, body) as url:
        said = failure(azure_at(url))
    assert f"status {status}, InsufficientAccessError" in said
    assert check in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"tables": 1}', b'{"error": {"code": "\\u001b[2J"}}']
)
@pytest.mark.parametrize("status", [200, 403])
def test_an_answer_that_is_none(status: int, body: bytes) -> None:
    """Whatever comes back, there is one line that says what to check."""
    with answering(status, body) as url:
        said = failure(azure_at(url))
    assert re.match(r"workspace w in Azure (returned|rejected|closed)", said), said
    assert said.isprintable()


def test_a_slow_azure() -> None:
    """An answer that does not come is given up, with what to do."""
    done = threading.Event()
    with answering(200, until=done) as url:
        said = failure(azure_at(url, read_timeout=0.05))
        done.set()
    assert "did not respond in time" in said
    assert "--since" in said


@pytest.mark.parametrize(("cuts", "asked"), [(1, 2), (2, 2)])
def test_an_answer_that_is_cut_off(cuts: int, asked: int) -> None:
    """A query whose connection ends before the answer is sent once more, and no more than that."""
    seen: list[str] = []

    async def answer(request: Request) -> Response:
        await request.body()
        seen.append(request.url.path)
        if len(seen) <= cuts:
            request.scope["state"]["transport"].abort()
        return Response(b'{"tables": []}', media_type="application/json")

    with LoopbackServer(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as server:
        source = azure_at(server.url)
        if cuts < asked:
            with source:
                assert source.answer("print 1") == []
        else:
            assert "closed the connection before the response was complete" in failure(source)
    assert len(seen) == asked


def test_an_azure_out_of_reach() -> None:
    """A connection that fails is reported with what may stand in the way."""
    assert "check DNS, proxy and firewall" in failure(azure_at(f"http://127.0.0.1:{free_port()}"))


def test_part_of_an_answer() -> None:
    """A part of an answer is no answer: sums of it would be wrong."""
    columns = [{"name": "affected", "type": "long"}]
    reported = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [[1]]}]}
    error = {"error": {"code": "PartialError", "message": "too large", "details": []}}
    with answering(200, json.dumps(reported | error).encode()) as url:
        assert "returned a partial result" in failure(azure_at(url))


def test_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token the sign-in is named, and of the reason the AADSTS code alone."""

    class Credential(NoCredential):
        def get_token(self, *_: str, **__: Any) -> Any:
            raise ClientAuthenticationError(f"AADSTS700082: The refresh token of {SECRET} has expired")

        get_token_info = get_token

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    said = failure(sources.azure(WORKSPACE))
    assert "no token for workspace" in said
    assert "(AADSTS700082)" in said
    assert "az login" in said
    assert SECRET not in said


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize("command", [("incident",), ("ticket", "req_1"), ("incident", "--json")])
def test_nobody_listens(command: tuple[str, ...]) -> None:
    """Without a local Azure Monitor the command says how to get an answer, and ends with 1."""
    said = run(*command, "--url", f"http://127.0.0.1:{free_port()}")
    assert (said.code, said.out) == (1, "")
    assert "cannot be reached: start it with `foundry-telemetry local`" in said.err
    assert "--workspace ID" in said.err


def test_somebody_else_listens() -> None:
    """What listens on the port and is no Azure Monitor is not taken for one."""
    with answering(404, b"not here") as url:
        said = run("incident", "--url", url)
    assert said.code == 1
    assert "the server there returned status 404" in said.err


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "http://127.0.0.1:4319"),
        ({"APPLICATIONINSIGHTS_CONNECTION_STRING": "rubbish"}, "http://127.0.0.1:4319"),
        (
            {
                "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=k;"
                "IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/"
            },
            "http://127.0.0.1:4319",
        ),
        (
            {
                "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=k;"
                "IngestionEndpoint=http://127.0.0.1:4711/;ApplicationId=k"
            },
            "http://127.0.0.1:4711",
        ),
    ],
)
def test_where_the_local_one_is(environment: Mapping[str, str], expected: str) -> None:
    """It is where the service's connection string says, if that is on this machine; else on its port."""
    assert local_url(environment) == expected


def test_connection_string_leads_to_it() -> None:
    """With the variable that the service has, no option is needed."""
    with LocalAzureMonitor() as azure:
        said = run("incident", APPLICATIONINSIGHTS_CONNECTION_STRING=azure.connection_string)
        assert f"local Azure Monitor at {azure.url}" in " ".join(said.out.split())


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "http://example.com", "http://127.0.0.1:x", "4319", "\x1b"]
)
def test_local_is_on_this_machine(url: str) -> None:
    """No other address is asked as the local one, and the message says how Azure is."""
    with pytest.raises(SourceError, match=r"is not a local Azure Monitor: .*--workspace ID"):
        choose("local", None, url, {})


@pytest.mark.parametrize(
    ("source", "workspace", "named"),
    [
        ("azure", None, "needs --workspace or FOUNDRY_TELEMETRY_WORKSPACE"),
        (None, "my-workspace", "expected a GUID, "),
        (None, "'; drop", "expected a GUID, "),
    ],
)
def test_a_workspace_is_a_guid(source: str | None, workspace: str | None, named: str) -> None:
    """What is no id of a workspace is named, with the command that shows the ids."""
    with pytest.raises(SourceError, match=f"{named}.*az monitor log-analytics workspace list"):
        choose(source, workspace, None, {})


@pytest.mark.parametrize(
    ("source", "workspace", "local"),
    [(None, None, True), ("local", WORKSPACE, True), (None, WORKSPACE, False)],
)
def test_who_is_asked(source: str | None, workspace: str | None, local: bool) -> None:
    """Azure is asked where a workspace is named, unless the local one is asked for by name."""
    with choose(source, workspace, None, {}) as chosen:
        assert chosen.is_local == local


def _policy(url: str) -> HeadersPolicy:
    return HeadersPolicy(access_token.headers(access_token.of_server(url, {})))


class Ranged(LogsQueryClient):
    """A client that limits each query to a time range, as the portal and many clients do."""

    def __init__(self, url: str, timespan: tuple[datetime, datetime]) -> None:
        super().__init__(NoCredential(), endpoint=url, authentication_policy=_policy(url))
        self._timespan = timespan

    def query_workspace(self, workspace_id: str, query: str, **options: Any) -> Any:
        """Ask with the range."""
        return super().query_workspace(workspace_id, query, **options | {"timespan": self._timespan})


def test_both_through_one_client() -> None:
    """Azure and the local one give the same report, with a time range that holds all of it too."""
    failed = {"status": 500, "outcome": "error", "error_type": "server_error", "error_owner": "model_service"}
    with LocalAzureMonitor(retention_days=36_500) as azure:
        put(azure, [attempt(NOW - timedelta(minutes=3 * one), one) for one in range(1, 500)])
        put(azure, [attempt(NOW - timedelta(minutes=one), 1_000 + one, **failed) for one in range(1, 10)])
        made = []
        for asked in (
            None,
            (NOW - timedelta(days=8), NOW),
            (NOW - timedelta(days=9), WINDOW.start - timedelta(minutes=1)),
        ):
            client = logs_client(azure.url) if asked is None else Ranged(azure.url, asked)
            with Source(client, WORKSPACE, "w", is_local=False) as source:
                made.append(investigate(source, WINDOW, lambda _: None))
        with sources.local(azure.url) as local:
            here = structs.replace(investigate(local, WINDOW, lambda _: None), source="w")
    assert made[0].findings[0].cause == "server_error"
    assert made[0] == made[1] == here
    assert made[2].verdict == "no data"  # the range limits what is seen


@pytest.mark.parametrize("url", ["http://api.loganalytics.io", "api.loganalytics.io", "file:///x"])
def test_no_token_over_plain_http(url: str) -> None:
    """A workspace in Azure is asked over https alone, whatever address is given."""
    with pytest.raises(SourceError, match="expected https://api"):
        choose("azure", WORKSPACE, url, {})


def test_logging_is_as_before() -> None:
    """A command leaves the logging of its process as it was."""
    logger = logging.getLogger("azure")
    before = (logger.propagate, list(logger.handlers))
    assert run("incident", "--url", f"http://127.0.0.1:{free_port()}").code == 1
    assert (logger.propagate, list(logger.handlers)) == before


def test_workspace_of_the_environment() -> None:
    """The variable stands for the option."""
    said = run("incident", FOUNDRY_TELEMETRY_WORKSPACE="mine")
    assert said.code == 2
    assert "'mine' is not a workspace ID" in said.err
