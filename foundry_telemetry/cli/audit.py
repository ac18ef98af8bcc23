"""``foundry-telemetry audit``."""

# No `from __future__ import annotations`: typer reads the annotations.

import sys
from typing import Annotated, Any, Final

import typer

from foundry_telemetry.cli.missing_extras import repair

_PIPE: Final = 160
"""Columns where there is no terminal."""


def audit(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as a JSON list.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Say it as tables of Markdown.")] = False,
) -> None:
    """What can leave the process? Every name, where it goes, what it is made of, and if it can be personal.

    Looks at nothing and sends nothing: it is the inventory that the tests hold against real traffic.
    """
    if as_json and as_markdown:
        raise typer.BadParameter("--json and --markdown: expected one of them; try `foundry-telemetry audit`")
    with repair():
        from foundry_telemetry.schema import rendering  # noqa: PLC0415 - not for --help

        if as_json or as_markdown:
            sys.stdout.write((rendering.as_json() if as_json else rendering.as_markdown()) + "\n")
            return
        _show()


def _show() -> None:
    from rich.console import Console  # noqa: PLC0415 - only when something is shown

    from foundry_telemetry.schema import rendering  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE)
    for kind, heading in rendering.HEADINGS.items():
        console.print(f"\n{heading}", style="bold", markup=False)
        console.print(_table(rendering.COLUMNS, list(rendering.rows(kind))))
    console.print(
        "\nNo prompt, answer, key or token is among them. On metrics no attribute has more than 50 values.",
        markup=False,
    )


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Any:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(columns[0], no_wrap=True)
    for column in columns[1:]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell.replace("`", "")) for cell in row))
    return table
