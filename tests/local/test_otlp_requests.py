"""OTLP over HTTP: who may send, what is answered in which encoding, and that a bad item fails alone."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from foundry_telemetry.local.api import otlp, otlp_requests
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.ingest.otlp.signals import SIGNALS
from foundry_telemetry.local.ingest.otlp.wire_format import Status
from foundry_telemetry.local.store import writer
from tests.support.otlp import (
    JSON,
    NOON_NS,
    PROTOBUF,
    SENT,
    SOUND,
    Fields,
    gauge,
    log,
    post,
    protobuf,
    refused,
    request,
    role,
    rows,
    span,
)
from tests.support.wire import Answer, Wire

TABLES = {"/v1/traces": "AppDependencies", "/v1/logs": "AppTraces", "/v1/metrics": "AppMetrics"}
paths = pytest.mark.parametrize("path", list(SENT))


def said(answer: Answer) -> str:
    """The message of an error, whose encoding its type names."""
    if answer.headers["content-type"] == JSON["Content-Type"]:
        assert set(answer.json) == {"code", "message"}
        return str(answer.json["message"])
    assert answer.headers["content-type"] == PROTOBUF["Content-Type"]
    status = Status.FromString(answer.body)
    assert status.code
    return str(status.message)


def test_paths_are_those_of_the_signals() -> None:
    """Each signal has a route, though what answers is imported later."""
    assert {*otlp.PATHS, *otlp.NATIVE_PATHS} == set(SIGNALS)
    assert set(otlp.PATHS) == set(SENT)


@paths
@pytest.mark.parametrize("as_json", [False, True])
def test_both_encodings(shared: Wire, path: str, as_json: bool) -> None:
    """A request in either encoding is stored, and answered in its own."""
    answer = post(shared, path, SOUND[path](), as_json=as_json, service__name=(mine := role()))
    assert answer.headers["content-type"] == (JSON if as_json else PROTOBUF)["Content-Type"]
    assert refused(answer, path) == (0, "")
    assert rows(shared, TABLES[path], "AppRoleName", role=mine) == [(mine,)]


@paths
def test_strangers_send_nothing(wire: Wire, path: str) -> None:
    """Without the token nothing is taken, and the answer says where it is, in the request's encoding."""
    body = protobuf(path, request(path, SOUND[path]()))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"x-foundry-token": wire.azure.store.key}):
        answer = wire.ask("POST", path, body, {**PROTOBUF, **headers}, known=False)
        assert answer.status == 401
        assert "open the link that was printed where it was started" in said(answer)
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert said(wire.ask("POST", path, b"{}", JSON, known=False)).startswith("this server needs")
    assert wire.ask("POST", path, body, {**PROTOBUF, "Origin": "https://evil.example"}).status == 403
    assert wire.count(TABLES[path]) == 0


def test_anonymous_readers_send_nothing() -> None:
    """Where everybody may read, only who has the token sends."""
    with LocalAzureMonitor(allow_anonymous=True) as azure, Wire(azure) as wire:
        body = protobuf("/v1/logs", request("/v1/logs", log()))
        assert wire.ask("POST", "/v1/logs", body, PROTOBUF, known=False).status == 401
        assert wire.ask("POST", "/v1/logs", body, PROTOBUF).status == 200


def test_status_shows_endpoint_and_headers(wire: Wire) -> None:
    """Who has the token reads where to send; no script of a page reads the token there."""
    known = wire.ask("GET", "/status.json").json
    assert known["otlp_endpoint"] == wire.azure.url
    assert known["otlp_headers"] == f"authorization=Bearer%20{wire.azure.token}"
    cookie = {"Cookie": f"foundry_telemetry_{wire.host.split(':')[1]}={wire.azure.token}"}
    page = wire.ask("GET", "/status.json", headers=cookie, known=False)
    assert page.json["otlp_endpoint"] == wire.azure.url
    assert wire.azure.token.encode() not in page.body


@paths
@pytest.mark.parametrize(
    ("headers", "body", "refusal"),
    [
        ({"Content-Type": "text/plain"}, b"", (415, "expected the content type")),
        ({}, b"", (415, "expected the content type")),
        ({**PROTOBUF, "Content-Encoding": "zstd"}, b"", (415, "expected gzip")),
        ({**PROTOBUF, "Content-Encoding": "gzip"}, b"no gzip", (400, "not gzip")),
        (PROTOBUF, b"\xff\xff", (400, "not a valid OTLP request in protobuf")),
        (JSON, b"\xff", (400, "not valid JSON")),
        (JSON, b"[" * 100_000, (400, "not valid JSON")),
        (JSON, b"", (400, "not valid JSON")),
        (JSON, b"[]", (400, "expected a JSON object")),
        (PROTOBUF, b"\0" * (4 * 2**20 + 1), (413, "longer than 4194304 bytes")),
        ({**JSON, "Content-Encoding": "gzip"}, gzip.compress(b" " * (4 * 2**20 + 1)), (413, "decompressed")),
    ],
)
def test_bodies_that_are_refused(
    shared: Wire, path: str, headers: dict[str, str], body: bytes, refusal: tuple[int, str]
) -> None:
    """A body that cannot be read is refused whole, with a reason in its own encoding."""
    answer = shared.ask("POST", path, body, headers)
    assert answer.status == refusal[0]
    assert refusal[1] in said(answer)
    is_protobuf = headers.get("Content-Type") == PROTOBUF["Content-Type"]
    assert answer.headers["content-type"] == (PROTOBUF if is_protobuf else JSON)["Content-Type"]


@paths
@pytest.mark.parametrize("where", ["groups", "scopes", "items"])
def test_lists_that_are_none(shared: Wire, path: str, where: str) -> None:
    """In the place of a list there may be null or nothing; anything else makes the body unreadable."""
    signal = SIGNALS[path]
    for value, status in ((None, 200), ([], 200), ({}, 400), ("x", 400)):
        fields = request(path, SOUND[path]())
        place = fields
        if where != "groups":
            place = place[signal.groups][0]
        if where == "items":
            place = place[signal.scopes][0]
        place[getattr(signal, where)] = value
        answer = shared.ask("POST", path, json.dumps(fields).encode(), JSON)
        assert answer.status == status, value


def test_gzip_charset_and_size(wire: Wire) -> None:
    """A compressed body is read, and the type may have parameters; 4 MiB are taken."""
    path = "/v1/logs"
    body = protobuf(path, request(path, log(), padding="x" * (4 * 2**20 - 2_000)))
    assert 4 * 2**20 - 2_000 < len(body) <= 4 * 2**20
    headers = {"Content-Type": "application/x-protobuf; charset=utf-8", "Content-Encoding": "gzip"}
    assert wire.ask("POST", path, gzip.compress(body), headers).status == 200
    assert wire.ask("POST", path, body, PROTOBUF).status == 200
    for coding in ("GZIP", "x-gzip"):  # names of codings have no letter case
        sent = {**headers, "Content-Encoding": coding}
        assert wire.ask("POST", path, gzip.compress(b""), sent).status == 200
    assert len(rows(wire, "AppTraces", "AppRoleName")) == 2


@paths
def test_unknown_fields(wire: Wire, path: str) -> None:
    """What later versions of OTLP add is ignored, wherever it stands."""
    fields = request(path, SOUND[path](later={"a": [1]}) if path != "/v1/metrics" else gauge(later=1))
    fields["later"] = 1
    for group in fields[SIGNALS[path].groups]:
        group |= {"later": {}, "resource": {**group["resource"], "entityRefs": [{"type": "x"}], "later": 1}}
    answer = wire.ask("POST", path, json.dumps(fields).encode(), JSON)
    assert refused(answer, path) == (0, "")
    later = b"\xfa\x3e\x03new"  # field 999
    body = protobuf(path, request(path, SOUND[path]()))
    assert refused(wire.ask("POST", path, body + later, PROTOBUF), path) == (0, "")
    assert len(rows(wire, TABLES[path], "AppRoleName")) == 2


BAD: list[tuple[str, Any]] = [
    ("/v1/traces", span(traceId="")),
    ("/v1/traces", span(traceId="00" * 16)),
    ("/v1/traces", span(spanId="ab")),
    ("/v1/traces", span(startTimeUnixNano="0")),
    ("/v1/traces", span(endTimeUnixNano="1")),
    ("/v1/traces", span(kind=9)),
    ("/v1/traces", span(status={"code": 7})),
    ("/v1/logs", log(severityNumber=99)),
    ("/v1/metrics", gauge("NaN")),
    ("/v1/metrics", gauge("-Infinity")),
    ("/v1/metrics", gauge(name="")),
    ("/v1/metrics", gauge(timeUnixNano="0")),
]
ONLY_JSON: list[tuple[str, Any]] = [
    ("/v1/traces", span(name="\ud800")),
    ("/v1/traces", span(traceId="no hex")),
    ("/v1/traces", span(traceId=5)),
    ("/v1/traces", span(links=[5])),
    ("/v1/traces", "span"),
    ("/v1/traces", None),
    ("/v1/logs", log(attributes=[{"key": "a", "value": {"stringValue": "\udfff"}}])),
    ("/v1/logs", log(timeUnixNano="soon")),
    ("/v1/logs", log(timeUnixNano=-1)),
    ("/v1/logs", log(body={"arrayValue": {"values": "none"}})),
    ("/v1/logs", 5),
    ("/v1/metrics", gauge(float("nan"))),
    ("/v1/metrics", {"name": "x", "gauge": {"dataPoints": [5]}}),
]


@pytest.mark.parametrize(
    ("path", "item", "as_json"),
    [(*bad, as_json) for bad in BAD for as_json in (False, True)] + [(*bad, True) for bad in ONLY_JSON],
)
def test_a_bad_item_fails_alone(shared: Wire, path: str, item: Any, as_json: bool) -> None:
    """What cannot become a row is counted with a reason; what stands around it is stored."""
    mine, before = role(), shared.azure.store.refused
    answer = post(shared, path, SOUND[path](), item, SOUND[path](), as_json=as_json, service__name=mine)
    count, reasons = refused(answer, path)
    assert count == 1
    assert reasons.endswith("(1)")
    assert len(rows(shared, TABLES[path], "AppRoleName", role=mine)) == 2
    assert shared.azure.store.refused == before + 1


@pytest.mark.parametrize("point", [5, {"asInt": "many"}, {"attributes": [{"key": "\ud800"}]}])
def test_a_bad_data_point_fails_alone(shared: Wire, point: Any) -> None:
    """What cannot be read of a metric is the one point, also where it stands among others."""
    mine, metric = role(), gauge(7)
    (sound,) = metric["gauge"]["dataPoints"]
    metric["gauge"]["dataPoints"] = [sound, point if point == 5 else {**sound, **point}, sound]
    answer = post(shared, "/v1/metrics", metric, as_json=True, service__name=mine)
    assert refused(answer, "/v1/metrics")[0] == 1
    assert len(rows(shared, "AppMetrics", "AppRoleName", role=mine)) == 2


SUM: Fields = {"aggregationTemporality": 1, "isMonotonic": True}
HISTOGRAM: Fields = {"aggregationTemporality": 1}
NUMBER: Fields = {"timeUnixNano": str(NOON_NS), "asDouble": 2.5}
COUNTED: Fields = {"timeUnixNano": str(NOON_NS), "count": "1", "sum": 2.5}


def sent_broken(wire: Wire, metric: Fields, role_name: str, *, as_json: bool) -> int:
    """Send a metric with one sound gauge, each ``BAD`` of it no UTF-8; gives how many points were refused."""
    fields = request("/v1/metrics", metric, gauge(), service__name=role_name)
    body = json.dumps(fields).encode() if as_json else protobuf("/v1/metrics", fields)
    sent = body.replace(b"BAD", b"\xed\xa0\x80")
    answer = wire.ask("POST", "/v1/metrics", sent, JSON if as_json else PROTOBUF)
    return refused(answer, "/v1/metrics")[0]


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("kind", "about", "point"),
    [
        ("gauge", {}, NUMBER),
        ("sum", SUM, NUMBER),
        ("histogram", HISTOGRAM, COUNTED),
        ("exponentialHistogram", HISTOGRAM, COUNTED),
    ],
)
def test_a_data_point_that_is_no_utf8_fails_alone(
    shared: Wire, kind: str, about: Fields, point: Fields, as_json: bool
) -> None:
    """In protobuf as in JSON the points around one that cannot be read become rows, whatever the kind."""
    mine = role()
    bad = {**point, "attributes": [{"key": "BAD", "value": {"intValue": "1"}}]}
    metric = {"name": "level", "unit": "1", kind: {**about, "dataPoints": [point, bad, point, bad]}}
    assert sent_broken(shared, metric, mine, as_json=as_json) == 2
    assert len(rows(shared, "AppMetrics", "AppRoleName", role=mine)) == 3


@pytest.mark.parametrize("as_json", [False, True])
def test_each_data_point_of_a_metric_that_cannot_be_read_is_counted(shared: Wire, as_json: bool) -> None:
    """What the points of a metric share, such as its name, is missing for all of them."""
    mine, metric = role(), gauge(name="BAD")
    metric["gauge"]["dataPoints"] *= 3
    assert sent_broken(shared, metric, mine, as_json=as_json) == 3
    assert len(rows(shared, "AppMetrics", "AppRoleName", role=mine)) == 1


@paths
def test_a_text_that_is_no_utf8_fails_alone(wire: Wire, path: str) -> None:
    """Senders without a check of their texts lose the item, and not the body."""
    marked = {"/v1/traces": span(name="BAD"), "/v1/logs": log("BAD"), "/v1/metrics": gauge(name="BAD")}[path]
    body = protobuf(path, request(path, SOUND[path](), marked)).replace(b"BAD", b"\xed\xa0\x80")
    count, reasons = refused(wire.ask("POST", path, body, PROTOBUF), path)
    assert (count, reasons) == (1, "an item that cannot be read (DecodeError) (1)")
    assert len(rows(wire, TABLES[path], "AppRoleName")) == 1
    body = protobuf(path, request(path, SOUND[path](), about="BAD")).replace(b"BAD", b"\xed\xa0\x80")
    count, reasons = refused(wire.ask("POST", path, body, PROTOBUF), path)
    assert (count, reasons) == (1, "an item whose resource or scope cannot be read (1)")
    body = json.dumps(request(path, SOUND[path](), marked)).encode().replace(b"BAD", b"\xff")
    count, reasons = refused(wire.ask("POST", path, body, JSON), path)
    assert (count, reasons) == (1, "an item that cannot be read (ParseError) (1)")


def test_a_number_without_end_fails_alone(wire: Wire) -> None:
    """Python refuses to read integers of thousands of digits: that is one item's fault."""
    items = [log(), log(timeUnixNano="DIGITS"), log(flags="DIGITS")]
    body = json.dumps(request("/v1/logs", *items)).replace('"DIGITS"', "9" * 5_000).encode()
    assert refused(wire.ask("POST", "/v1/logs", body, JSON), "/v1/logs")[0] == 2
    assert len(rows(wire, "AppTraces", "AppRoleName")) == 1


@paths
def test_a_refusal_does_not_repeat_what_was_posted(wire: Wire, path: str) -> None:
    """Senders log the answer: values do not come back in it."""
    secret = "sk-ant-api03-secret"
    bad = {
        "/v1/traces": (span(traceId=secret), {"startTimeUnixNano": secret}, span(links=[secret]), secret),
        "/v1/logs": (log(timeUnixNano=secret), log(attributes=secret), log(droppedAttributesCount=secret)),
        "/v1/metrics": (gauge(secret), gauge(timeUnixNano=secret), {"gauge": secret}, secret),
    }[path]
    answer = post(wire, path, *bad, as_json=True)
    assert refused(answer, path)[0] == len(bad)
    assert secret.encode() not in answer.body


def test_reasons_are_counted(wire: Wire) -> None:
    """The commonest reasons are named, each with its number."""
    bad = [span(spanId="")] * 3 + [span(kind=9)] * 2 + [span(status={"code": 7}), span(startTimeUnixNano="0")]
    count, reasons = refused(post(wire, "/v1/traces", *bad), "/v1/traces")
    assert count == 7
    assert reasons.startswith(
        "a span without a sound trace id and span id (3); a span of an unknown kind (2)"
    )
    assert reasons.endswith("1 other reasons")


def test_the_queue_is_bounded(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store's queue has no room for is turned away whole, with a time to come again."""
    monkeypatch.setattr(writer, "WAITING", 0)
    wire.azure.store._writer._waiting = 1
    answer = post(wire, "/v1/logs", log())
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "waiting to be written" in said(answer)
    wire.azure.store._writer._waiting = 0


def test_bodies_at_once_are_bounded(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies that are being read count together."""
    monkeypatch.setattr(otlp_requests, "MOST_AT_ONCE", 100)
    slow = wire.send("POST", "/v1/logs", b"x", {**PROTOBUF, "Content-Length": "90"})
    while True:  # until the server has begun to read it
        answer = post(wire, "/v1/logs", log())
        if answer.status == 503:
            break
        assert answer.status == 200
    assert "wait already" in said(answer)
    slow.close()
