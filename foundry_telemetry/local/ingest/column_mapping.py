"""Which field of which kind of envelope fills which column of which table: data, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from foundry_telemetry.kql.roads import OTHERS
from foundry_telemetry.schema.content_table import CONTENT_COLUMNS, CONTENT_TABLE

_SEVERITIES: Final = ("Verbose", "Information", "Warning", "Error", "Critical")
_SEVERITY: Final = (
    "CASE "
    + " ".join(f"WHEN {{0}} = '{name}' THEN {level}" for level, name in enumerate(_SEVERITIES))
    + " ELSE TRY_CAST({0} AS INTEGER) END"
)
_MILLISECONDS: Final = (
    # [d.]hh:mm:ss[.fffffff]; ticks of 100 ns, so four places of a millisecond
    "round("
    "CASE WHEN contains(split_part({0}, ':', 1), '.') "
    "THEN split_part({0}, '.', 1)::DOUBLE * 86400000 ELSE 0 END"
    " + split_part(split_part({0}, ':', 1), '.', -1)::DOUBLE * 3600000"
    " + split_part({0}, ':', 2)::DOUBLE * 60000"
    " + split_part({0}, ':', 3)::DOUBLE * 1000, 4)"
)


POINT: Final = "point"
PROPERTIES: Final = "properties"


@dataclass(frozen=True)
class Source:
    """Where a column comes from."""

    path: tuple[str, ...]
    """Keys from the top of an envelope; or `POINT` and a key of a data point; or `PROPERTIES`."""
    sql: str = "{0}"
    """What is made of the value found there."""
    read_as: str = "VARCHAR"
    """The type the value is read as."""


def field_of(column: str) -> str:
    """The field of moved content that fills a column."""
    return f"{column[0].lower()}{column[1:]}"


def _tag(name: str) -> Source:
    return Source(("tags", name), "coalesce({0}, '')")


def _field(name: str, sql: str = "coalesce({0}, '')", read_as: str = "VARCHAR") -> Source:
    return Source(("data", "baseData", name), sql, read_as)


_COMMON: Final = MappingProxyType(
    {
        "TimeGenerated": Source(("time",), "{0}::TIMESTAMP"),
        "_BilledSize": Source(("size",), "{0}::DOUBLE", "BIGINT"),
        "Properties": Source((PROPERTIES,)),
        "AppRoleInstance": _tag("ai.cloud.roleInstance"),
        "AppRoleName": _tag("ai.cloud.role"),
        "AppVersion": _tag("ai.application.ver"),
        "ClientModel": _tag("ai.device.model"),
        "ClientOS": _tag("ai.device.osVersion"),
        "ClientType": _tag("ai.device.type"),
        "OperationId": _tag("ai.operation.id"),
        "OperationName": _tag("ai.operation.name"),
        "ParentId": _tag("ai.operation.parentId"),
        "SDKVersion": _tag("ai.internal.sdkVersion"),
        "SessionId": _tag("ai.session.id"),
        "SyntheticSource": _tag("ai.operation.syntheticSource"),
        "UserAccountId": _tag("ai.user.accountId"),
        "UserAuthenticatedId": _tag("ai.user.authUserId"),
        "UserId": _tag("ai.user.id"),
    }
)
_SAMPLED: Final = MappingProxyType(
    {
        **_COMMON,
        "ItemCount": Source(("sampleRate",), "round(100 / coalesce({0}, 100))::INTEGER", "DOUBLE"),
        "Measurements": _field("measurements", "{0}", "JSON"),
    }
)
_TIMED: Final = MappingProxyType(
    {
        **_SAMPLED,
        "Id": _field("id"),
        "Name": _field("name"),
        "DurationMs": _field("duration", f"coalesce({_MILLISECONDS}, 0)"),
    }
)


def _thrown(key: str) -> str:
    return f"coalesce({{0}} ->> '{key}', '')"


@dataclass(frozen=True)
class Mapped:
    """How the envelopes of one kind become rows of one table."""

    kind: str
    table: str
    columns: Mapping[str, Source]
    points: str | None = None
    """A list in ``baseData`` with a row for each of its members; their fields are found under ``point``."""
    where: str = "TRUE"


_COUNTER: Final = r"starts_with({0}, '\')"
_PART: Final = r"regexp_extract({0}, '^\\([^\\(]*)(?:\((.*)\))?\\(.*)$', %d)"
"""The parts of a Windows counter path, ``\\category(instance)\\counter``."""

CONTENT_KIND: Final = "GenAIContent"
"""Of what `moved_content` makes; nobody posts it."""

_MOVED: Final = {
    "TimeGenerated": _COMMON["TimeGenerated"],
    "_BilledSize": _COMMON["_BilledSize"],
    "Attributes": _COMMON["Properties"],
    "RoleName": _COMMON["AppRoleName"],
    "ServiceInstanceId": _COMMON["AppRoleInstance"],
    "TraceId": _COMMON["OperationId"],
    "ParentSpanId": _field("parentSpanId"),
    **{
        name: _field(field_of(name))
        for name in ("AgentId", "AgentName", "Id", "ModelName", "SpanId", *CONTENT_COLUMNS.values())
    },
}

NATIVE_KIND: Final = "OTelLogData"
"""Of what native OTLP ingestion stores; nobody posts it as an envelope."""

NATIVE_SPAN_KIND: Final = "OTelSpanData"
"""The same of a span."""

_NATIVE: Final = {
    "TimeGenerated": _COMMON["TimeGenerated"],
    "_BilledSize": _COMMON["_BilledSize"],
    "Attributes": _COMMON["Properties"],
    "ItemCount": _SAMPLED["ItemCount"],
    "RoleName": _COMMON["AppRoleName"],
    "SDKVersion": _COMMON["SDKVersion"],
    "ServiceInstanceId": _COMMON["AppRoleInstance"],
    "ServiceVersion": _COMMON["AppVersion"],
    "TraceId": _COMMON["OperationId"],
    "ResourceAttributes": _field("resourceAttributes", "{0}", "JSON"),
    **{
        name: _field(field_of(name))
        for name in ("ScopeName", "ScopeVersion", "ServiceName", "ServiceNamespace")
    },
}

_NATIVE_LOG: Final = {
    **_NATIVE,
    "SpanId": _COMMON["ParentId"],
    "SeverityNumber": _field("severityNumber", "{0}", "INTEGER"),
    "Body": _field("body"),
    "SeverityText": _field("severityText"),
}

_NATIVE_SPAN: Final = {
    **_NATIVE,
    "ParentSpanId": _COMMON["ParentId"],
    "DurationMs": _field("durationMs", "{0}", "DOUBLE"),
    "EndTime": _field("endTime", "{0}::TIMESTAMP"),
    "Success": _field("success", "{0}", "BOOLEAN"),
    **{name: _field(field_of(name)) for name in ("Kind", "Name", "ResultCode", "SpanId")},
}

MAPPED: Final = (
    Mapped(
        "RemoteDependencyData",
        "AppDependencies",
        {
            **_TIMED,
            "Data": _field("data"),
            "DependencyType": _field("type"),
            "ResultCode": _field("resultCode"),
            "Success": _field("success", "coalesce({0}, TRUE)", "BOOLEAN"),
            "Target": _field("target"),
        },
    ),
    Mapped(
        "RequestData",
        "AppRequests",
        {
            **_TIMED,
            "ResultCode": _field("responseCode"),
            "Source": _field("source"),
            "Success": _field("success", "coalesce({0}, TRUE)", "BOOLEAN"),
            "Url": _field("url"),
        },
    ),
    Mapped(
        "MessageData",
        "AppTraces",
        {**_SAMPLED, "Message": _field("message"), "SeverityLevel": _field("severityLevel", _SEVERITY)},
    ),
    Mapped("EventData", "AppEvents", {**_SAMPLED, "Name": _field("name")}),
    Mapped(
        "ExceptionData",
        "AppExceptions",
        {
            **_SAMPLED,
            "Details": _field("exceptions", "{0}", "JSON"),
            "ExceptionType": _field("exceptions", _thrown("$[0].typeName"), "JSON"),
            "InnermostMessage": _field("exceptions", _thrown("$[#-1].message"), "JSON"),
            "InnermostType": _field("exceptions", _thrown("$[#-1].typeName"), "JSON"),
            "Message": _field("exceptions", _thrown("$[0].message"), "JSON"),
            "OuterMessage": _field("exceptions", _thrown("$[0].message"), "JSON"),
            "OuterType": _field("exceptions", _thrown("$[0].typeName"), "JSON"),
            "ProblemId": _field("problemId"),
            "SeverityLevel": _field("severityLevel", _SEVERITY),
        },
    ),
    Mapped(
        "MetricData",
        "AppMetrics",
        {
            **_COMMON,
            "ItemCount": Source((POINT, "count"), "coalesce({0}, 1)", "INTEGER"),
            "Max": Source((POINT, "max"), "{0}", "DOUBLE"),
            "Min": Source((POINT, "min"), "{0}", "DOUBLE"),
            "Name": Source((POINT, "name")),
            "Sum": Source((POINT, "value"), "{0}", "DOUBLE"),
        },
        points="metrics",
        where=f"NOT {_COUNTER}",
    ),
    Mapped(
        "MetricData",
        "AppPerformanceCounters",
        {
            **_COMMON,
            "Category": Source((POINT, "name"), _PART % 1),
            "Instance": Source((POINT, "name"), _PART % 2),
            "Name": Source((POINT, "name"), _PART % 3),
            "Value": Source((POINT, "value"), "{0}", "DOUBLE"),
        },
        points="metrics",
        where=_COUNTER,
    ),
    Mapped(CONTENT_KIND, CONTENT_TABLE, _MOVED),
    Mapped(NATIVE_KIND, "OTelLogs", _NATIVE_LOG),
    Mapped(NATIVE_SPAN_KIND, "OTelSpans", _NATIVE_SPAN),
)
"""Every kind and table."""

LEDGER_KINDS: Final = MappingProxyType(
    {
        mapped.kind: f"{mapped.kind} of the ledger"
        for mapped in MAPPED
        if mapped.table in {road.table for road in OTHERS}
    }
)
"""Kinds that are logs, or ledger events by another road: what the latter are called once they are read."""
