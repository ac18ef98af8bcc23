"""``--since``, ``--from``, ``--to`` and ``--during``: the same on every command that reads data."""

# No `from __future__ import annotations`: typer reads the annotations.

from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

import typer

from foundry_telemetry.cli.arguments import completing
from foundry_telemetry.investigate import time_range
from foundry_telemetry.investigate.time_range import NAMES, VALUES, RangeError, Span, When, days, midnight

__all__ = [
    "VALUES",
    "Span",
    "TimeOptions",
    "When",
    "days",
    "midnight",
    "period",
    "read",
]

_PANEL: Final = "Time (UTC)"


def read(text: str) -> When:
    """A value of an option.

    Raises:
        typer.BadParameter: It is none.
    """
    try:
        return time_range.read(text)
    except RangeError as error:
        raise typer.BadParameter(str(error)) from None


_COMPLETE: Final = completing(["30m", "2h", "7d", *(name for name in NAMES if name != "month")])


def _option(*names: str, text: str) -> typer.models.OptionInfo:
    made: typer.models.OptionInfo = typer.Option(
        *names, parser=read, metavar="TIME", help=text, autocompletion=_COMPLETE, rich_help_panel=_PANEL
    )
    return made


_Since = Annotated[
    When | None,
    _option("--since", text=f"Start of the range: {VALUES}."),
]
_From = Annotated[
    When | None,
    _option("--from", text="Alias of --since."),
]
_To = Annotated[
    When | None,
    _option("--to", text="End of the range, as --since; a day or month is included. Default: now."),
]
_During = Annotated[
    When | None,
    _option(
        "--during",
        text="The whole range as one period: today, yesterday, this-month, last-month, a month (2026-10) or "
        "a date (2026-11-01). Instead of the options above.",
    ),
]


class TimeOptions(NamedTuple):
    """The options that say of when."""

    since: _Since = None
    start: _From = None
    end: _To = None
    during: _During = None

    @property
    def is_given(self) -> bool:
        """Whether there is any of them."""
        return any(one is not None for one in self)

    def span(self, now: datetime, *, default: str, longest: timedelta | None = None) -> Span:
        """The range that the options mean, as `time_range.span` has it.

        Raises:
            typer.BadParameter: Options exclude each other, or no range of time is meant.
        """
        if self.since is not None and self.start is not None:
            raise typer.BadParameter("--since and --from: expected one of them; example: --since 2h")
        begin = self.since or self.start
        try:
            return time_range.span(begin, self.end, now, default=default, longest=longest, during=self.during)
        except RangeError as error:
            raise typer.BadParameter(str(error)) from None


def period(value: When, now: datetime, option: str) -> Span:
    """The day or month that an option names.

    Raises:
        typer.BadParameter: It names none.
    """
    try:
        return time_range.period(value, now, option)
    except RangeError as error:
        raise typer.BadParameter(str(error)) from None
