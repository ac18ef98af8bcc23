"""A stand-in for a Collector with ``azuremonitorexporter``: OTLP in, the envelopes it would post out.

Written from the mapping of the exporter (``log_to_envelope.go`` and ``contracts_utils.go`` of
open-telemetry/opentelemetry-collector-contrib, read in November 2026): with ``custom_events_enabled`` a
record that names a custom event has its attributes and nothing else; otherwise it is a message, with its
resource's attributes among its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.support.telemetry import Envelope, envelope

_EVENT = "microsoft.custom_event.name"
_SEVERITIES = ((21, "Critical"), (17, "Error"), (13, "Warning"), (9, "Information"), (1, "Verbose"))


def through_collector(request: ExportLogsServiceRequest, *, custom_events: bool = False) -> list[Envelope]:
    """What the exporter posts for the log records of a request."""
    return [
        _event(record) if custom_events and _EVENT in _texts(record.attributes) else _message(*found)
        for found in _records(request)
        for record in (found[-1],)
    ]


def _records(request: ExportLogsServiceRequest) -> Iterator[tuple[Any, Any, Any]]:
    for of_resource in request.resource_logs:
        for of_scope in of_resource.scope_logs:
            for record in of_scope.log_records:
                yield of_resource.resource, of_scope.scope, record


def _event(record: Any) -> Envelope:
    properties = _texts(record.attributes)
    return envelope("EventData", {"name": properties[_EVENT], "properties": properties}, _time(record))


def _message(resource: Any, scope: Any, record: Any) -> Envelope:
    about = _texts(resource.attributes)
    properties = {**about, "instrumentationlibrary.name": scope.name, **_texts(record.attributes)}
    role = ".".join(filter(None, (about.get("service.namespace"), about.get("service.name"))))
    tags = {
        "ai.operation.id": record.trace_id.hex(),
        "ai.operation.parentId": record.span_id.hex(),
        "ai.cloud.role": role,
        "ai.cloud.roleInstance": about.get("service.instance.id", ""),
        "ai.internal.sdkVersion": "otelc-0.0.0",
    }
    severity = next((name for least, name in _SEVERITIES if record.severity_number >= least), "Information")
    data = {"message": _text(record.body), "severityLevel": severity, "properties": properties}
    return envelope("MessageData", data, _time(record), tags={k: v for k, v in tags.items() if v})


def _time(record: Any) -> datetime:
    return datetime.fromtimestamp((record.time_unix_nano // 1000) / 1e6, UTC)


def _texts(attributes: Any) -> dict[str, str]:
    return {pair.key: _text(pair.value) for pair in attributes}


def _text(value: Any) -> str:
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "bool_value":
        return str(value.bool_value).lower()
    if kind == "array_value":
        return json.dumps([_text(one) for one in value.array_value.values])
    found = getattr(value, kind)
    return repr(found).removesuffix(".0") if kind == "double_value" else str(found)
