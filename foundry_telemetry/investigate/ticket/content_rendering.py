"""The content of a call on a terminal, as Markdown and as JSON. Nothing of what was written in it acts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.display_safety import readable
from foundry_telemetry.investigate.formatting import Line
from foundry_telemetry.investigate.ticket import texts
from foundry_telemetry.investigate.ticket.content import FIELDS, Content, Kept


def show(content: Content, console: Console) -> None:
    """On a terminal, below the call."""
    console.print()
    formatting.show(lines(content), console)


def lines(content: Content) -> Iterator[Line]:
    """For a terminal."""
    label = texts.CONTENT
    if content.note is not None:
        yield label, Text(content.note, style="dim")
        label = ""
    for kept in content.attempts:
        yield label, Text(_heading(kept), style="bold")
        label = ""
        for line in _spoken(kept):
            yield "", Text(line)


def as_object(content: Content) -> dict[str, Any]:
    """What JSON can hold."""
    attempts = [
        {
            "attempt": kept.number,
            "table": kept.table,
            "is_cut": kept.is_cut,
            **{name: value for name in FIELDS if (value := kept.values.decoded(name)) is not None},
        }
        for kept in content.attempts
    ]
    return {"attempts": attempts} | ({} if content.note is None else {"note": content.note})


def markdown(content: Content) -> Iterator[str]:
    """Blocks of code by their indentation, which no text can end."""
    yield ""
    yield texts.CONTENT_TITLE
    if content.note is not None:
        yield f"\n{content.note}"
    for kept in content.attempts:
        yield f"\n{_heading(kept)}\n"
        yield from (f"    {line}" for line in _spoken(kept))


def _heading(kept: Kept) -> str:
    cut = texts.CONTENT_CUT if kept.is_cut else ""
    return texts.CONTENT_ATTEMPT.format(number=kept.number or "?", table=kept.table, cut=cut)


def _spoken(kept: Kept) -> Iterator[str]:
    """Each message: who wrote it, and its text."""
    for name in FIELDS:
        value = kept.values.decoded(name)
        for who, text in _pieces(name, value):
            first, *rest = readable(text).split("\n")
            yield f"{readable(who)}: {first}"
            yield from (f"  {line}" for line in rest)


def _pieces(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and isinstance(parts := one.get("parts"), list):
            yield from ((str(one.get("role", name)), _text(part)) for part in parts)
        else:
            yield name, _text(one)


def _text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("content"), str):
        return str(part["content"])
    return msgspec.json.encode(part).decode()
