"""What Azure's native OTLP ingestion makes of log records and spans: rows of ``OTelLogs`` and ``OTelSpans``.

Documented are the columns (Microsoft's table reference, 27 July 2026; of spans copies of it), and that a
span's time is its start. That attributes keep their types, that a role is namespace and name with a dot
between them, as from the exporter, and that a span fails with the status error, is assumed. Limits of
length are documented for no column, so nothing is cut here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from foundry_telemetry.azure.detached_rows import Fields
from foundry_telemetry.local.ingest.column_mapping import NATIVE_KIND, NATIVE_SPAN_KIND
from foundry_telemetry.local.ingest.otlp import records
from foundry_telemetry.local.ingest.otlp.values import Resource, attributes, value
from foundry_telemetry.schema import field_table as names

_NANO: Final = 1_000_000_000
_MICRO: Final = 1_000
_NAME: Final = "service.name"
_NAMESPACE: Final = "service.namespace"
_VERSION: Final = "service.version"
_INSTANCE: Final = "service.instance.id"

_KINDS: Final = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
"""As the reference lists them, in the order of OTLP's numbers."""
_ERROR: Final = 2
"""OTLP's number of this status."""
_CODES: Final = (names.STATUS_CODE, "http.status_code", "rpc.grpc.status_code")
"""Attributes that have a result code."""


def native_log(message: Any, resource: Resource, scope: Any) -> Fields:
    """A log record, as an envelope of `NATIVE_KIND`; its time is the present where it has none."""
    body = value(message.body)
    return _row(
        NATIVE_KIND,
        (message.time_unix_nano or message.observed_time_unix_nano or time.time_ns(), resource, scope),
        {"ai.operation.id": message.trace_id.hex(), "ai.operation.parentId": message.span_id.hex()},
        {
            "properties": attributes(message.attributes),
            "body": body if isinstance(body, str) else "" if body is None else str(body),
            "severityText": message.severity_text,
            "severityNumber": message.severity_number or None,
        },
    )


def native_span(message: Any, resource: Resource, scope: Any) -> Fields:
    """A span, as an envelope of `NATIVE_SPAN_KIND`.

    Raises:
        ItemError: It cannot be one, as in `records.span`.
    """
    records.span(message, resource, scope)
    start, end = message.start_time_unix_nano, message.end_time_unix_nano or message.start_time_unix_nano
    found = attributes(message.attributes)
    code = next((found[name] for name in _CODES if name in found), "")
    return _row(
        NATIVE_SPAN_KIND,
        (start, resource, scope),
        {"ai.operation.id": message.trace_id.hex(), "ai.operation.parentId": message.parent_span_id.hex()},
        {
            "properties": found,
            "name": message.name,
            "kind": _KINDS[message.kind],
            "spanId": message.span_id.hex(),
            "durationMs": (end - start) / 1_000_000,
            "endTime": _time(end),
            "success": message.status.code != _ERROR,
            "resultCode": str(code),
        },
    )


def _row(kind: str, about: tuple[int, Resource, Any], ids: Mapping[str, str], base: Fields) -> Fields:
    """What logs and spans have alike; `about` has time, resource and scope."""
    at, resource, scope = about
    service = {
        name: str(resource.attributes.get(name) or "") for name in (_NAME, _NAMESPACE, _VERSION, _INSTANCE)
    }
    return {
        "time": _time(at),
        "tags": {
            "ai.cloud.role": ".".join(filter(None, (service[_NAMESPACE], service[_NAME]))),
            "ai.cloud.roleInstance": service[_INSTANCE],
            "ai.application.ver": service[_VERSION],
            "ai.internal.sdkVersion": resource.sdk,
            **ids,
        },
        "data": {
            "baseType": kind,
            "baseData": {
                **base,
                "scopeName": scope.name if scope else "",
                "scopeVersion": (scope.version or "") if scope else "",
                "serviceName": service[_NAME],
                "serviceNamespace": service[_NAMESPACE],
                "resourceAttributes": dict(resource.attributes),
            },
        },
    }


def _time(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _NANO)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // _MICRO).isoformat()
