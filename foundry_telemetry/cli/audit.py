"""``foundry-telemetry audit``."""

# No `from __future__ import annotations`: typer reads the annotations.

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from foundry_telemetry.cli import price_options, query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped
from foundry_telemetry.cli.output import write, write_json
from foundry_telemetry.cli.query_options import SourceOptions
from foundry_telemetry.cli.time_options import Span, TimeOptions

if TYPE_CHECKING:
    from foundry_telemetry.config.content import ContentPolicy

DEFAULT_SINCE: Final = "7d"
_PANEL: Final = "With --content"
_Content = Annotated[
    bool,
    typer.Option(
        "--content",
        help="Estimate instead what request and response logs would take and cost a month, from the "
        "attempts in the ledger. The options of time and source are for this.",
    ),
]
_Share = Annotated[
    float | None,
    typer.Option(
        "--share",
        parser=between(0.0, 1.0, float, "--share 0.1"),
        metavar="PART",
        help="Share of calls to keep, 0 to 1, besides those that failed or were refused. Default: that of "
        "the settings file, or 1.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
_UsdPerGb = Annotated[
    float | None,
    typer.Option(
        "--usd-per-gb",
        parser=between(0.0, 1_000.0, float, "--usd-per-gb 2.76"),
        metavar="USD",
        help="Price of a GB of analytics logs in your region. Default: 2.30, the list price of the "
        "cheapest regions.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]

_PIPE: Final = 160
"""Columns where there is no terminal."""
_NEVER: Final = (
    "Keys and tokens are never recorded, prompts and responses only where request and response logs are "
    "switched on. A metric attribute has at most 50 values."
)
_GAP: Final = 2
"""Blanks between two columns."""


@grouped
def audit(
    *,
    content: _Content = False,
    share: _Share = None,
    usd_per_gb: _UsdPerGb = None,
    time: TimeOptions,
    settings: price_options.Settings = None,
    as_json: query_options.AsJson = False,
    as_markdown: query_options.AsMarkdown = False,
    source: SourceOptions,
) -> None:
    """List every field that can leave the process.

    With its type, its signals, and whether it can be personal data. Reads no data and sends nothing, but
    with --content, which reads counts of the ledger. Tests check the list against real traffic.
    """
    query_options.one_format(json=as_json, markdown=as_markdown)
    with repair():
        if content:
            span = time.span(datetime.now(UTC), default=DEFAULT_SINCE)
            price_options.read_prices(settings)
            _estimate(source, span, _policy(share), usd_per_gb, as_json=as_json)
            return
        from foundry_telemetry.schema import rendering  # noqa: PLC0415 - not for --help

        if as_json or as_markdown:
            write(rendering.as_json() if as_json else rendering.as_markdown())
            return
        _show()


def _policy(share: float | None) -> "ContentPolicy":
    from dataclasses import replace  # noqa: PLC0415 - not for --help

    from foundry_telemetry.config.content import policy_of_file  # noqa: PLC0415 - as above

    policy = policy_of_file()
    return policy if share is None else replace(policy, share=share)


def _estimate(
    source: SourceOptions,
    span: Span,
    policy: "ContentPolicy",
    usd_per_gb: float | None,
    *,
    as_json: bool,
) -> None:
    from foundry_telemetry.investigate import content_cost, formatting  # noqa: PLC0415 - take a while

    price = content_cost.ANALYTICS_USD if usd_per_gb is None else usd_per_gb
    with source.asked() as asked:
        found = content_cost.estimate(asked, span, policy, price)
    if as_json:
        write_json(content_cost.as_object(found))
    else:
        formatting.show(content_cost.lines(found), formatting.console())


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
