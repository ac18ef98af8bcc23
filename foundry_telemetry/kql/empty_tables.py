"""Tables of Application Insights that no service fills: what a browser or an availability test sends.

In Azure they exist and are empty, so a query that unites them with others runs; here as well. Their columns
are those that every table has, and a few of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from foundry_telemetry.kql.tables import SQL_TYPES, tables

_SHAPE: Final = "AppTraces"
"""The table whose columns all have, but for what a trace says."""

_OF_A_TRACE: Final = frozenset({"Message", "SeverityLevel"})

_OWN: Final[Mapping[tuple[str, str], tuple[tuple[str, str, str, str], ...]]] = {
    ("AppPageViews", "pageViews"): (
        ("Id", "id", "string", "string"),
        ("Name", "name", "string", "string"),
        ("Url", "url", "string", "string"),
        ("DurationMs", "duration", "real", "real"),
        ("PerformanceBucket", "performanceBucket", "string", "string"),
    ),
    ("AppAvailabilityResults", "availabilityResults"): (
        ("Id", "id", "string", "string"),
        ("Name", "name", "string", "string"),
        ("Location", "location", "string", "string"),
        ("Success", "success", "bool", "string"),
        ("Message", "message", "string", "string"),
        ("Size", "size", "real", "real"),
        ("DurationMs", "duration", "real", "real"),
        ("PerformanceBucket", "performanceBucket", "string", "string"),
    ),
    ("AppBrowserTimings", "browserTimings"): (
        ("Name", "name", "string", "string"),
        ("Url", "url", "string", "string"),
        ("TotalDurationMs", "totalDuration", "real", "real"),
        ("NetworkDurationMs", "networkDuration", "real", "real"),
        ("SendDurationMs", "sendDuration", "real", "real"),
        ("ReceiveDurationMs", "receiveDuration", "real", "real"),
        ("ProcessingDurationMs", "processingDuration", "real", "real"),
        ("PerformanceBucket", "performanceBucket", "string", "string"),
    ),
}
"""By name and classic name: column, classic column, and the KQL type of each."""


@cache
def empty_tables() -> Mapping[str, Mapping[str, str]]:
    """KQL types by column, by table; classic names are tables of their own."""
    found: dict[str, Mapping[str, str]] = {}
    shared = [column for column in tables()[_SHAPE].columns if column.name not in _OF_A_TRACE]
    for (name, classic), own in _OWN.items():
        columns = {column.name: column.type for column in shared}
        found[name] = MappingProxyType(columns | {column: kind for column, _, kind, _ in own})
        old = {column.classic_name: column.type for column in shared if column.classic_name is not None}
        old |= {"appName": "string", "itemId": "string"}
        found[classic] = MappingProxyType(old | {column: kind for _, column, _, kind in own})
    return MappingProxyType(found)


def empty_view(name: str) -> str:
    """SQL that gives the columns of one of these tables, and no rows."""
    columns = empty_tables()[name].items()
    listed = ", ".join(f'CAST(NULL AS {SQL_TYPES[kind]}) AS "{column}"' for column, kind in columns)
    return f"SELECT {listed} WHERE FALSE"
