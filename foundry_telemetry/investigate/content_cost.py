"""What request and response logs would take and cost a month, by the ledger's own counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct
from rich.text import Text

from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.formatting import Line, day_and_time, many, percent
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.investigate.texts import ATTEMPT
from foundry_telemetry.investigate.time_range import Span
from foundry_telemetry.kql.parameters import TimeRange, Value

FIXED_BYTES: Final = 1_500
"""Of an event besides its texts: ids, tags, and what Azure puts around them."""
BYTES_PER_TOKEN: Final = 4
"""Of English prose; code has about three, other scripts more."""
ANALYTICS_USD: Final = 2.30
"""List price of a GB of analytics logs, pay-as-you-go, in the cheapest regions."""
BASIC_USD: Final = 0.50
"""The same of basic logs."""
MONTH: Final = timedelta(days=30)
ASSUMED: Final = (
    f"{BYTES_PER_TOKEN} bytes a token, cached ones included, as in English prose; in code they are fewer",
    "images and documents as large as their tokens, though only their hash is kept",
    f"{FIXED_BYTES:,} bytes an attempt for ids and tags",
    "attempts without usage, as most that failed, are as large as the others",
    "no redaction, which shortens; tags and deployments of a policy are not considered",
    "a month of 30 days, like the range",
    "list prices per GB at ingestion in the cheapest regions; retention beyond 31 days costs extra",
)
"""What the figures rest on."""

_GB: Final = 10**9


class Group(Struct, frozen=True, kw_only=True):
    """Attempts that are kept alike."""

    is_always: bool = False
    """Whether they failed or were refused."""
    attempts: int = 0
    sized: int = 0
    cut: int = 0
    bytes: int = 0


class Estimate(Struct, frozen=True, kw_only=True):
    """What a policy would keep."""

    span: Span
    share: float
    failures: bool
    attempts: int
    failed: int
    kept: int
    """Of the attempts."""
    mean_bytes: float
    cut: int
    """Of those whose size is known; kept or not."""
    bytes_month: float
    usd_per_gb: float

    @property
    def usd_month(self) -> float:
        """At the price given."""
        return self.bytes_month / _GB * self.usd_per_gb

    @property
    def usd_month_basic(self) -> float:
        """On the Basic plan."""
        return self.bytes_month / _GB * BASIC_USD


def estimate(
    source: Source, span: Span, policy: ContentPolicy, usd_per_gb: float = ANALYTICS_USD
) -> Estimate:
    """What a policy would take and cost, had it been in force in a range.

    Raises:
        SourceError: The ledger cannot be asked.
    """
    window = TimeRange(*span, timedelta(hours=1))
    values: dict[str, Value] = {
        "Fixed": str(FIXED_BYTES),
        "PerToken": str(BYTES_PER_TOKEN),
        "Budget": str(policy.budget_bytes),
        "Window": window,
    }
    groups = queries.records(source.ask("content_size", values), Group)
    sized = sum(group.sized for group in groups)
    mean = sum(group.bytes for group in groups) / sized if sized else float(FIXED_BYTES)
    kept = size = 0.0
    for group in groups:
        share = 1.0 if group.is_always and policy.failures else policy.share
        kept += share * group.attempts
        size += share * (group.bytes + mean * (group.attempts - group.sized))
    return Estimate(
        span=span,
        share=policy.share,
        failures=policy.failures,
        attempts=sum(group.attempts for group in groups),
        failed=sum(group.attempts for group in groups if group.is_always),
        kept=round(kept),
        mean_bytes=mean,
        cut=sum(group.cut for group in groups),
        bytes_month=size * (MONTH / (span.end - span.start)),
        usd_per_gb=usd_per_gb,
    )


def lines(found: Estimate) -> Iterator[Line]:
    """For a terminal."""
    of = f"{found.kept:,} of {many(found.attempts, ATTEMPT)}"
    always = f"all {found.failed:,} that failed or were refused, " if found.failures else ""
    yield "range", Text(f"{day_and_time(found.span.start)} to {day_and_time(found.span.end)}")
    yield "kept", Text(f"{of}: {always}{found.share:.4g} of the rest")
    gb, cut = f"{found.bytes_month / _GB:,.3f} GB", percent(found.cut, found.attempts)
    yield "size", Text(f"{gb} a month; {found.mean_bytes:,.0f} bytes an attempt, {cut} cut to fit")
    analytics = f"${found.usd_month:,.2f} a month at ${found.usd_per_gb:.2f} per GB"
    basic = f"${found.usd_month_basic:,.2f} on the Basic plan (${BASIC_USD:.2f} per GB)"
    yield "cost", Text(f"{analytics}; {basic}", style="bold")
    yield "", Text("The Delete Data API needs the Analytics plan.", style="dim")
    for label, text in zip(("assumed", *[""] * len(ASSUMED)), ASSUMED, strict=False):
        yield label, Text(text, style="dim")


def as_object(found: Estimate) -> dict[str, Any]:
    """What JSON can hold."""
    return {
        "from": found.span.start.isoformat(),
        "to": found.span.end.isoformat(),
        "attempts": found.attempts,
        "failed_or_refused": found.failed,
        "kept": found.kept,
        "share": found.share,
        "mean_bytes": round(found.mean_bytes),
        "cut": found.cut,
        "bytes_month": round(found.bytes_month),
        "usd_per_gb": found.usd_per_gb,
        "usd_month": round(found.usd_month, 2),
        "usd_month_basic": round(found.usd_month_basic, 2),
        "assumed": list(ASSUMED),
    }
