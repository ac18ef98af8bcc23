"""Requests of OTLP with the fields that a sender sets, in protobuf and in JSON as collectors write it."""

from __future__ import annotations

import base64
import json
from itertools import count
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.wire import Answer, Wire

Fields = dict[str, Any]

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}

NOON_NS = 1_795_348_800_000_000_000
"""Noon of 22 November 2026."""

SENT = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse, "Spans", "spans"),
    "/v1/logs": (ExportLogsServiceRequest, ExportLogsServiceResponse, "Logs", "logRecords"),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse, "Metrics", "metrics"),
}
"""Path to its messages, the word in the names of its lists, and its items."""

TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"


def attributes(**values: Any) -> list[Fields]:
    """Attributes; double underscores in names stand for dots."""
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    # Numbers of 64 bits are text in JSON.
    pairs = ((key, kinds[type(one)], str(one) if type(one) is int else one) for key, one in values.items())
    return [{"key": key.replace("__", "."), "value": {kind: one}} for key, kind, one in pairs]


def span(**changes: Any) -> Fields:
    """A span."""
    times = {"startTimeUnixNano": str(NOON_NS), "endTimeUnixNano": str(NOON_NS + 1_500_000_000)}
    return {"traceId": TRACE_ID, "spanId": SPAN_ID, "name": "work", "kind": 3, **times, **changes}


def log(text: str = "a line", /, **changes: Any) -> Fields:
    """A log record."""
    severity = {"severityNumber": 13, "severityText": "WARN"}
    return {"timeUnixNano": str(NOON_NS), "body": {"stringValue": text}, **severity, **changes}


def gauge(value: Any = 1.5, name: str = "level", **changes: Any) -> Fields:
    """A metric with one point."""
    point = {"timeUnixNano": str(NOON_NS), "asDouble": value, **changes}
    return {"name": name, "unit": "1", "gauge": {"dataPoints": [point]}}


_NUMBERS = count()

SOUND = {"/v1/traces": span, "/v1/logs": log, "/v1/metrics": gauge}
"""Path to what makes a sound item."""


def request(path: str, *items: Any, **about: Any) -> Fields:
    """A request with items of one resource and scope, as JSON has it.

    Args:
        path: Which.
        *items: Of it.
        about: Attributes of the resource.
    """
    _, _, word, name = SENT[path]
    scope = {"name": "app", "version": "1.2.3"}
    group = {"scope": scope, name: list(items), "schemaUrl": "https://opentelemetry.io/schemas/1.37.0"}
    resource = {"attributes": attributes(**{"service__name": "orders", **about})}
    scopes = {"traces": "scopeSpans", "logs": "scopeLogs", "metrics": "scopeMetrics"}[path[4:]]
    return {f"resource{word}": [{"resource": resource, scopes: [group]}]}


def protobuf(path: str, fields: Fields) -> bytes:
    """The same as bytes of protobuf."""
    return bytes(ParseDict(_with_base64(fields), SENT[path][0]()).SerializeToString())


def _with_base64(fields: Any) -> Any:
    if isinstance(fields, list):
        return [_with_base64(one) for one in fields]
    if not isinstance(fields, dict):
        return fields
    return {
        key: base64.b64encode(bytes.fromhex(one)).decode()
        if key in ("traceId", "spanId", "parentSpanId")
        else _with_base64(one)
        for key, one in fields.items()
    }


def post(wire: Wire, path: str, *items: Any, as_json: bool = False, **about: Any) -> Answer:
    """Post items."""
    fields = request(path, *items, **about)
    body = json.dumps(fields).encode() if as_json else protobuf(path, fields)
    return wire.ask("POST", path, body, JSON if as_json else PROTOBUF)


def refused(answer: Answer, path: str) -> tuple[int, str]:
    """How many items were refused, and why."""
    assert answer.status == 200, answer.body
    response = SENT[path][1]()
    if answer.headers["content-type"] == JSON["Content-Type"]:
        ParseDict(answer.json, response)
    else:
        response.ParseFromString(answer.body)
    partial = MessageToDict(response).get("partialSuccess", {})
    (count,) = (int(one) for name, one in partial.items() if name.startswith("rejected")) if partial else (0,)
    return count, partial.get("errorMessage", "")


def role() -> str:
    """The name of a service that no other test has."""
    return f"role-{next(_NUMBERS)}"


def rows(wire: Wire, table: str, *columns: str, role: str = "orders") -> list[tuple[Any, ...]]:
    """Columns of a table, sorted.

    Args:
        wire: To the server.
        table: Which; of the metrics without the rows of resources.
        columns: Names or expressions.
        role: Whose.
    """
    own = "and Name != '_OTELRESOURCE_'" if table == "AppMetrics" else ""
    query = f"{table} | where AppRoleName == '{role}' {own} | project {', '.join(columns)}"
    found = wire.azure.query(query)
    return sorted((tuple(row) for row in found.rows), key=repr)
