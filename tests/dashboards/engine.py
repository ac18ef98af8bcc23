"""KQL on a table AppEvents as Azure has it: properties are text in JSON, nothing is extracted beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb_kql
import pytest

from dashboards.builder.columns import empty_tables
from dashboards.builder.kusto import azure_tables
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import Value, substitute
from foundry_telemetry.local.engine import single_evaluation, two_stage_parser
from foundry_telemetry.schema.value import EVENT_NAME
from tests.dashboards.others import Other, others_of
from tests.dashboards.rows import END, Row

INSERT = 'INSERT INTO "{table}" BY NAME SELECT unnest(from_json(?, ?), recursive := true)'
SHAPE = [
    {
        "TimeGenerated": "TIMESTAMP",
        "Name": "VARCHAR",
        "OperationId": "VARCHAR",
        "ParentId": "VARCHAR",
        "AppRoleName": "VARCHAR",
        "AppRoleInstance": "VARCHAR",
        "AppVersion": "VARCHAR",
        "ItemCount": "INTEGER",
        "Properties": "JSON",
        "_BilledSize": "DOUBLE",
    }
]
METRIC = [SHAPE[0] | {"Sum": "DOUBLE"}]
SPAN = [
    SHAPE[0]
    | {
        "Id": "VARCHAR",
        "DurationMs": "DOUBLE",
        "Success": "BOOLEAN",
        "ResultCode": "VARCHAR",
        "Type": "VARCHAR",
    }
]
_UNNAMED = {name: kind for name, kind in SHAPE[0].items() if name != "Name"}
LINE = [_UNNAMED | {"SeverityLevel": "INTEGER", "Message": "VARCHAR"}]
EXCEPTION = [_UNNAMED | {"SeverityLevel": "INTEGER", "ExceptionType": "VARCHAR", "OuterMessage": "VARCHAR"}]
SHAPES = {
    "AppEvents": SHAPE,
    "AppMetrics": METRIC,
    "AppRequests": SPAN,
    "AppDependencies": SPAN,
    "AppTraces": LINE,
    "AppExceptions": EXCEPTION,
}
BILLED = 700.0
"""Bytes of each row."""

single_evaluation.install()  # as the local Azure Monitor does
two_stage_parser.install()  # most of the time goes there


class Workspace:
    """A workspace with the ledger `rows`, and an event of somebody else's beside each tenth.

    Args:
        rows: The attempts; what else their services send is made of them.
        without: Tables that the workspace does not have.
        spans: Whether spans came too.
    """

    def __init__(self, rows: Iterable[Row], *, without: Sequence[str] = (), spans: bool = True) -> None:
        reported = list(rows)
        self._connection = duckdb_kql.connect()
        for statement in empty_tables():
            self._connection.execute(statement)
        events = [_event(row, EVENT_NAME) for row in reported]
        self._insert("AppEvents", events + [event | {"Name": "checkout.finished"} for event in events[::10]])
        others = others_of(reported)
        for table in SHAPES:
            if table != "AppEvents" and (spans or table != "AppDependencies"):
                self._insert(table, [_other(one) for one in others if one.table == table])
        for table in without:
            self._connection.execute(f'DROP TABLE "{table}"')
        self._tables = frozenset(azure_tables()) - frozenset(without)
        self._answered: dict[str, list[dict[str, Any]]] = {}

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        self._connection.execute(INSERT.format(table=table), [json.dumps(rows), json.dumps(SHAPES[table])])

    def belongs_to(self, resource: str) -> None:
        """Say which resource of Application Insights all events belong to."""
        self._connection.execute('UPDATE "AppEvents" SET "_ResourceId" = ?', [resource])
        self._answered.clear()

    def ask(self, name: str, values: Mapping[str, Value]) -> list[dict[str, Any]]:
        """The rows of a shipped query's result; times are UTC. The same question is not worked out again."""
        text = substitute(compose.whole(name), values)
        if text not in self._answered:
            self._answered[text] = self._rows(text)
        return [dict(row) for row in self._answered[text]]

    def _rows(self, text: str) -> list[dict[str, Any]]:
        translated = _translated(text, self._tables)
        answer = self._connection.sql(str(translated), params=translated.parameters or None)
        return [dict(zip(answer.columns, map(_value, row), strict=True)) for row in answer.fetchall()]


@cache
def _translated(text: str, tables: frozenset[str]) -> duckdb_kql.TranslationResult:
    """The text in SQL for a workspace with these tables; many workspaces are asked the same."""
    schema = {name: [*columns] for name, columns in azure_tables().items() if name in tables}
    return duckdb_kql.to_sql(text, schema, query_now=END)


def _event(row: Row, name: str) -> dict[str, Any]:
    return {
        "TimeGenerated": row.at.replace(tzinfo=None).isoformat(),
        "Name": name,
        "OperationId": row.OperationId,
        "ParentId": "",
        "AppRoleName": row.service,
        "AppRoleInstance": row.instance,
        "AppVersion": row.version,
        "ItemCount": 1,
        "Properties": row.properties,
        "_BilledSize": BILLED,
    }


def _other(row: Other) -> dict[str, Any]:
    return {
        "TimeGenerated": row.at.replace(tzinfo=None).isoformat(),
        "Name": row.name,
        "AppRoleName": row.service,
        "AppVersion": row.version,
        "ItemCount": row.count,
        "Properties": dict(row.properties),
        "_BilledSize": row.billed,
        **({} if row.total is None else {"Sum": row.total}),
        **({"OperationId": row.operation, "ParentId": row.parent_id} if row.operation else {}),
        **_OF_TABLE[row.table](row),
    }


def _span(row: Other) -> dict[str, Any]:
    return {
        "Id": row.span_id,
        "DurationMs": row.duration_ms,
        "Success": row.succeeded,
        "ResultCode": row.result,
        "Type": row.table,
    }


_OF_TABLE: Mapping[str, Callable[[Other], dict[str, Any]]] = {
    "AppMetrics": lambda _: {},
    "AppRequests": _span,
    "AppDependencies": _span,
    "AppTraces": lambda row: {"SeverityLevel": row.level, "Message": row.message},
    "AppExceptions": lambda row: {
        "SeverityLevel": row.level,
        "ExceptionType": row.name,
        "OuterMessage": row.message,
    },
}
"""Columns of a table beside those that all have."""


def _value(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def near(rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Rows to compare with: sums of fractions depend on their order in the last digit; the rest is exact."""
    return [
        {
            name: pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]
