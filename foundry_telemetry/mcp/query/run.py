"""A query of an agent, asked: with limits of rows, bytes and time, and an answer that holds nothing raw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.formatting import rounded
from foundry_telemetry.investigate.sources import Row, Source, SourceError
from foundry_telemetry.mcp.query.guard import QueryRefusedError, check
from foundry_telemetry.mcp.query.tables import prefix

MOST_ROWS: Final = 1_000
MOST_BYTES: Final = 256_000
"""Of an answer as JSON."""
WAIT_S: Final = 30
"""Seconds that a query may take."""

_MORE: Final = "there are more rows than {most:,}: summarize, or use top"

_PLACE: Final = re.compile(r" on line \d+, position \d+|line \d+, position \d+:?\s*")
_OWN: Final = re.compile(r"foundry_telemetry_(?=\w)")
_EXPLAINED: Final = ("SEM", "SYN")
"""Codes of errors about the text of a query, whose messages name nothing else."""


@dataclass(frozen=True)
class Rows:
    """The answer to a query."""

    rows: tuple[Mapping[str, Any], ...]
    cut: str | None
    """Why it is not all; ``None`` where it is."""


def run(source: Source, kql: str, most_rows: int = MOST_ROWS) -> Rows:
    """Ask a query.

    Args:
        source: Who is asked.
        kql: As an agent wrote it.
        most_rows: How many rows it wants.

    Raises:
        QueryRefusedError: It may not be asked, or its text is wrong.
        SourceError: There is no answer.
    """
    meant = check(kql)
    limited = f"{prefix(meant.tables, meant.keys)}\n{meant.text}\n| take {most_rows + 1}"
    try:
        found = source.answer(limited, wait_s=WAIT_S)
    except SourceError as error:
        problem = _problem(error.__cause__, is_local=source.is_local)
        if problem is None:
            raise
        raise QueryRefusedError(f"{problem}; call the tool schema for tables and columns") from error
    return _cut([_harmless(row) for row in found], most_rows)


def _cut(rows: list[dict[str, Any]], most_rows: int) -> Rows:
    """No more than the limits let through."""
    kept: list[dict[str, Any]] = []
    size = 0
    for row in rows[:most_rows]:
        size += len(json.dumps(row))
        if size > MOST_BYTES:
            return Rows(tuple(kept), f"the answer is larger than {MOST_BYTES:,} bytes: project fewer columns")
        kept.append(row)
    more = len(rows) > most_rows
    return Rows(tuple(kept), _MORE.format(most=most_rows) if more else None)


def _harmless(row: Row) -> dict[str, Any]:
    """A row as JSON has it: names of columns can come from the data as well."""
    return {plain(name): _value(value) for name, value in row.items()}


def _value(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool | int | float):
        return rounded(value)
    return plain(str(value))


def _problem(error: BaseException | None, *, is_local: bool) -> str | None:
    """What is wrong with the text of a query, where that is what the service says.

    Messages of the local Azure Monitor name nothing but the query; of Azure's those about its text do not.
    """
    for part in _parts(error):
        code, message = part.get("code"), part.get("message")
        if isinstance(message, str) and (is_local or str(code).startswith(_EXPLAINED)):
            return plain(_OWN.sub("", _PLACE.sub("", message))).rstrip(".")
    return None


def _parts(error: object) -> Iterator[Mapping[str, Any]]:
    """The error of Log Analytics, and those inside it."""
    part = getattr(getattr(error, "error", None), "innererror", None)
    while isinstance(part, Mapping):
        yield part
        part = part.get("innererror")
