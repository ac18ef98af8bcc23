"""What the tabs share: columns by their names, charts with the legends of their series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypedDict

from dashboards.builder.texts import COLUMNS, LINKS, SERIES, VALUES
from dashboards.builder.visualizations import (
    GROUPED,
    MILLISECONDS,
    MINUTE,
    RATE,
    TEXT,
    TIME,
    Chart,
    Column,
    Json,
    Tiles,
    Unit,
    in_words,
    number,
    opens,
    percent,
)

USD: Final = {"formatter": 0} | number(4, "usd")
SECONDS: Final = {"formatter": 0} | number(1, "s")
HUNDREDTHS: Final = {"formatter": 0} | number(2)
"""Seconds in a column that names its unit: the portal writes less than one as milliseconds."""
SHARE: Final = percent()
GB: Final = {"formatter": 0} | number(6)
OUTCOME: Final = in_words(
    VALUES["outcome"],
    {
        "ok": "success",
        "error": "error",
        "stream_error": "error",
        "truncated": "error",
        "no_response": "error",
        "not_sent": "error",
        "abandoned": "stopped",
        "cancelled": "cancelled",
    },
)
CALL_OUTCOME: Final = in_words(
    VALUES["call_outcome"],
    {
        "succeeded": "success",
        "recovered": "success",
        "failed": "error",
        "abandoned": "stopped",
        "cancelled": "cancelled",
    },
)
OWNER: Final = in_words(VALUES["error_owner"])
TICKET: Final = opens("CellDetails", LINKS["details"])
PERCENTILES: Final = {"p50": "blue", "p95": "orange", "p99": "redBright"}
LATENCY: Final = Chart(kind="linechart", y=tuple(PERCENTILES), colours=PERCENTILES, unit="ms", floor=0)

_GROUPED: Final = (
    "abandoned", "answers", "attempts", "cache_read", "cache_write", "calls", "days_kept", "dropped",
    "failed", "failed_before_first_byte", "failed_calls", "input_difference", "input_tokens", "last_week",
    "ledger_input", "ledger_output", "limit", "metrics_input", "metrics_output", "new_input", "output",
    "output_difference", "output_tokens", "records", "stream_errors", "streams", "thinking", "truncated",
    "unpriced",
)  # fmt: skip
"""Columns that are whole numbers."""
_RATES: Final = (
    "current_rate", "highest_unthrottled", "lowest_throttled", "peak_rate", "tokens_per_s_p10",
    "tokens_per_s_p50", "units",
)  # fmt: skip
"""Columns that are numbers with a fraction."""

_LOOKS: Final[Mapping[str, Json]] = {
    "TimeGenerated": TIME,
    "abandoned_percent": SHARE,
    "before_ms": MILLISECONDS,
    "billable_gb_a_day": GB,
    "call_ms": MILLISECONDS,
    "call_outcome": CALL_OUTCOME,
    "cost_usd": USD,
    "duration_ms": MILLISECONDS,
    "earlier_usd": USD,
    "error_owner": OWNER,
    "expired_s": SECONDS,
    "failed_before_percent": SHARE,
    "failed_calls_percent": SHARE,
    "failed_percent": SHARE,
    "first_p50_s": HUNDREDTHS,
    "first_p95_s": HUNDREDTHS,
    "first_p99_s": HUNDREDTHS,
    "first_p95_before_ms": MILLISECONDS,
    "first_p95_ms": MILLISECONDS,
    "first_seen": TIME,
    "first_token_ms": MILLISECONDS,
    "hit_percent": SHARE,
    "hour": MINUTE,
    "last_heartbeat": TIME,
    "last_record": TIME,
    "last_seen": TIME,
    "last_week_percent": SHARE,
    "logged": TIME,
    "newest": TIME,
    "oldest": TIME,
    "outcome": OUTCOME,
    "p50_before_ms": MILLISECONDS,
    "p50_ms": MILLISECONDS,
    "p95_before_ms": MILLISECONDS,
    "p95_ms": MILLISECONDS,
    "partial_usd": USD,
    "peak_at": MINUTE,
    "peak_percent": percent(warning=80, critical=100),
    "retry_after_s": SECONDS,
    "share_percent": SHARE,
    "spans_kept_percent": SHARE,
    "started": TIME,
    "ticket": TICKET,
    "time_to_limit_s": SECONDS,
    "took_ms": MILLISECONDS,
    "valid_s": SECONDS,
    "waited_ms": MILLISECONDS,
    "wasted_usd": USD,
    **dict.fromkeys(_GROUPED, GROUPED),
    **dict.fromkeys(_RATES, RATE),
}
"""Column: its look, wherever it stands; plain text by default."""


def columns(*names: str, **looks: Json) -> tuple[Column, ...]:
    """Columns under their headings.

    Args:
        names: In order.
        looks: Column: how it looks here, in place of its usual look.
    """
    return tuple(Column(name, COLUMNS[name], looks.get(name) or _LOOKS.get(name, TEXT)) for name in names)


class Series(TypedDict):
    """How the series of a chart look and what the legend calls them."""

    colours: Mapping[str, str]
    labels: Mapping[str, str]


def series(**colours: str) -> Series:
    """The series of a chart, by their colours."""
    return Series(colours=colours, labels={name: SERIES[name] for name in colours})


def stacked(unit: Unit = "", **colours: str) -> Chart:
    """Bars on top of each other, one series a column."""
    return Chart(kind="barchart", y=tuple(colours), **series(**colours), unit=unit)


def tiles(digits: int, unit: Unit = "") -> Tiles:
    """The tiles of a query."""
    return Tiles(title="tile", subtitle="detail", value="value", note="change", digits=digits, unit=unit)
