"""The fake ingestion endpoint speaks the protocol."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from foundry_telemetry.testing.ingestion import (
    ACCEPT_AND_CLOSE,
    CLOSE,
    HANG,
    INSTRUMENTATION_KEY,
    FakeIngestion,
    InjectedError,
    partly,
    refuse,
)
from tests.support.families import httpx
from tests.support.patience import PATIENCE_S


def envelope(name: str = "an.event", kind: str = "EventData", **data: Any) -> dict[str, Any]:
    """An envelope as the exporter makes them."""
    return {
        "name": "x",
        "data": {"baseType": kind, "baseData": {"name": name, "properties": {"a": "1"}, **data}},
    }


@pytest.fixture
def azure() -> Iterator[FakeIngestion]:
    """A running endpoint."""
    with FakeIngestion() as running:
        yield running


@pytest.fixture
def client(azure: FakeIngestion) -> Iterator[httpx.Client]:
    """A client of it."""
    with httpx.Client(base_url=azure.url) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/v2.1/track", "//v2.1/track", "/v2/track"])
@pytest.mark.parametrize("lines", [False, True], ids=["array", "lines"])
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_forms(path: str, lines: bool, compressed: bool, azure: FakeIngestion) -> None:
    """Every path, an array or one envelope a line, compressed or not: both envelopes are taken."""
    envelopes = [envelope("a"), envelope("b")]
    body = ("\n".join(map(json.dumps, envelopes)) if lines else json.dumps(envelopes)).encode()
    headers = {"content-encoding": "gzip"} if compressed else {}
    answer = httpx.post(
        azure.url + path, content=gzip.compress(body) if compressed else body, headers=headers
    )
    assert answer.json() == {
        "itemsReceived": 2,
        "itemsAccepted": 2,
        "appId": INSTRUMENTATION_KEY,
        "errors": [],
    }
    assert azure.envelopes == envelopes
    assert [(post.path, post.compressed) for post in azure.posts] == [(path, compressed)]


def test_connection_string(azure: FakeIngestion) -> None:
    """The string names the endpoint twice, with a slash at the end as Azure's do."""
    parts = dict(part.split("=") for part in azure.connection_string.split(";"))
    assert parts == {
        "InstrumentationKey": INSTRUMENTATION_KEY,
        "IngestionEndpoint": azure.url + "/",
        "LiveEndpoint": azure.url + "/",
    }


def test_live_metrics(client: httpx.Client) -> None:
    """Live Metrics is told that nobody watches."""
    for name in ("ping", "post"):
        answer = client.post(f"/QuickPulseService.svc/{name}", json=[])
        assert (answer.status_code, answer.headers["x-ms-qps-subscribed"]) == (200, "false")


def test_what_is_no_telemetry(client: httpx.Client, azure: FakeIngestion) -> None:
    """An unknown path is a 404, another method a 405 and a broken body a 400; none counts as a post."""
    assert client.get("/").status_code == 404
    assert client.get("/v2.1/track").status_code == 405
    assert client.post("/v2.1/track", content=b"[1]").status_code == 400
    assert client.post("/v2.1/track", content=b"no JSON").status_code == 400
    assert client.post("/v2.1/track", content=b"[{").status_code == 400
    assert client.post("/v2.1/track", content=b"x", headers={"content-encoding": "gzip"}).status_code == 400
    assert not azure.posts


@pytest.mark.parametrize("status", [401, 402, 429, 439, 500, 503])
def test_refusal(status: int, client: httpx.Client, azure: FakeIngestion) -> None:
    """A refused batch does not arrive; the next one does."""
    azure.script(refuse(status, retry_after=3))
    answer = client.post("/v2.1/track", json=[envelope("a")])
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "3")
    assert answer.json()["itemsAccepted"] == 0
    client.post("/v2.1/track", json=[envelope("b")])
    assert [item["name"] for item in azure.items("EventData")] == ["b"]
    assert [post.answer.status for post in azure.posts] == [status, 200]


def test_partial_success(client: httpx.Client, azure: FakeIngestion) -> None:
    """206 names each refused envelope and takes the others."""
    azure.script(partly({1: 500, 9: 400}))
    answer = client.post("/v2.1/track", json=[envelope("a"), envelope("b")])
    assert answer.status_code == 206
    assert answer.json()["errors"] == [{"index": 1, "statusCode": 500, "message": "rejected with 500"}]
    assert azure.events("a")
    assert not azure.events("b")


def test_moved(client: httpx.Client, azure: FakeIngestion) -> None:
    """A redirect names the other place, and takes nothing."""
    azure.script(InjectedError(status=308, location="http://127.0.0.1:1/"))
    answer = client.post("/v2.1/track", json=[envelope("a")])
    assert (answer.status_code, answer.headers["location"]) == (308, "http://127.0.0.1:1/")
    assert not azure.envelopes


def test_always(client: httpx.Client, azure: FakeIngestion) -> None:
    """The script comes first, then what is set for always, until that is ended."""
    azure.always(refuse(503))
    azure.script(InjectedError(), refuse(429))
    statuses = [client.post("/v2.1/track", json=[envelope("a")]).status_code for _ in range(4)]
    azure.always(None)
    statuses.append(client.post("/v2.1/track", json=[envelope("a")]).status_code)
    assert statuses == [200, 429, 503, 503, 200]
    assert len(azure.events("a")) == 2


def test_close(client: httpx.Client, azure: FakeIngestion) -> None:
    """A closed connection is an error for the client whether or not its envelopes were taken."""
    azure.script(CLOSE, ACCEPT_AND_CLOSE)
    for name in ("a", "b"):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/v2.1/track", json=[envelope(name)])
    assert not azure.events("a")
    assert azure.events("b")


def test_hang() -> None:
    """A hanging request ends with the server, which does not wait for it."""
    errors: list[Exception] = []

    def post(url: str) -> None:
        try:
            httpx.post(url, json=[envelope()], timeout=PATIENCE_S)
        except httpx.RemoteProtocolError as error:
            errors.append(error)

    with FakeIngestion(HANG) as azure:
        thread = threading.Thread(target=post, args=(azure.url + "/v2.1/track",))
        thread.start()
        azure.wait_for(lambda: azure.posts, PATIENCE_S)
    thread.join()
    assert errors
    assert not azure.envelopes


def test_wait_for(azure: FakeIngestion) -> None:
    """Waiting ends as soon as the envelopes are there, or says what came in their place."""
    thread = threading.Thread(
        target=httpx.post, args=(azure.url + "/v2/track",), kwargs={"json": [envelope()]}
    )
    thread.start()
    azure.wait_for(lambda: azure.events("an.event"), PATIENCE_S)
    thread.join()
    with pytest.raises(TimeoutError, match=r"requests: 1, items: \['EventData'\]"):
        azure.wait_for(lambda: azure.events("another"), timeout=0.01)


def test_views(client: httpx.Client, azure: FakeIngestion) -> None:
    """Each kind of envelope can be asked for by itself."""
    point = {"name": "tokens", "value": 3, "count": 1}
    client.post(
        "/v2/track",
        json=[
            envelope("e"),
            envelope("chat", "RemoteDependencyData", type="GenAI | anthropic"),
            envelope("", "MetricData", metrics=[point]),
            envelope("", "MessageData", message="hello"),
        ],
    )
    assert azure.events("e") == [{"a": "1"}]
    assert [item["type"] for item in azure.dependencies()] == ["GenAI | anthropic"]
    assert azure.metrics("tokens") == [{**point, "properties": {"a": "1"}}]
    assert not azure.metrics("cost")
    assert [item["message"] for item in azure.messages()] == ["hello"]


WITHOUT_A_DATABASE = """
import sys
from foundry_telemetry.testing import FakeIngestion
with FakeIngestion():
    print(sorted({"duckdb", "duckdb_kql", "platformdirs"} & set(sys.modules)))
"""


def test_the_fake_needs_no_database() -> None:
    """The extra `testing` is enough: nothing of the local Azure Monitor's own packages is imported."""
    command = [sys.executable, "-c", WITHOUT_A_DATABASE]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
