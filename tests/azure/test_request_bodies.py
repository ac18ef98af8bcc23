"""What is posted: gzip, or plain where that is wanted or the server refuses it; disk, 206 and redirects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, Status, StatusCode
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from foundry_telemetry.azure import row_building
from foundry_telemetry.azure.pipelines import QUIET
from foundry_telemetry.azure.request_bodies import Compression
from foundry_telemetry.azure.row_building import speed_up
from foundry_telemetry.serving import LoopbackServer
from foundry_telemetry.testing.ingestion import (
    CLOSE,
    INSTRUMENTATION_KEY,
    FakeIngestion,
    InjectedError,
    Post,
    partly,
    refuse,
)
from tests.azure.process import stored

SPANS = 3

MakeExporter = Callable[..., AzureMonitorTraceExporter]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*QUIET, "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setattr(row_building, "outcomes", {})


@pytest.fixture
def azure() -> Iterator[FakeIngestion]:
    """An ingestion endpoint."""
    with FakeIngestion() as running:
        yield running


@pytest.fixture
def make(azure: FakeIngestion, tmp_path: Path) -> Iterator[MakeExporter]:
    """Makes exporters that try once, set up as `configure` does it."""
    made: list[AzureMonitorTraceExporter] = []

    def call(compression: Compression | None, **options: Any) -> AzureMonitorTraceExporter:
        exporter = AzureMonitorTraceExporter(
            **{
                "connection_string": azure.connection_string,
                "storage_directory": str(tmp_path / "disk"),
                "retry_total": 0,
                **options,
            }
        )
        made.append(exporter)
        if compression is not None:
            speed_up([exporter], compression)
            assert row_building.outcomes == {"AzureMonitorTraceExporter": None}
        return exporter

    yield call
    for exporter in made:
        exporter.shutdown()


def spans(name: str = "a span", **attributes: Any) -> list[ReadableSpan]:
    """Finished spans."""
    return [
        ReadableSpan(
            f"{name} {number}",
            context=SpanContext(1, number + 1, is_remote=False),
            attributes=attributes,
            status=Status(StatusCode.OK),
            start_time=1_700_000_000_123_456_789,
            end_time=1_700_000_001_123_456_789,
        )
        for number in range(SPANS)
    ]


def names(post: Post) -> list[str]:
    """The names of the spans in a request."""
    return [envelope["data"]["baseData"]["name"] for envelope in post.envelopes]


def test_gzip_and_plain(azure: FakeIngestion, make: MakeExporter) -> None:
    """The same envelopes arrive compressed, plain, and from the unchanged exporter."""
    for compression in (Compression(is_on=True), Compression(is_on=False), None):
        make(compression, disable_offline_storage=True).export(spans(text="täxt"))
    assert [post.compressed for post in azure.posts] == [True, False, False]
    texts = [json.dumps(post.envelopes, sort_keys=True) for post in azure.posts]
    assert len(set(texts)) == 1
    assert "t\\u00e4xt" in texts[0]
    assert names(azure.posts[0]) == [f"a span {number}" for number in range(SPANS)]


@pytest.mark.parametrize("status", [400, 415])
def test_a_server_that_refuses_gzip(
    status: int, make: MakeExporter, caplog: pytest.LogCaptureFixture
) -> None:
    """The batch is sent again as it is, at once; then all exporters of the process send so, with one line."""
    compressed: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        compressed.append(request.headers.get("content-encoding") == "gzip")
        await request.body()
        taken = {"itemsReceived": SPANS, "itemsAccepted": SPANS, "errors": []}
        answer = JSONResponse({"error": "what is this?"}, status) if compressed[-1] else JSONResponse(taken)
        await answer(scope, receive, send)

    compression = Compression(is_on=True)
    with LoopbackServer(app) as server:
        string = f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint={server.url}/"
        first, second = (make(compression, connection_string=string) for _ in range(2))
        results = [exporter.export(spans()) for exporter in (first, first, second)]
    assert results == [SpanExportResult.SUCCESS] * 3
    assert compressed == [True, False, False, False]
    (line,) = (one.getMessage() for one in caplog.records if one.name == "foundry_telemetry.azure")
    assert line == f"127.0.0.1 rejects gzip ({status}): bodies are now sent uncompressed"


def test_a_server_that_refuses_the_batch(azure: FakeIngestion, make: MakeExporter) -> None:
    """An answer of 400 that counts the items has read them: nothing is sent twice, and the next is gzip."""
    exporter = make(Compression(is_on=True))
    azure.script(refuse(400))
    assert [exporter.export(spans()) for _ in range(2)] == [
        SpanExportResult.FAILURE,
        SpanExportResult.SUCCESS,
    ]
    assert [post.compressed for post in azure.posts] == [True, True]
    assert len(azure.dependencies()) == SPANS


def test_a_server_that_refuses_both(azure: FakeIngestion, make: MakeExporter) -> None:
    """A refusal that is the same without gzip says nothing of gzip."""
    compression = Compression(is_on=True)
    azure.script(refuse(415), refuse(415))
    assert make(compression).export(spans()) is SpanExportResult.FAILURE
    assert [post.compressed for post in azure.posts] == [True, False]
    assert compression.is_on


def test_a_server_that_fails_without_gzip(azure: FakeIngestion, make: MakeExporter, tmp_path: Path) -> None:
    """The exporter learns of the answer to the plain body alone, and acts on that."""
    exporter = make(Compression(is_on=True))
    azure.script(refuse(415), refuse(503))
    exporter.export(spans())
    assert len(stored(tmp_path).splitlines()) == SPANS
    exporter.export(spans("later"))
    assert [post.compressed for post in azure.posts][:3] == [True, False, False]


def test_no_answer_without_gzip(azure: FakeIngestion, make: MakeExporter) -> None:
    """A connection that breaks under the plain body proves nothing: the next is compressed again."""
    exporter = make(Compression(is_on=True), disable_offline_storage=True)
    azure.script(refuse(415), CLOSE)
    exporter.export(spans())
    exporter.export(spans())
    assert [post.compressed for post in azure.posts] == [True, False, True]


@pytest.mark.parametrize("status", [401, 402, 429, 500, 503])
def test_other_answers(status: int, azure: FakeIngestion, make: MakeExporter) -> None:
    """Any other answer is the exporter's to judge: one request, as without compression."""
    exporter = make(Compression(is_on=True), disable_offline_storage=True)
    azure.script(refuse(status))
    exporter.export(spans())
    assert len(azure.posts) == 1
    with pytest.raises(HttpResponseError):
        azure.script(refuse(status))
        exporter.client.track([])


def test_disk(azure: FakeIngestion, make: MakeExporter, tmp_path: Path) -> None:
    """What goes to disk is what the unchanged exporter writes there, and arrives from there as it was."""
    kept = {}
    for compression in (Compression(is_on=True), None):
        folder = tmp_path / f"{compression is None}"
        exporter = make(compression, storage_directory=str(folder / "disk"), storage_min_retry_interval=0)
        azure.script(refuse(503))
        exporter.export(spans(text="täxt"))
        lines = [json.loads(line) for line in stored(folder).splitlines()]
        kept[compression is None] = lines
        exporter.export(spans("next"))
        assert not stored(folder)
    assert kept[True] == kept[False]
    assert kept[True][0]["data"]["baseData"]["kind"] == "RemoteDependencyData"
    arrived = [row["name"] for row in azure.dependencies()]
    assert sorted(arrived) == sorted(
        2 * [f"{name} {number}" for name in ("a span", "next") for number in range(3)]
    )


def test_part_of_a_batch(
    azure: FakeIngestion, make: MakeExporter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a 206 the refused items are logged as ever, and those for later are on disk."""
    lines = []
    for compression in (Compression(is_on=True), None):
        folder = tmp_path / f"{compression is None}"
        caplog.clear()
        azure.script(partly({0: 400, 1: 503}))
        make(compression, storage_directory=str(folder / "disk")).export(spans())
        (kept,) = [json.loads(line) for line in stored(folder).splitlines()]
        assert kept["data"]["baseData"]["name"] == "a span 1"
        lines.append([message for message in caplog.messages if message.startswith("Data drop 400")])
    assert len(lines[0]) == 1
    assert [sorted(message) for message in lines[0]] == [sorted(message) for message in lines[1]]


def test_redirect(azure: FakeIngestion, make: MakeExporter) -> None:
    """A redirected batch is compressed again, for where it was redirected to."""
    azure.script(InjectedError(status=308, location=azure.url + "/"))
    make(Compression(is_on=True)).export(spans())
    assert [post.compressed for post in azure.posts] == [True, True]
    assert len(azure.dependencies()) == SPANS


def test_rate_limit(azure: FakeIngestion, make: MakeExporter, tmp_path: Path) -> None:
    """What is over the rate goes to disk."""
    make(Compression(is_on=True), max_envelopes_per_second=2).export(spans())
    assert (len(azure.dependencies()), len(stored(tmp_path).splitlines())) == (2, 1)


def test_a_record_for_the_models(azure: FakeIngestion, make: MakeExporter) -> None:
    """A batch may hold both kinds of models: a record that is not plain has the exporter's own."""
    mixed = [*spans(), *spans("bytes", **{"enduser.id": b"\xff"})]
    make(Compression(is_on=True)).export(mixed)
    users = [envelope["tags"].get("ai.user.authUserId") for envelope in azure.envelopes]
    assert users == [None] * SPANS + ["/w=="] * SPANS
