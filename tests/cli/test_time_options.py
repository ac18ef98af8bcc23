"""``--since``, ``--from`` and ``--to``: what the values mean, and which commands have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
import typer

from foundry_telemetry.cli import time_options
from foundry_telemetry.cli.time_options import Span, TimeOptions, read
from tests.investigate.commands import run

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def at(*parts: int) -> datetime:
    """A time in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # the parts of a date


def asked(since: str | None = None, start: str | None = None, end: str | None = None) -> Span:
    """What the options mean at `NOW`; the last day where none is given."""
    values = [None if value is None else read(value) for value in (since, start, end)]
    return TimeOptions(*values).span(NOW, default="1d", longest=timedelta(days=400))


@pytest.mark.parametrize(
    ("value", "start"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(weeks=2)),
        ("today", at(2026, 3, 1)),
        ("Yesterday", at(2026, 2, 28)),
        ("this-month", at(2026, 3, 1)),
        ("month", at(2026, 3, 1)),
        ("last-month", at(2026, 2, 1)),
        ("2026-01", at(2026, 1, 1)),
        ("2026-02-03", at(2026, 2, 3)),
        (" 2026-02-03T04:05 ", at(2026, 2, 3, 4, 5)),
        ("2026-02-03 04:05:06", at(2026, 2, 3, 4, 5, 6)),
        ("2026-02-03T04:05Z", at(2026, 2, 3, 4, 5)),
        ("2026-02-03T04:05+05:30", at(2026, 2, 2, 22, 35)),
    ],
)
def test_start(value: str, start: datetime) -> None:
    """``--since`` and ``--from`` are one option by two names; the range ends now."""
    assert asked(since=value) == asked(start=value) == Span(start, NOW)


@pytest.mark.parametrize(
    ("start", "end", "meant"),
    [
        ("yesterday", "yesterday", Span(at(2026, 2, 28), at(2026, 3, 1))),
        ("last-month", "last-month", Span(at(2026, 2, 1), at(2026, 3, 1))),
        ("2025-12-24", "2025-12-31", Span(at(2025, 12, 24), at(2026, 1, 1))),
        ("2025-11", "2025-12", Span(at(2025, 11, 1), at(2026, 1, 1))),
        ("today", "today", Span(at(2026, 3, 1), NOW)),
        ("this-month", "2026-03", Span(at(2026, 3, 1), NOW)),
        ("yesterday", "now", Span(at(2026, 2, 28), NOW)),
        ("2h", "2026-02-03T04:00", Span(at(2026, 2, 3, 2), at(2026, 2, 3, 4))),
        ("1d", "1h", Span(NOW - timedelta(hours=25), NOW - timedelta(hours=1))),
        ("2026-02-03T04:00", "2026-02-03T05:00", Span(at(2026, 2, 3, 4), at(2026, 2, 3, 5))),
    ],
)
def test_end(start: str, end: str, meant: Span) -> None:
    """``--to`` includes the day or month that it names, up to now; a duration counts back from the end."""
    assert asked(start=start, end=end) == meant


def test_default() -> None:
    """Without an option the command's own default holds."""
    assert asked() == Span(NOW - timedelta(days=1), NOW)


@pytest.mark.parametrize("year", [2024, 2025])
def test_months_of_any_length(year: int) -> None:
    """The month before March is February, whole, in a leap year too."""
    now = at(year, 3, 31, 23, 59)
    month = read("last-month")
    found = TimeOptions(start=month, end=month).span(now, default="1d")
    assert found == Span(at(year, 2, 1), at(year, 3, 1))


@pytest.mark.parametrize(
    "value", ["", "soon", "7", "d", "7y", "-1d", "1.5h", "2026-13-01", "2026-02-30", "2026-02-03T25:00", "٣d"]
)
def test_no_time(value: str) -> None:
    """A value that is none is named, with what is expected and an example."""
    with pytest.raises(typer.BadParameter) as refused:
        read(value)
    message = str(refused.value)
    assert message.startswith(f"{value!r}: expected a duration (30m, 2h, 7d), today, yesterday")
    assert message.endswith("example: 2h")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("2h", "3h", None), "--since and --from: expected one of them; example: --since 2h"),
        ((None, "today", "yesterday"), "today to yesterday: expected a start before the end; example:"),
        (("0m", None, None), "0m to now: expected a start before the end; example:"),
        (("2999-01-01", None, None), "2999-01-01 to now: expected a start before the end; example:"),
        (("401d", None, None), "401d to now: expected at most 400 days; example:"),
        (("999999w", None, None), "999999w to now: expected times from 1970 to 2199; example:"),
        (("0001-01-01", None, None), "0001-01-01 to now: expected times from 1970 to 2199; example:"),
    ],
)
def test_no_range(options: tuple[str | None, str | None, str | None], message: str) -> None:
    """Options that mean no range are named as they were given, with what is expected and an example."""
    with pytest.raises(typer.BadParameter, match=f"^{re.escape(message)}"):
        asked(*options)


def test_another_zone() -> None:
    """The present may be told in any zone: days are those of UTC."""
    now = NOW.astimezone(timezone(timedelta(hours=13)))
    found = TimeOptions(read("today")).span(now.astimezone(UTC), default="1d")
    assert found.start == at(2026, 3, 1)


@pytest.mark.parametrize("command", ["incident", "ticket", "cost", "reconcile"])
def test_every_command_that_reads_data(command: str) -> None:
    """The four options are there, in a group of their own, with the same words."""
    texts = [run(name, "-h").out.split("Time (UTC):")[1].split("\n\n")[0] for name in ("incident", command)]
    assert texts[0] == texts[1]
    assert re.findall(r"^  (--\w+) TIME", texts[0], re.MULTILINE) == ["--since", "--from", "--to", "--during"]


def test_completion() -> None:
    """A shell is offered the names, and the most common durations."""
    assert time_options._COMPLETE("") == [
        "30m",
        "2h",
        "7d",
        "now",
        "today",
        "yesterday",
        "this-month",
        "last-month",
    ]
    assert time_options._COMPLETE("y") == ["yesterday"]
