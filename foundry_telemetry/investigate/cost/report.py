"""The bill of a time: split, with the month it belongs to and what was wasted.

All sums are of the same numbers as the workbook's: the costs of the ledger, attempt by attempt.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from foundry_telemetry import pricing
from foundry_telemetry.investigate.cost.queries import Questions
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.observation import TokenUsage


class Part(Struct, frozen=True, kw_only=True):
    """A row of the split; unknown counts are absent."""

    part: str
    cost_usd: float | None
    units: float | None
    """Claude Consumption Units."""
    wasted_usd: float | None
    """Of it for attempts that failed or that their callers abandoned."""
    partial_usd: float | None
    """Of responses with incomplete usage, at least; no part of `cost_usd`."""
    unpriced: int
    """Attempts with tokens and without a price."""
    attempts: int
    new_input: int | None
    cache_write: int | None
    cache_read: int | None
    output: int | None


class Split(Struct, frozen=True, kw_only=True):
    """The bill by one thing."""

    by: str
    parts: tuple[Part, ...]


class Month(Struct, frozen=True, kw_only=True):
    """The month in which the time ends, in UTC, up to that end; US dollars."""

    usd: float
    forecast_usd: float | None
    """What it will have cost by its end; ``None`` before the first full day."""
    low_usd: float | None
    high_usd: float | None
    run_rate_usd: float | None
    """Of a day."""
    full_days: int
    """The days the run rate is the mean of, at most seven."""
    unpriced: int


class Waste(Struct, frozen=True, kw_only=True):
    """What was wasted in the time: attempts, and US dollars where any are known. The sums overlap."""

    failed_usd: float | None
    failed: int
    retried_usd: float | None
    """Of attempts after the first of their call."""
    retried: int
    abandoned_usd: float | None
    """Of answers that their callers abandoned or cancelled after the output was reported."""
    abandoned: int
    partial_usd: float | None
    """At least so much for responses with incomplete usage; not in the total."""
    partial: int
    cold_usd: float | None
    """What less it would have cost to read what was written to the cache again; ``None`` without a price."""
    cold: int


class Report(Struct, frozen=True, kw_only=True):
    """All of it."""

    since: datetime
    until: datetime
    usd: float | None
    """Of the time, at the prices that were in force."""
    attempts: int
    unpriced: int
    splits: tuple[Split, ...]
    month: Month | None
    waste: Waste | None


def read_report(questions: Questions, by: str, since: datetime, until: datetime) -> Report:
    """Ask for everything.

    Args:
        questions: Asks about the time.
        by: As `questions.check_way` lets through.
        since: Begin of the time.
        until: Its end.

    Raises:
        SourceError: A question was not answered.
    """
    ways = questions.tag_keys() if by == "tag" else [by]
    totals = next(iter(questions.own("cost_waste")), None)
    return Report(
        since=since,
        until=until,
        usd=totals.get("usd") if totals else 0.0,
        attempts=totals["attempts"] if totals else 0,
        unpriced=totals["unpriced"] if totals else 0,
        splits=tuple(_split(way, questions.shared("usage_by", SplitBy=way)) for way in ways),
        month=_month(questions.own("cost_month")),
        waste=None if totals is None else _waste(totals, questions.own("cost_cold"), until),
    )


def _split(by: str, rows: Iterable[Row]) -> Split:
    reported = [{name: row.get(name) for name in Part.__struct_fields__} for row in rows]
    return Split(by=by, parts=msgspec.convert(reported, tuple[Part, ...]))


def _month(rows: list[Row]) -> Month | None:
    if not rows:
        return None
    reported = {name: rows[0].get(name) for name in Month.__struct_fields__}
    return msgspec.convert({**reported, "usd": reported["usd"] or 0.0}, Month)


def _waste(totals: Row, cold: list[Row], until: datetime) -> Waste:
    saved = [_saved(row, until) for row in cold]
    return Waste(
        failed_usd=totals.get("failed_usd"),
        failed=totals["failed"],
        retried_usd=totals.get("retried_usd"),
        retried=totals["retried"],
        abandoned_usd=totals.get("abandoned_usd"),
        abandoned=totals["abandoned"],
        partial_usd=totals.get("partial_usd"),
        partial=totals["partial"],
        cold_usd=None if None in saved else math.fsum(usd for usd in saved if usd is not None),
        cold=sum(row["attempts"] for row in cold),
    )


def _saved(row: Row, until: datetime) -> float | None:
    """What the mean cold attempt would have saved, had all that it wrote been there to read; times all."""
    attempts = row["attempts"]
    writes, hours = row["write_tokens"] // attempts, row["hour_tokens"] // attempts
    rest = max(row["prompt_tokens"] // attempts - writes, 0)
    at_ns = int(row.get("newest", until).timestamp()) * 10**9

    def usd(usage: TokenUsage) -> float | None:
        found = pricing.cost(row.get("model") or None, usage, at_ns, deployment=row.get("deployment") or None)
        return None if found is None else found.usd

    plain = TokenUsage(input_tokens=rest, output_tokens=0, complete=True)
    written = usd(structs.replace(plain, cache_creation_input_tokens=writes, cache_creation_1h=hours))
    read = usd(structs.replace(plain, cache_read_input_tokens=writes))
    return None if written is None or read is None else (written - read) * attempts
