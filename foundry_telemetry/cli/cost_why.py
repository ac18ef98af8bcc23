"""The options of ``foundry-telemetry cost --why``, and what it compares."""

# No `from __future__ import annotations`: typer reads the annotations.

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from foundry_telemetry.cli import time_options

if TYPE_CHECKING:
    from foundry_telemetry.investigate.cost.change_report import Why as Report
    from foundry_telemetry.investigate.filters import Filters
    from foundry_telemetry.investigate.sources import Source

_DEFAULT: Final = "yesterday"
"""Of ``--during``."""

Why = Annotated[
    bool,
    typer.Option(
        "--why",
        help="Compare with an earlier period, and split the change by cause. Covers yesterday by default, "
        "compared with the same day of the week before.",
    ),
]
Against = Annotated[
    time_options.When | None,
    typer.Option(
        "--against",
        parser=time_options.read,
        metavar="TIME",
        help="With --why: the day or month to compare with. Default: the same days as many weeks before as "
        "needed; for a month the month before.",
        show_default=False,
    ),
]


def reader(
    time: time_options.TimeOptions,
    by: list[str] | None,
    filters: "Filters",
    against: time_options.When | None,
) -> tuple[Any, Callable[["Source"], "Report"]]:
    """What writes the report, and what reads it from a source.

    Raises:
        typer.BadParameter: ``--against`` is no period before the range, or a dimension is none of a change.
    """
    from foundry_telemetry.investigate.cost import dimensions, why_rendering  # noqa: PLC0415 - reads queries
    from foundry_telemetry.investigate.cost.why import read_why  # noqa: PLC0415 - as above

    try:
        way = dimensions.of_change(tuple(by or ()))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--by") from error
    if not time.is_given:
        time = time_options.TimeOptions(during=time_options.read(_DEFAULT))
    now = datetime.now(UTC)
    span = time.span(now, default=_DEFAULT)
    before = _before(span, against, now)
    return why_rendering, lambda source: read_why(source.answer, span, before, filters, way)


def _before(span: time_options.Span, against: time_options.When | None, now: datetime) -> time_options.Span:
    """The period that a range is compared with."""
    from foundry_telemetry.investigate.cost.periods import compared  # noqa: PLC0415 - as above

    other = None if against is None else time_options.period(against, now, "--against")
    try:
        return time_options.Span(*compared(span, other))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
