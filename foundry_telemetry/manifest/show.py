"""The manifest as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from foundry_telemetry.manifest import ENTRIES, Entry, meaning

HEADINGS: Final = {
    "span name": "Names of spans",
    "event": "The ledger event",
    "field": "Attributes of spans and metrics, fields of the ledger event",
    "metric": "Metrics",
    "line": "Fields of lines of the log",
}
"""In this order."""

COLUMNS: Final = ("name", "goes to", "what", "from", "personal data")


def rows(what: str) -> Iterator[tuple[str, ...]]:
    """The entries of a kind, in the words of `COLUMNS`."""
    yield from (_row(entry) for entry in ENTRIES if entry.what == what)


def as_json() -> str:
    """A list of objects, one an entry; what is empty is absent."""
    return json.dumps([_told(entry) for entry in ENTRIES], ensure_ascii=False, indent=2)


def as_markdown() -> str:
    """Tables under headings."""
    return "\n\n".join(
        f"### {heading}\n\n{_line(COLUMNS)}\n{_line(('---',) * len(COLUMNS))}\n"
        + "\n".join(_line(_marked(row)) for row in rows(what))
        for what, heading in HEADINGS.items()
    )


def _row(entry: Entry) -> tuple[str, ...]:
    form = f"{entry.form.says}; {entry.unit}" if entry.unit else entry.form.says
    return (entry.name, ", ".join(entry.places), form, entry.source, entry.personal or "no")


def _marked(row: tuple[str, ...]) -> tuple[str, ...]:
    return (f"`{row[0]}`", *row[1:])


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _told(entry: Entry) -> dict[str, Any]:
    told = {
        "kind": entry.what,
        "name": entry.name,
        "places": list(entry.places),
        "form": entry.form.says,
        "unit": entry.unit,
        "source": entry.source,
        "personal": entry.personal,
        "meaning": meaning(entry),
    }
    return {name: value for name, value in told.items() if value}
