"""Cost without value, each kind with its sum: failed, retried, abandoned, cache re-writes, long prompts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Final

from msgspec import Struct, structs

from foundry_telemetry import pricing
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing import rate_tables
from foundry_telemetry.pricing.model_prices import Bracket

_NS: Final = 10**9


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
    tier_usd: float | None
    """Of prompts in a dearer price tier."""
    tier_below_usd: float | None
    """What the same tokens would have cost below the tier; ``None`` without a price."""
    tier: int


def read_waste(totals: Row, cold: Sequence[Row], tiers: Iterable[Row], until: datetime) -> Waste:
    """The kinds of waste, from the answers to ``cost_waste``, ``cost_cold`` and ``cost_tiers``."""
    saved = [_saved(row, until) for row in cold]
    dear = [(row, below) for row in tiers if (below := _below(row, until)) is not None]
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
        tier_usd=math.fsum(row["cost_usd"] for row, _ in dear),
        tier_below_usd=math.fsum(below for _, below in dear),
        tier=sum(row["attempts"] for row, _ in dear),
    )


def _saved(row: Row, until: datetime) -> float | None:
    """What the mean cold attempt would have saved, had all that it wrote been there to read; times all."""
    attempts = row["attempts"]
    writes, hours = row["write_tokens"] // attempts, row["hour_tokens"] // attempts
    rest = max(row["prompt_tokens"] // attempts - writes, 0)
    at_ns = _at_ns(row, until)

    def usd(usage: TokenUsage) -> float | None:
        found = pricing.cost(row.get("model") or None, usage, at_ns, deployment=row.get("deployment") or None)
        return None if found is None else found.usd

    plain = TokenUsage(input_tokens=rest, output_tokens=0, complete=True)
    written = usd(structs.replace(plain, cache_creation_input_tokens=writes, cache_creation_1h=hours))
    read = usd(structs.replace(plain, cache_read_input_tokens=writes))
    return None if written is None or read is None else (written - read) * attempts


def _below(row: Row, until: datetime) -> float | None:
    """What the tokens of a tier would have cost below it; ``None`` where the model has no such tier.

    The recorded cost times the ratio of the two rates: discounts and multipliers stay in.
    """
    model, deployment = row.get("model") or None, row.get("deployment") or None
    table = rate_tables.table(model, _at_ns(row, until), deployment=deployment)
    if table is None:
        return None
    low, high = table.brackets[-1], rate_tables.bracket(table, row["tier"])
    listed = parts(high, row)
    if low is high or not listed:
        return None
    return float(row["cost_usd"] * parts(low, row) / listed)


def parts(rates: Bracket, row: Row) -> int:
    """What the summed tokens of a row cost at some rates, in parts of a US dollar."""
    written, hour, read = row["cache_write"], row["cache_write_1h"], row["cache_read"]
    return int(
        row["attempts"] * rates.call
        + (row["input"] - read - written) * rates.input
        + read * rates.cache_read
        + (written - hour) * rates.cache_write_5m
        + hour * rates.cache_write_1h
        + row["output"] * rates.output
        + row["web_searches"] * (rates.web_search or 0)
    )


def _at_ns(row: Row, until: datetime) -> int:
    return int(row.get("newest", until).timestamp()) * _NS


def tier() -> str:
    """An expression of KQL: the most tokens of a list's tier that the prompt is above, or 0."""
    cases = (f"input_tokens > {above}, {above}" for above in reversed(rate_tables.tiers()))
    return f"case({', '.join(cases)}, 0)" if rate_tables.tiers() else "0"


def epoch(since: datetime, until: datetime, moment: str = "TimeGenerated") -> str:
    """An expression of KQL: how many price lists of a time began before an attempt ended."""
    within = list(enumerate(starts(since, until), 1))[::-1]
    cases = (f"{moment} >= datetime({at:%Y-%m-%d}), {number}" for number, at in within)
    return f"case({', '.join(cases)}, 0)" if within else "0"


def starts(since: datetime, until: datetime) -> list[datetime]:
    """When the price lists of a time after the first one began."""
    days = (datetime.combine(day, time(), UTC) for day in rate_tables.changes())
    return [at for at in days if since < at < until]
