"""KQL on a table AppEvents as Azure has it: properties are text in JSON, nothing is extracted beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb_kql

from foundry_telemetry.conventions import EVENT_NAME
from foundry_telemetry.dashboards import kql
from foundry_telemetry.dashboards.parameters import Value, substitute
from tests.dashboards.rows import END, Row

TABLE = """
    CREATE TABLE AppEvents (
        TimeGenerated TIMESTAMP, Name VARCHAR, OperationId VARCHAR, ParentId VARCHAR, AppRoleName VARCHAR,
        AppRoleInstance VARCHAR, AppVersion VARCHAR, ItemCount INTEGER, Properties JSON
    )
"""
INSERT = "INSERT INTO AppEvents SELECT unnest(from_json(?, ?), recursive := true)"
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
    }
]


class Workspace:
    """A workspace with the ledger `rows`, and an event of somebody else's beside each tenth."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._connection = duckdb_kql.connect()
        self._connection.execute(TABLE)
        events = [_event(row, EVENT_NAME) for row in rows]
        events += [event | {"Name": "checkout.finished"} for event in events[::10]]
        self._connection.execute(INSERT, [json.dumps(events), json.dumps(SHAPE)])

    def columns(self, name: str, values: Mapping[str, Value]) -> list[str]:
        """The names of the columns of a shipped query's result."""
        return list(self._ask(name, values).columns)

    def ask(self, name: str, values: Mapping[str, Value]) -> list[dict[str, Any]]:
        """The rows of a shipped query's result; times are UTC."""
        answer = self._ask(name, values)
        return [dict(zip(answer.columns, map(_value, row), strict=True)) for row in answer.fetchall()]

    def _ask(self, name: str, values: Mapping[str, Value]) -> Any:
        text = substitute(kql.whole(name), values)
        return duckdb_kql.query(self._connection, text, query_now=END)


def _event(row: Row, name: str) -> dict[str, Any]:
    return {
        "TimeGenerated": row.at.replace(tzinfo=None).isoformat(),
        "Name": name,
        "OperationId": row.OperationId,
        "ParentId": "",
        "AppRoleName": row.service,
        "AppRoleInstance": "pod-7",
        "AppVersion": "1",
        "ItemCount": 1,
        "Properties": row.properties,
    }


def _value(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
