"""The roads by which a ledger event reaches a workspace, and the KQL that reads them all as one.

*Road*: the table an event ends in, by what carried it there. Where rows came by more than one, or by one that
may deliver a row twice, they are told apart by attempt. The rule is in ``docs/concepts/roads.md``.

The columns are those of Microsoft's table reference (``articles/azure-monitor/reference/tables`` of
MicrosoftDocs/azure-monitor-docs, 27 July 2026) and of the Collector's exporter
(``exporter/azuremonitorexporter`` of open-telemetry/opentelemetry-collector-contrib); what is assumed is on
that page, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import EVENT_NAME

TAKEN_OVER: Final = (
    "TimeGenerated",
    "OperationId",
    "ParentId",
    "AppRoleName",
    "AppRoleInstance",
    "AppVersion",
    "ItemCount",
    "Properties",
)
"""The columns that a row of the ledger has beside its fields, as AppEvents calls them."""

_RANK: Final = "road"
_WITHOUT_ROLE: Final = 4


class Expression(NamedTuple):
    """A value of a row."""

    kql: str
    sql: str
    """The same for DuckDB, in which a local store reads it."""


@dataclass(frozen=True)
class Road:
    """One table that may hold ledger events."""

    table: str
    where: str
    """KQL: which of its rows are ledger events."""
    rank: Expression
    """Of two rows of one attempt, that of the lower rank counts."""
    columns: Mapping[str, Expression]
    """Each of `TAKEN_OVER` that the table calls otherwise, or has elsewhere."""

    @property
    def rows(self) -> str:
        """KQL of its ledger events, each with the columns of `TAKEN_OVER`."""
        columns = [
            f"{name} = {self.columns[name].kql}" if name in self.columns else name for name in TAKEN_OVER
        ]
        return f"{self.table} | where {self.where} | project {', '.join(columns)}"

    @property
    def kql(self) -> str:
        """The same, each with its rank."""
        return f"{self.rows}, {_RANK} = {self.rank.kql}"

    @property
    def alone(self) -> str:
        """What stands in place of `TEXT` where one table may be read and no other."""
        once = f" | summarize arg_min(TimeGenerated, *) by attempt_key = {_ATTEMPT}"
        return f"let {LEDGER} = {self.rows}{'' if self is DIRECT else once};"


def _marked(properties: str) -> str:
    """Which rows are ledger events, where logs are in the table too: `has` goes by the index of words."""
    marked = f'tostring({properties}["{names.CUSTOM_EVENT}"])'
    return f'{properties} has "{EVENT_NAME}" and {marked} == "{EVENT_NAME}"'


def _column(name: str) -> Expression:
    return Expression(name, f'"{name}"')


def _constant(rank: int) -> Expression:
    return Expression(str(rank), str(rank))


_OTLP: Final = MappingProxyType(
    {
        "OperationId": _column("TraceId"),
        "ParentId": _column("SpanId"),
        "AppRoleName": Expression(
            "coalesce(RoleName, ServiceName)", """coalesce(nullif("RoleName", ''), "ServiceName")"""
        ),
        "AppRoleInstance": _column("ServiceInstanceId"),
        "AppVersion": _column("ServiceVersion"),
        "ItemCount": Expression("coalesce(ItemCount, int(1))", 'coalesce("ItemCount", 1)'),
        "Properties": _column("Attributes"),
    }
)

DIRECT: Final = Road(
    "AppEvents",
    f'Name == "{EVENT_NAME}"',
    Expression(
        f"iff(isempty(AppRoleName), {_WITHOUT_ROLE}, 1)",
        f"CASE WHEN \"AppRoleName\" = '' THEN {_WITHOUT_ROLE} ELSE 1 END",
    ),
    MappingProxyType({}),
)
"""The best one: the only one that a service needs."""

_VERSION: Final = "service.version"

OTHERS: Final = (
    Road("OTelLogs", _marked("Attributes"), _constant(2), _OTLP),
    Road(
        "AppTraces",
        _marked("Properties"),
        _constant(3),
        MappingProxyType(
            {
                "AppVersion": Expression(
                    f'coalesce(AppVersion, tostring(Properties["{_VERSION}"]))',
                    f"""coalesce(nullif("AppVersion", ''), "Properties" ->> '$."{_VERSION}"', '')""",
                )
            }
        ),
    ),
)

ROADS: Final = (DIRECT, *OTHERS)

TABLES: Final = tuple(road.table for road in ROADS)
"""Every table that the typed view reads."""

_CALL: Final = f'coalesce(tostring(Properties["{names.CALL_ID}"]), ParentId, tostring(TimeGenerated))'
_ATTEMPT: Final = f'strcat({_CALL}, "/", tolong(Properties["{names.ATTEMPT_NUMBER}"]))'
"""One text for each attempt, the same by every road: the call's id, for which `ParentId` stands where rows of
the Azure exporter leave it out, and the attempt's number. Without an id the time stands for it, so no two
attempts are taken for one."""

LEDGER: Final = "ledger_rows"
"""The name of what `TEXT` defines for others: each attempt once, with the columns of `TAKEN_OVER`."""

_STORED: Final = "stored_rows"
_MIXED: Final = "are_mixed"

NAMES: Final = frozenset({LEDGER, _STORED, _MIXED})
"""All names that it defines."""

TEXT: Final = "\n".join(
    (
        f"let {_STORED} = union isfuzzy=true",
        ",\n".join(f"    ({road.kql})" for road in ROADS) + ";",
        f"let {_MIXED} = toscalar({_STORED} | where {_RANK} > 1 | take 1 | count) > 0;",
        f"let {LEDGER} = union",
        f"    ({_STORED} | where not({_MIXED})),",
        f"    ({_STORED} | where {_MIXED} | summarize arg_min({_RANK}, *) by attempt_key = {_ATTEMPT});",
    )
)
"""The statements that the typed view begins with."""


def without(text: str, tables: Iterable[str]) -> str:
    """A query, or a file of JSON with queries, without some of `OTHERS`.

    Args:
        text: Where the typed view stands, any number of times.
        tables: Which are not to be read, such as one on a plan that a query over others may not read.
    """
    for road in OTHERS:
        if road.table in tables:
            forms = (road.kql, json.dumps(road.kql)[1:-1])
            leg = "|".join(re.escape(form) for form in forms)
            text = re.sub(rf",(?:\\n|\s)*\((?:{leg})\)", "", text)
    return text
