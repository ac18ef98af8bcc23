"""The tables that a query may name: those of Application Insights in a workspace, and their classic twins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

Tables = Mapping[str, Mapping[str, str]]
"""KQL type by column by table."""

_FILE: Final = Path(__file__).parents[2] / "local" / "tables.json"
"""Data that the local store is made from too, so that both know the same names."""

_CLASSIC_ONLY: Final = {"appName": "string", "itemId": "string"}
_CLASSIC_METRIC: Final = {"value": "real", "valueStdDev": "real"}
"""Classic columns without a counterpart in the workspace."""


class _Column(Struct, frozen=True, rename="camel"):
    name: str
    type: str
    classic_name: str | None
    classic_type: str | None = None


class _Table(Struct, frozen=True, rename="camel"):
    classic_name: str
    columns: tuple[_Column, ...]


class _File(Struct, frozen=True):
    tables: dict[str, _Table]


@cache
def azure_tables() -> Tables:
    """`AppEvents` and its like, `customEvents` and its like."""
    told = msgspec.json.decode(_FILE.read_bytes(), type=_File).tables
    workspace = {name: {column.name: column.type for column in table.columns} for name, table in told.items()}
    classic = {table.classic_name: _classic(name, table) for name, table in told.items()}
    return MappingProxyType(workspace | classic)


def _classic(name: str, table: _Table) -> dict[str, str]:
    columns = {
        column.classic_name: column.classic_type or column.type
        for column in table.columns
        if column.classic_name is not None
    }
    return columns | _CLASSIC_ONLY | (_CLASSIC_METRIC if name == "AppMetrics" else {})
