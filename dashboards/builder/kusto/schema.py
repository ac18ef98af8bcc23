"""The tables that a query may name: those of Application Insights in a workspace, and their classic twins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from foundry_telemetry.kql.tables import Table, tables

Tables = Mapping[str, Mapping[str, str]]
"""KQL type by column by table."""

_CLASSIC_ONLY: Final = {"appName": "string", "itemId": "string"}
_CLASSIC_METRIC: Final = {"value": "real", "valueStdDev": "real"}
"""Classic columns without a counterpart in the workspace."""


@cache
def azure_tables() -> Tables:
    """`AppEvents` and its like, `customEvents` and its like: what the local store is made from too."""
    known = tables()
    workspace = {
        name: {column.name: column.type for column in table.columns} for name, table in known.items()
    }
    classic = {
        table.classic_name: _classic(name, table)
        for name, table in known.items()
        if table.classic_name is not None
    }
    return MappingProxyType(workspace | classic)


def _classic(name: str, table: Table) -> dict[str, str]:
    columns = {
        column.classic_name: column.classic_type or column.type
        for column in table.columns
        if column.classic_name is not None
    }
    return columns | _CLASSIC_ONLY | (_CLASSIC_METRIC if name == "AppMetrics" else {})
