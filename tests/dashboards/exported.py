"""A made-up ledger, and what else its services send, through the real exporters over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import pytest
from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from foundry_telemetry.kql.view import COLUMNS
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.field_table import CUSTOM_EVENT
from foundry_telemetry.schema.value import EVENT_NAME
from tests.dashboards.others import Other
from tests.dashboards.rows import Row
from tests.support.telemetry import Envelope, duration, envelope, fill

_SCOPE: Final = InstrumentationScope("foundry_telemetry")
_KEPT: Final = "_MS.sampleRate"
"""How the sampler of Azure tells the exporter the share of the spans it keeps."""
_QUIET: Final = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
}
_MOST: Final = 2_000
"""Items of one post."""


def export(azure: LocalAzureMonitor, rows: Sequence[Row], others: Sequence[Other]) -> None:
    """Export all of it, and come back when it is stored."""
    spans = [one for one in others if one.table == "AppDependencies" and not one.operation]
    fill(azure.store, [traced(one) for one in others if one.operation])
    metrics = [one for one in others if one.table == "AppMetrics"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _QUIET.items():
            patch.setenv(name, value)
        reported: dict[str, Any] = {
            "connection_string": azure.connection_string,
            "disable_offline_storage": True,
        }
        _post(AzureMonitorLogExporter(**reported), map(_log, rows))
        _post(AzureMonitorTraceExporter(**reported), map(_span, spans))
        _post(AzureMonitorMetricExporter(**reported), [_metrics(metrics)], one_by_one=True)


def traced(one: Other) -> Envelope:
    """What the exporter sends of a trace: a request, a dependency, a log line or an exception."""
    kind, data = _DATA[one.table](one)
    tags = {
        "ai.operation.id": one.operation,
        "ai.operation.parentId": one.parent_id,
        "ai.cloud.role": one.service,
        "ai.application.ver": one.version,
    }
    return envelope(kind, data, one.at, tags=tags)


def _timed(one: Other) -> dict[str, Any]:
    took = duration(one.duration_ms or 0.0)
    return {"id": one.span_id, "name": one.name, "success": one.succeeded, "duration": took}


_LEVELS: Final = ("Verbose", "Information", "Warning", "Error", "Critical")
_DATA: Final[Mapping[str, Callable[[Other], tuple[str, dict[str, Any]]]]] = {
    "AppRequests": lambda one: ("RequestData", {**_timed(one), "responseCode": one.result}),
    "AppDependencies": lambda one: ("RemoteDependencyData", {**_timed(one), "resultCode": one.result}),
    "AppTraces": lambda one: (
        "MessageData",
        {"message": one.message, "severityLevel": _LEVELS[one.level or 0]},
    ),
    "AppExceptions": lambda one: (
        "ExceptionData",
        {
            "exceptions": [{"typeName": one.name, "message": one.message}],
            "severityLevel": _LEVELS[one.level or 0],
        },
    ),
}
"""Table: the kind of its envelopes, and what they have."""


def _post(exporter: Any, items: Iterable[Any], *, one_by_one: bool = False) -> None:
    whole = list(items)
    batches = whole if one_by_one else [whole[begin : begin + _MOST] for begin in range(0, len(whole), _MOST)]
    for batch in batches:
        result = exporter.export(batch)
        assert result.name == "SUCCESS", result
    exporter.shutdown()


def _resource(one: Row | Other) -> Resource:
    return Resource({"service.name": one.service, "service.version": one.version})


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000


def _log(row: Row) -> ReadableLogRecord:
    reported = {column.key: getattr(row, column.name, None) for column in COLUMNS if column.key}
    reported |= {f"foundry.tag.{key}": value for key, value in row.tags}
    attributes = {key: value for key, value in reported.items() if value is not None}
    record = LogRecord(
        timestamp=_ns(row.at),
        trace_id=int(row.OperationId or "0", 16),
        event_name=EVENT_NAME,
        attributes=attributes | {CUSTOM_EVENT: EVENT_NAME},
    )
    resource = _resource(row).merge(Resource({"service.instance.id": row.instance}))
    return ReadableLogRecord(record, resource, _SCOPE)


def _span(one: Other) -> ReadableSpan:
    context = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return ReadableSpan(
        one.name,
        context=context,
        resource=_resource(one),
        attributes={**dict(one.properties), _KEPT: 100 / one.count},
        kind=SpanKind.CLIENT,
        start_time=_ns(one.at),
        end_time=_ns(one.at),
    )


def _metrics(others: Sequence[Other]) -> MetricsData:
    def by_service(one: Other) -> tuple[str, str]:
        return one.service, one.version

    return MetricsData(
        [
            ResourceMetrics(
                _resource(reported[0]), [ScopeMetrics(_SCOPE, list(map(_metric, reported)), "")], ""
            )
            for reported in (list(group) for _, group in groupby(sorted(others, key=by_service), by_service))
        ]
    )


def _metric(one: Other) -> Metric:
    point = NumberDataPoint(dict(one.properties), _ns(one.at), _ns(one.at), one.total or 0.0)
    return Metric(one.name, "", "", Sum([point], AggregationTemporality.DELTA, is_monotonic=True))
