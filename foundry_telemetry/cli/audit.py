"""``foundry-telemetry audit``."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import Any, Final

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.output import write

_PIPE: Final = 160
"""Columns where there is no terminal."""


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

    from foundry_telemetry.schema import rendering  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE)
    for kind, heading in rendering.HEADINGS.items():
        console.print(f"\n{heading}", style="bold", markup=False)
        console.print(_table(rendering.COLUMNS, list(rendering.rows(kind))))
    console.print(
        "\nPrompts, responses, keys and tokens are never recorded. A metric attribute has at most 50 values.",
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
