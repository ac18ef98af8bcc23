"""``foundry-telemetry audit``."""

# No `from __future__ import annotations`: typer reads the annotations.

import os
from typing import Any, Final

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write

_PIPE: Final = 160
"""Columns where there is no terminal."""
_NEVER: Final = (
    "Keys and tokens are never recorded, prompts and responses only where request and response logs are "
    "switched on. A metric attribute has at most 50 values."
)
_GAP: Final = 2
"""Blanks between two columns."""


def audit(
    *,
    as_json: query_options.AsJson = False,
    as_markdown: query_options.AsMarkdown = False,
) -> None:
    """List every field that can leave the process.

    With its type, its signals, and whether it can be personal data. Reads no data and sends nothing.
    Tests check the list against real traffic.
    """
    query_options.one_format(json=as_json, markdown=as_markdown)
    with repair():
        from foundry_telemetry.schema import rendering  # noqa: PLC0415 - not for --help

        if as_json or as_markdown:
            write(rendering.as_json() if as_json else rendering.as_markdown())
            return
        _show()


def _show() -> None:
    from rich.console import Console  # noqa: PLC0415 - only when something is shown

    from foundry_telemetry.investigate.formatting import without_blanks  # noqa: PLC0415 - as above
    from foundry_telemetry.schema import rendering  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    width = console.width if console.is_terminal or "COLUMNS" in os.environ else _PIPE
    notes: dict[str, int] = {}
    tables = [
        (heading, [(*row[:-1], _personal(row[-1], notes)) for row in rendering.rows(kind)])
        for kind, heading in rendering.HEADINGS.items()
    ]
    console.print(_NEVER, markup=False)
    console.print(f"\n{rendering.COLUMNS[-1].capitalize()}", style="bold", markup=False)
    for note, number in notes.items():
        console.print(f"{number}  {note}", markup=False, soft_wrap=True)
    for heading, rows in tables:
        console.print(f"\n{heading}", style="bold", markup=False)
        for line in without_blanks(_table([rendering.COLUMNS, *rows], width), console, max(width, _PIPE)):
            console.print(line, soft_wrap=True)


def _personal(text: str, notes: dict[str, int]) -> str:
    """``no``, or the number of a note above the tables."""
    short = text.replace("`", "")
    return short if short == "no" else f"see {notes.setdefault(short, len(notes) + 1)}"


def _table(rows: list[tuple[str, ...]], room: int) -> Any:
    """A table; its first row is the heading."""
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    head, *body = [tuple(cell.replace("`", "") for cell in row) for row in rows]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title, width in zip(head, _widths([head, *body], room), strict=True):
        table.add_column(title, width=width, overflow="fold")
    for row in body:
        table.add_row(*map(Text, row))
    return table


def _widths(rows: list[tuple[str, ...]], room: int) -> list[int]:
    """Of the columns, none narrower than its longest word."""
    columns = list(zip(*rows, strict=True))
    most = [max(map(len, column)) for column in columns]
    least = [max(len(word) for cell in column for word in cell.split()) for column in columns]
    least[0] = most[0]
    spare = room - sum(least) - _GAP * (len(columns) - 1)
    wanted = sum(most) - sum(least)
    share = min(max(spare / wanted, 0.0), 1.0) if wanted else 0.0
    return [low + int(share * (high - low)) for low, high in zip(least, most, strict=True)]
