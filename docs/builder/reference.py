"""Ledger, spans, metrics and columns, from the tables of the schema."""

# ruff: noqa: E501 - text of pages

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from docs.builder import markdown
from foundry_telemetry.schema.field_table import COLUMNS, FIELDS
from foundry_telemetry.schema.metric_table import METRICS
from foundry_telemetry.schema.row import Row, Signal
from foundry_telemetry.schema.value import EVENT_NAME

_HEAD: Final = ("Field", "Meaning", "Value", "Unit", "Convention")
_SOURCE: Final = re.compile(r"(Ours|GenAI|HTTP|Azure|SDK|Exporter)(?:, (?:metrics|on spans))?: ")
"""What a meaning begins with in the tables of the schema: where the name comes from."""
_CONVENTIONS: Final = {
    "Azure": "OpenTelemetry, Azure",
    "Exporter": "Azure Monitor exporter",
    "GenAI": "OpenTelemetry, GenAI",
    "HTTP": "OpenTelemetry, HTTP",
    "SDK": "anthropic SDK",
}


def ledger() -> str:
    """The fields of the ledger event."""
    return markdown.page(
        "Ledger",
        f"One log record `{EVENT_NAME}` for each attempt, a row of `AppEvents` in Azure, where all values are text. "
        "It is never sampled. Its severity is WARN for a failed attempt, else INFO. An absent field is unknown.",
        "Rows that `configure()` exports leave out what the rest of the row gives "
        "([which fields](../quality/performance.md#what-the-bill-is-made-of)). The view `foundry_attempts` derives "
        "it: begin your own queries with the view, whose names are on [Columns](columns.md).",
        *_groups("ledger"),
    )


def spans() -> str:
    """The attributes of a call's span."""
    return markdown.page(
        "Spans",
        "Where another library has opened a span for the call (the SDK, an instrumentor, a framework), its span gets "
        "the attributes that it lacks, and a failed attempt gets a child span `POST` without usage. No call has a "
        "second span with tokens. Otherwise the attempt has a CLIENT span `chat {deployment}` of this library.",
        *_groups("span"),
    )


def metrics() -> str:
    """The metrics, and the attributes that they can have."""
    rows = ((markdown.code(row.name), _meaning(row), row.unit, _convention(row)) for row in METRICS)
    return markdown.page(
        "Metrics",
        "Metrics are never sampled. `foundry.client.*` is recorded by this library alone and is always complete: "
        "dashboards and alerts read it, or the ledger. A `gen_ai.client.*` metric that another library records in "
        "the same meter provider is left to that library; `foundry-telemetry doctor` names it.",
        markdown.table(("Metric", "Meaning", "Unit", "Convention"), rows),
        "## Attributes",
        "Metrics carry no ids. An attribute has at most 50 values; further values become `other`. Tags become "
        'attributes where you allow it: `set_tags(on_metrics=["tenant"])`.',
        *_groups("metric"),
    )


def columns() -> str:
    """The columns of the typed view."""
    rows = (
        (
            markdown.code(row.column),
            _meaning(row),
            _type(row),
            markdown.code(row.name),
        )
        for row in COLUMNS
    )
    return markdown.page(
        "Columns",
        "The view `foundry_attempts` (`dashboards/queries/foundry_attempts.kql`) reads the ledger from every table "
        "that it can arrive in, names each field once and casts it. Every query of the dashboards and commands begins "
        "with it. An absent field is null, or empty where the column is text.",
        markdown.table(("Column", "Meaning", "Type", "Field"), rows),
    )


def _groups(signal: Signal) -> Iterator[str]:
    rows = [row for row in FIELDS if signal in row.signals]
    for group, members in groupby(rows, key=lambda row: row.group):
        yield f"### {group[:1].upper()}{group[1:]}"
        yield markdown.table(_HEAD, map(_cells, members))


def _cells(row: Row) -> tuple[str, ...]:
    says = markdown.prose(row.constraint.says)
    return (markdown.code(row.name), _meaning(row), says, row.unit, _convention(row))


def _meaning(row: Row) -> str:
    text = markdown.prose(_SOURCE.sub("", row.meaning or row.note, count=1))
    return text[:1].upper() + text[1:]


def _convention(row: Row) -> str:
    """Whose name it is; empty for a name of this library."""
    found = _SOURCE.match(row.meaning)
    return _CONVENTIONS.get(found[1], "") if found else ""


def _type(row: Row) -> str:
    return {str: "string", int: "long", float: "real", bool: "bool"}.get(row.constraint.type, "string")
