"""From envelopes to rows: which field of which kind fills which column, and the SQL that does it.

One statement takes the text of many envelopes as its parameter and inserts their rows. DuckDB reads each by a
typed structure, once; picking fields out one by one would be ten times as slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec

from foundry_telemetry.conventions import EVENT_NAME
from foundry_telemetry.dashboards import view
from foundry_telemetry.local.envelopes import END, PROPERTIES
from foundry_telemetry.local.tables import quoted, stored_table, tables

_SEPARATOR: Final = quoted(PROPERTIES)

_SEVERITIES: Final = ("Verbose", "Information", "Warning", "Error", "Critical")
_SEVERITY: Final = (
    "CASE "
    + " ".join(f"WHEN {{0}} = '{name}' THEN {level}" for level, name in enumerate(_SEVERITIES))
    + " ELSE TRY_CAST({0} AS INTEGER) END"
)
_MILLISECONDS: Final = (
    # [d.]hh:mm:ss[.fffffff]; ticks of 100 ns, so four places of a millisecond
    "round("
    "CASE WHEN contains(split_part({0}, ':', 1), '.') THEN split_part({0}, '.', 1)::DOUBLE * 86400000 ELSE 0 END"
    " + split_part(split_part({0}, ':', 1), '.', -1)::DOUBLE * 3600000"
    " + split_part({0}, ':', 2)::DOUBLE * 60000"
    " + split_part({0}, ':', 3)::DOUBLE * 1000, 4)"
)


_POINT: Final = "point"
_PROPERTIES: Final = "properties"


@dataclass(frozen=True)
class Source:
    """Where a column comes from."""

    path: tuple[str, ...]
    """Keys from the top of an envelope; or `_POINT` and a key of a data point; or `_PROPERTIES`."""
    sql: str = "{0}"
    """What is made of the value found there."""
    read_as: str = "VARCHAR"
    """The type the value is read as."""


def _tag(name: str) -> Source:
    return Source(("tags", name), "coalesce({0}, '')")


def _field(name: str, sql: str = "coalesce({0}, '')", read_as: str = "VARCHAR") -> Source:
    return Source(("data", "baseData", name), sql, read_as)


_COMMON: Final = MappingProxyType(
    {
        "TimeGenerated": Source(("time",), "{0}::TIMESTAMP"),
        "_BilledSize": Source(("size",), "{0}::DOUBLE", "BIGINT"),
        "Properties": Source((_PROPERTIES,)),
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
            "ItemCount": Source((_POINT, "count"), "coalesce({0}, 1)", "INTEGER"),
            "Max": Source((_POINT, "max"), "{0}", "DOUBLE"),
            "Min": Source((_POINT, "min"), "{0}", "DOUBLE"),
            "Name": Source((_POINT, "name")),
            "Sum": Source((_POINT, "value"), "{0}", "DOUBLE"),
        },
        points="metrics",
        where=f"NOT {_COUNTER}",
    ),
    Mapped(
        "MetricData",
        "AppPerformanceCounters",
        {
            **_COMMON,
            "Category": Source((_POINT, "name"), _PART % 1),
            "Instance": Source((_POINT, "name"), _PART % 2),
            "Name": Source((_POINT, "name"), _PART % 3),
            "Value": Source((_POINT, "value"), "{0}", "DOUBLE"),
        },
        points="metrics",
        where=_COUNTER,
    ),
)
"""Every kind and table."""

HIDDEN: Final = MappingProxyType(
    {
        f"{column.key}:{column.kql_type}": column
        for column in view.COLUMNS
        if column.key is not None and column.kql_type is not None
    }
)
"""The typed columns of the ledger that the table of events has besides its own, by their physical names.

The name has the type in it, so that another cast of the same property is another column.
"""


def kinds() -> tuple[str, ...]:
    """Every kind that has a table."""
    return tuple(dict.fromkeys(mapped.kind for mapped in MAPPED))


def stored_columns() -> Mapping[str, tuple[str, ...]]:
    """Table to the columns that envelopes fill, in the table's own order."""
    return {
        mapped.table: tuple(
            column.name for column in tables()[mapped.table].columns if column.name in mapped.columns
        )
        for mapped in MAPPED
    }


def hidden_columns(table: str) -> Mapping[str, str]:
    """Further physical columns of a table, name to DuckDB type."""
    if table != "AppEvents":
        return {}
    return {name: str(column.sql_type) for name, column in HIDDEN.items()}


def inserts(kind: str) -> tuple[str, ...]:
    """The statements that insert a batch of one kind; each takes the batch's text as its parameter."""
    return tuple(_insert(mapped) for mapped in MAPPED if mapped.kind == kind)


def backfill(name: str) -> str:
    """A statement that fills a hidden column, just added, from the properties of the rows there are."""
    column = HIDDEN[name]
    structure = quoted(msgspec.json.encode({column.key: "VARCHAR"}).decode())
    value = column.sql(f'from_json("Properties", {structure})')
    return f'UPDATE {stored_table("AppEvents")} SET "{name}" = {value} WHERE "Name" = {quoted(EVENT_NAME)}'


def attempts_ddl() -> str:
    """SQL that creates the typed view of the ledger with exactly the columns that its KQL has."""
    physical = {column: name for name, column in HIDDEN.items()}
    columns = ", ".join(
        f'"{physical[column]}" AS "{column.name}"' if column in physical else f'"{column.name}"'
        for column in view.COLUMNS
    )
    table = stored_table("AppEvents")
    return (
        f'CREATE OR REPLACE VIEW "{view.files.VIEW}" AS '
        f'SELECT {columns} FROM {table} WHERE "Name" = {quoted(EVENT_NAME)}'
    )


def _insert(mapped: Mapped) -> str:
    names = [*mapped.columns, *hidden_columns(mapped.table)]
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {stored_table(mapped.table)} ({columns}) {_select(mapped)}"


def _select(mapped: Mapped) -> str:
    values = [source.sql.format(_access(source.path)) for source in mapped.columns.values()]
    read = f"SELECT unnest(string_split(?, {quoted(END)})) AS line"
    read = ", ".join(
        (
            f"SELECT from_json(split_part(line, {_SEPARATOR}, 1), {quoted(_structure(mapped))}) AS e",
            f"split_part(line, {_SEPARATOR}, 2) AS {_PROPERTIES} FROM ({read})",
        )
    )
    if mapped.points is not None:
        points = f'unnest(e."data"."baseData"."{mapped.points}") AS {_POINT}'
        read = f"SELECT e, {_PROPERTIES}, {points} FROM ({read})"
    if mapped.table == "AppEvents":
        values += [column.sql("attempt") for column in HIDDEN.values()]
        is_attempt = f"{_access(mapped.columns['Name'].path)} = {quoted(EVENT_NAME)}"
        attempt = f"CASE WHEN {is_attempt} THEN from_json({_PROPERTIES}, {quoted(view.STRUCTURE)}) END"
        read = f"SELECT e, {_PROPERTIES}, {attempt} AS attempt FROM ({read})"
    where = mapped.where.format(f'{_POINT}."name"')
    return f"SELECT {', '.join(values)} FROM ({read}) WHERE {where}"


def _access(path: tuple[str, ...]) -> str:
    if path[0] in (_POINT, _PROPERTIES):
        return ".".join((path[0], *(f'"{key}"' for key in path[1:])))
    return ".".join(("e", *(f'"{key}"' for key in path)))


def _structure(mapped: Mapped) -> str:
    """The typed structure of the fields that a kind's columns are made of, as ``from_json`` wants it."""
    tree: dict[str, Any] = {}
    point: dict[str, str] = {}
    for source in mapped.columns.values():
        if source.path[0] == _POINT:
            point[source.path[1]] = source.read_as
        elif source.path[0] != _PROPERTIES:
            node = tree
            for key in source.path[:-1]:
                node = node.setdefault(key, {})
            node[source.path[-1]] = source.read_as
    if mapped.points is not None:
        tree.setdefault("data", {}).setdefault("baseData", {})[mapped.points] = [point]
    return msgspec.json.encode(tree).decode()
