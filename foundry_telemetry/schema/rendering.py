"""The inventory as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from foundry_telemetry.schema.inventory import INVENTORY
from foundry_telemetry.schema.row import Kind, Row

HEADINGS: Final[dict[Kind, str]] = {
    "span name": "Span names",
    "event": "Ledger event",
    "field": "Span and metric attributes, ledger event fields",
    "metric": "Metrics",
    "line": "Log line fields",
    "content": "Request and response logs, only where they are switched on",
}
"""In this order."""

COLUMNS: Final = ("name", "signals", "value", "source", "personal data")


def rows(kind: Kind) -> Iterator[tuple[str, ...]]:
    """The rows of a kind, in the words of `COLUMNS`."""
    yield from (_cells(row) for row in INVENTORY if row.kind == kind)


def as_json() -> str:
    """A list of objects, one a row; what is empty is absent."""
    return json.dumps([_as_object(row) for row in INVENTORY], ensure_ascii=False, indent=2)


def as_markdown() -> str:
    """Tables under headings."""
    return "\n\n".join(
        f"### {heading}\n\n{_line(COLUMNS)}\n{_line(('---',) * len(COLUMNS))}\n"
        + "\n".join(_line(_marked(row)) for row in rows(kind))
        for kind, heading in HEADINGS.items()
    )


def _cells(row: Row) -> tuple[str, ...]:
    says = f"{row.constraint.says} ({row.unit})" if row.unit else row.constraint.says
    return (row.name, ", ".join(row.signals), says, row.source, row.personal or "no")


def _marked(row: tuple[str, ...]) -> tuple[str, ...]:
    return (f"`{row[0]}`", *row[1:])


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _as_object(row: Row) -> dict[str, Any]:
    known = {
        "kind": row.kind,
        "name": row.name,
        "signals": list(row.signals),
        "constraint": row.constraint.says,
        "unit": row.unit,
        "source": row.source,
        "personal": row.personal,
        "meaning": row.meaning,
        "column": row.column if row.kind == "field" else "",
        "since": row.since,
    }
    return {name: value for name, value in known.items() if value}
