"""Times, numbers and lines as the commands write them. All times are UTC."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.text import Text

from foundry_telemetry.investigate.texts import UNKNOWN, Noun

_WIDTH_OF_FILES: Final = 100
"""Columns where the output is no terminal."""
_LABEL: Final = 9
_NARROWEST: Final = 20
"""Columns that text gets on however narrow a terminal."""
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_SECOND_MS: Final = 1_000
_LONGEST_MS: Final = 3.2e12
"""A hundred years: stored durations can be anything."""
_LEAST_PERCENT: Final = 0.1
_DECIMALS: Final = 9
"""Less than the price of a token, and than a tick of a clock."""
_UNITS: Final = ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min"))

Line = tuple[str, Text]
"""A label and what stands behind it; without a label it goes on from the line above."""


def day_and_time(moment: datetime) -> str:
    """``2026-11-22 03:00:01 UTC``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def clock(moment: datetime, *, milliseconds: bool = False) -> str:
    """``03:00:01`` or ``03:00:01.123``."""
    text = f"{moment.astimezone(UTC):%H:%M:%S.%f}"
    return text[:-3] if milliseconds else text[:-7]


def moment(value: datetime, now: datetime) -> str:
    """``03:00:01 UTC``; with the day where that is another one than now."""
    same = value.astimezone(UTC).date() == now.astimezone(UTC).date()
    return f"{clock(value)} UTC" if same else f"{value.astimezone(UTC):%b %d} {clock(value)} UTC"


def span(start: datetime, end: datetime, *, milliseconds: bool = False) -> str:
    """``2026-11-22 03:00:00 to 03:30:00 UTC``; with the second day where it is another one."""
    first, last = (f"{one.astimezone(UTC):%Y-%m-%d}" for one in (start, end))
    begin, until = (clock(one, milliseconds=milliseconds) for one in (start, end))
    return f"{first} {begin} to {'' if first == last else f'{last} '}{until} UTC"


def lasted(time: timedelta) -> str:
    """``14 min``, ``2 h 5 min``, ``41 s``; ``<1 s`` for what was shorter."""
    seconds = max(time.total_seconds(), 0.0)
    if 0 < seconds < 1:
        return "<1 s"
    rest, parts = round(seconds), []
    for length, unit in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or f"{rest} s"


def took(milliseconds: float | None) -> str:
    """``41 ms``, ``1.2 s``, ``3 min``."""
    if milliseconds is None:
        return UNKNOWN
    if abs(milliseconds) >= _MINUTE_S * _SECOND_MS:
        return lasted(timedelta(milliseconds=max(0.0, min(milliseconds, _LONGEST_MS))))
    if abs(milliseconds) >= _SECOND_MS:
        return f"{milliseconds / _SECOND_MS:,.1f} s"
    return f"{milliseconds:.0f} ms" if not 0 < milliseconds < 1 else "<1 ms"


def many(count: int, noun: Noun) -> str:
    """``1 call``, ``1,204 calls``."""
    return f"{count:,} {noun[count != 1]}"


def percent(part: int, whole: int) -> str:
    """``34%``, ``0.4%``, ``99.7%``; never 0 % or 100 % where that is not exactly so."""
    if not whole or part in (0, whole):
        return "100%" if whole and part else "0%"
    share = 100 * part / whole
    if share < _LEAST_PERCENT:
        return f"<{_LEAST_PERCENT}%"
    if share > 100 - _LEAST_PERCENT:
        return f">{100 - _LEAST_PERCENT}%"
    return f"{share:.0f}%" if 1 <= share <= 99 else f"{share:.1f}%"  # noqa: PLR2004 - percent


def rounded(value: Any) -> Any:
    """What JSON can hold, with ``0.143012`` for every ``0.14301200000000003`` in it."""
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, (list, tuple)) else value


def console(*, stderr: bool = False, width_of_files: int = _WIDTH_OF_FILES) -> Console:
    """A console that changes nothing of what it is given. Colour as the terminal and ``NO_COLOR`` say.

    Args:
        stderr: Writes to standard error.
        width_of_files: Columns where the output is no terminal and ``COLUMNS`` is not set.
    """
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = width_of_files
    return made


def show(lines: Iterable[Line], console: Console, width: int = _LABEL) -> None:
    """Write lines as `page` lays them out."""
    for line in page(lines, console, width):
        console.print(line, soft_wrap=True)


def without_blanks(what: RenderableType, console: Console, width: int | None = None) -> Iterator[Text]:
    """The lines of a table without blanks at their ends, to be printed with ``soft_wrap=True``."""
    options = console.options if width is None else console.options.update_width(width)
    for segments in console.render_lines(what, options, pad=False):
        line = Text.assemble(*((one.text, one.style or "") for one in segments if not one.control))
        line.rstrip()
        yield line


def page(lines: Iterable[Line], console: Console, width: int = _LABEL) -> Iterator[Text]:
    """Lines with their labels in a column of this width; long ones go on under their beginning."""
    for label, reported in lines:
        heading = label
        if reported.no_wrap:
            yield Text.assemble((f"{heading:{width}} ", "bold"), reported)
            continue
        room = console.width - max(width, len(heading)) - 1
        for piece in reported.wrap(console, max(room, _NARROWEST)):
            piece.rstrip()
            yield Text.assemble((f"{heading:{width}} ", "bold"), piece)
            heading = ""


def command(text: str) -> Text:
    """Something to type; never wrapped, so that it can be copied."""
    return Text(f"$ {text}", style="cyan", no_wrap=True)
