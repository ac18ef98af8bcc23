"""What Azure's native OTLP ingestion makes of a log record: a row of ``OTelLogs``.

Documented are the columns (Microsoft's table reference, 27 July 2026). That attributes keep their types, and
that a role is namespace and name with a dot between them, as from the exporter, is assumed.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Final

from foundry_telemetry.azure.detached_rows import Fields
from foundry_telemetry.local.ingest.column_mapping import NATIVE_KIND
from foundry_telemetry.local.ingest.otlp.values import Resource, attributes, value

_NANO: Final = 1_000_000_000
_MICRO: Final = 1_000
_NAME: Final = "service.name"
_NAMESPACE: Final = "service.namespace"
_VERSION: Final = "service.version"
_INSTANCE: Final = "service.instance.id"


def native_log(message: Any, resource: Resource, scope: Any) -> Fields:
    """A log record, as an envelope of `NATIVE_KIND`; its time is the present where it has none."""
    about = {
        name: str(resource.attributes.get(name) or "") for name in (_NAME, _NAMESPACE, _VERSION, _INSTANCE)
    }
    body = value(message.body)
    return {
        "time": _time(message.time_unix_nano or message.observed_time_unix_nano or time.time_ns()),
        "tags": {
            "ai.cloud.role": ".".join(filter(None, (about[_NAMESPACE], about[_NAME]))),
            "ai.cloud.roleInstance": about[_INSTANCE],
            "ai.application.ver": about[_VERSION],
            "ai.operation.id": message.trace_id.hex(),
            "ai.operation.parentId": message.span_id.hex(),
            "ai.internal.sdkVersion": resource.sdk,
        },
        "data": {
            "baseType": NATIVE_KIND,
            "baseData": {
                "properties": attributes(message.attributes),
                "body": body if isinstance(body, str) else "" if body is None else str(body),
                "scopeName": scope.name if scope else "",
                "scopeVersion": (scope.version or "") if scope else "",
                "serviceName": about[_NAME],
                "serviceNamespace": about[_NAMESPACE],
                "severityText": message.severity_text,
                "severityNumber": message.severity_number or None,
                "resourceAttributes": dict(resource.attributes),
            },
        },
    }


def _time(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _NANO)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // _MICRO).isoformat()
