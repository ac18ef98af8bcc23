"""Spans and logs of senders in other languages, with all the fields that those set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.otlp import (
    NOON_NS,
    SPAN_ID,
    TRACE_ID,
    Fields,
    attributes,
    log,
    post,
    refused,
    role,
    rows,
    span,
)
from tests.support.wire import Wire

OTHER_ID = "00f067aa0ba902b7"
GO: Fields = span(
    name="GET",
    kind=3,
    parentSpanId=OTHER_ID,
    traceState="vendor=1",
    flags=0x101,
    attributes=[
        *attributes(http__request__method="GET", http__response__status_code=404, server__address="h"),
        *attributes(server__port=8443, url__full="https://h:8443/a?b=1", own="1"),
    ],
    droppedAttributesCount=1,
    droppedEventsCount=2,
    droppedLinksCount=3,
    status={"code": 2, "message": "Not Found"},
)
"""A client span with the fields that Go's SDK sets: flags with the bit of a known remote, dropped counts."""
JAVA: Fields = span(
    name="GET /orders/{id}",
    kind=2,
    flags=0x1,
    attributes=[
        *attributes(http__request__method="GET", http__route="/orders/{id}", url__scheme="https"),
        *attributes(server__address="shop", url__path="/orders/1", http__response__status_code=200),
        *attributes(thread__name="main", thread__id=1, own=True),
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "2"}]}}},
    ],
    links=[{"traceId": "ab" * 16, "spanId": "cd" * 8, "traceState": "", "flags": 1}],
    events=[
        {
            "timeUnixNano": str(NOON_NS),
            "name": "exception",
            "attributes": attributes(
                exception__type="java.lang.IllegalStateException",
                exception__message="closed",
                exception__stacktrace="at com.example.Shop.order(Shop.java:7)",
            ),
        },
        {"name": "without a time"},
    ],
    status={},
)
"""A server span with the fields that Java's agent sets: an exception as an event, links with flags."""
ABOUT = {"telemetry__sdk__language": "go", "telemetry__sdk__version": "1.38.0", "host__name": "box"}
forms = pytest.mark.parametrize("as_json", [False, True], ids=["protobuf", "json"])


def one(wire: Wire, table: str, *columns: str, role: str = "orders") -> tuple[Any, ...]:
    """The only row of a table."""
    (row,) = rows(wire, table, *columns, role=role)
    return row


@forms
def test_a_client_span(wire: Wire, as_json: bool) -> None:
    """A span of Go is a dependency, typed, named and parented as the exporter does it."""
    assert refused(post(wire, "/v1/traces", GO, as_json=as_json, **ABOUT), "/v1/traces") == (0, "")
    named = ("Name", "DependencyType", "Target", "Data", "ResultCode", "Success", "DurationMs")
    wanted = ("GET /a", "HTTP", "h:8443", "https://h:8443/a?b=1", "404", False, 1500.0)
    assert one(wire, "AppDependencies", *named) == wanted
    ids = ("OperationId", "Id", "ParentId", "AppRoleName", "AppRoleInstance", "SDKVersion", "ItemCount")
    assert one(wire, "AppDependencies", *ids) == (
        TRACE_ID,
        SPAN_ID,
        OTHER_ID,
        "orders",
        "box",
        "otlp:go1.38.0",
        1,
    )
    assert json.loads(one(wire, "AppDependencies", "Properties")[0]) == {"own": "1"}
    about = wire.azure.query("AppMetrics | project Name, tostring(Properties['host.name'])").rows
    assert [tuple(row) for row in about] == [("_OTELRESOURCE_", "box")]


@forms
def test_a_server_span(wire: Wire, as_json: bool) -> None:
    """A span of Java is a request, its exception a row of its own, its other event a trace."""
    assert refused(post(wire, "/v1/traces", JAVA, as_json=as_json, **ABOUT), "/v1/traces") == (0, "")
    named = ("Name", "Url", "ResultCode", "Success", "ParentId", "OperationName")
    wanted = ("GET /orders/{id}", "https://shop/orders/1", "200", True, "", "GET /orders/{id}")
    assert one(wire, "AppRequests", *named) == wanted
    properties = json.loads(one(wire, "AppRequests", "Properties")[0])
    links = json.loads(properties.pop("_MS.links"))
    assert links == [{"operation_Id": "ab" * 16, "id": "cd" * 8}]
    assert properties == {"own": "True", "list": "('a', 2)"}
    thrown = one(wire, "AppExceptions", "ExceptionType", "OuterMessage", "ParentId", "OperationId")
    assert thrown == ("java.lang.IllegalStateException", "closed", SPAN_ID, TRACE_ID)
    assert one(wire, "AppTraces", "Message", "ParentId") == ("without a time", SPAN_ID)


@forms
@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (0, "Dependencies"),
        (1, "Dependencies"),
        (2, "Requests"),
        (3, "Dependencies"),
        (4, "Dependencies"),
        (5, "Requests"),
    ],
)
def test_kinds(shared: Wire, kind: int, table: str, as_json: bool) -> None:
    """Each kind of span has the table that it has through the exporter."""
    mine = role()
    post(shared, "/v1/traces", span(kind=kind), as_json=as_json, service__name=mine)
    assert one(shared, f"App{table}", "Name", role=mine) == ("work",)


@forms
@pytest.mark.parametrize(
    ("record", "table", "row"),
    [
        (log(traceId=TRACE_ID, spanId=SPAN_ID, flags=1), "AppTraces", ("a line", 2, TRACE_ID, SPAN_ID)),
        (log(), "AppTraces", ("a line", 2, "0" * 32, "0" * 16)),
        (log(traceId="ab", spanId=""), "AppTraces", ("a line", 2, "0" * 32, "0" * 16)),
        (log(severityNumber=0, severityText=""), "AppTraces", ("a line", 0, "0" * 32, "0" * 16)),
        (
            log(body={"kvlistValue": {"values": attributes(a=1)}}),
            "AppTraces",
            ('{"a": 1}', 2, "0" * 32, "0" * 16),
        ),
        (log(eventName="named"), "AppTraces", ("a line", 2, "0" * 32, "0" * 16)),
    ],
)
def test_logs(shared: Wire, record: Fields, table: str, row: tuple[Any, ...], as_json: bool) -> None:
    """A log record is a trace; without ids it has zeros, as through the exporter."""
    mine = role()
    assert refused(post(shared, "/v1/logs", record, as_json=as_json, service__name=mine), "/v1/logs")[0] == 0
    assert one(shared, table, "Message", "SeverityLevel", "OperationId", "ParentId", role=mine) == row


@forms
def test_events_and_exceptions(wire: Wire, as_json: bool) -> None:
    """The attributes that make an event or an exception of a log record do so over OTLP."""
    event = log("", attributes=attributes(microsoft__custom_event__name="ordered", number=5))
    thrown = log("failed", attributes=attributes(exception__type="E", exception__message="m"))
    assert refused(post(wire, "/v1/logs", event, thrown, as_json=as_json), "/v1/logs") == (0, "")
    assert one(wire, "AppEvents", "Name", "tostring(Properties.number)") == ("ordered", "5")
    assert one(wire, "AppExceptions", "ExceptionType", "OuterMessage", "SeverityLevel") == ("E", "failed", 2)


def test_times(wire: Wire) -> None:
    """A record without a time has that of its observation, and without any the present."""
    observed = log("observed", timeUnixNano="0", observedTimeUnixNano=str(NOON_NS))
    post(wire, "/v1/logs", observed, log("none", timeUnixNano="0"))
    found = dict(rows(wire, "AppTraces", "Message", "TimeGenerated > ago(1h)"))
    assert found == {"observed": False, "none": True}


def test_any_value(wire: Wire) -> None:
    """Every kind of value becomes the text that the exporter writes; an empty one is no property."""
    values: dict[str, Fields] = {
        "text": {"stringValue": "x"},
        "flag": {"boolValue": False},
        "number": {"intValue": "-9223372036854775808"},
        "share": {"doubleValue": 0.1},
        "no_number": {"doubleValue": "NaN"},
        "bytes": {"bytesValue": "AAE="},
        "list": {"arrayValue": {"values": [{"boolValue": True}, {}]}},
        "map": {"kvlistValue": {"values": attributes(a="b")}},
        "empty": {},
    }
    item = log(attributes=[{"key": key, "value": value} for key, value in values.items()])
    assert refused(post(wire, "/v1/logs", item), "/v1/logs") == (0, "")
    found = json.loads(one(wire, "AppTraces", "Properties")[0])
    assert found == {
        "logger_name": "app",
        "text": "x",
        "flag": "False",
        "number": "-9223372036854775808",
        "share": "0.1",
        "no_number": "nan",
        "bytes": "b'\\x00\\x01'",
        "list": "(True, None)",
        "map": "{'a': 'b'}",
    }
