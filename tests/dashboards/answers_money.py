"""What the queries of the money of a period must answer, worked out in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.dashboards.reference_answers import Answer, Choice, let_through, reported_total, rounded, within
from tests.dashboards.rows import Row

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]

# --- periods -----------------------------------------------------------------------------------------------


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _first(at: datetime) -> datetime:
    """The begin of the month of a time."""
    return _midnight(at).replace(day=1)


def period_of(choice: Choice) -> Span:
    """The time that the money is of."""
    end = choice.time.end
    last = end - timedelta(milliseconds=1)
    today, month = _midnight(last), _first(last)
    periods: Mapping[str, Span] = {
        "range": (choice.time.start, end),
        "today": (today, end),
        "yesterday": (today - DAY, today),
        "this_month": (month, end),
        "last_month": (_first(month - DAY), month),
    }
    return periods[choice.period]


def earlier_period(start: datetime, end: datetime) -> Span:
    """The time it is compared with."""
    if start != _first(end - timedelta(milliseconds=1)) or end - start <= DAY:
        return start - (end - start), start
    before = _first(start - DAY)
    is_whole = end == _first(start + 31 * DAY)
    return before, start if is_whole else min(start, before + (end - start))


def of_period(rows: list[Row], choice: Choice) -> list[Row]:
    """The rows that the filters let through, of the period."""
    return within(let_through(rows, choice), *period_of(choice))


# --- dimensions --------------------------------------------------------------------------------------------

UNKNOWN = "(unknown)"
_FIELDS: Mapping[str, Callable[[Row], str | None]] = {
    "deployment": lambda row: row.deployment,
    "model": lambda row: row.model,
    "service": lambda row: row.service,
    "version": lambda row: row.version,
}


def value_of(row: Row, key: str, choice: Choice) -> str:
    """The value of a dimension; of a tag, which is that of the filter at the top."""
    if key in _FIELDS:
        return _FIELDS[key](row) or UNKNOWN
    return dict(row.tags).get(choice.tag_key) or UNKNOWN


def _usd(rows: Iterable[Row]) -> float | None:
    found = reported_total(rows, "cost_usd")
    return None if found is None else float(found)


def _is_unpriced(row: Row) -> bool:
    has_all = None not in (row.input_tokens, row.output_tokens) and row.usage_complete is not False
    return row.cost_usd is None and has_all


# --- answers -----------------------------------------------------------------------------------------------


def _line(names: tuple[str, str], now: list[Row], earlier: list[Row], total: float) -> dict[str, Any]:
    usd, before = _usd(now), _usd(earlier)
    return {
        "part": names[0],
        "second": names[1],
        "cost_usd": usd,
        "share_percent": None if usd is None or total <= 0 else rounded(100 * usd / total, 4),
        "earlier_usd": before,
        "change_usd_percent": rounded(100 * ((usd or 0.0) - before) / before, 2) if before else None,
        "unpriced": sum(map(_is_unpriced, now)),
        "attempts": len(now),
    }


def money_by(rows: list[Row], choice: Choice) -> Answer:
    """What did each part cost, and what did it cost before?"""
    start, end = period_of(choice)
    all_times = let_through(rows, choice)
    now, earlier = within(all_times, start, end), within(all_times, *earlier_period(start, end))
    if not now and not earlier:
        return []
    parts: dict[tuple[str, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for place, reported in enumerate((now, earlier)):
        for row in reported:
            key = value_of(row, choice.split_by, choice), value_of(row, choice.then_by, choice)
            parts[key][place].append(row)
    total = _usd(now) or 0.0
    found = [_line(names, *both, total) for names, both in parts.items()]
    none = math.inf
    found.sort(
        key=lambda line: (
            none if line["cost_usd"] is None else -line["cost_usd"],
            none if line["earlier_usd"] is None else -line["earlier_usd"],
            -line["attempts"],
            line["part"],
            line["second"],
        )
    )
    return [_line(("(total)", ""), now, earlier, total), *found[:250]]


def waste(rows: list[Row], choice: Choice) -> Answer:
    """What did attempts cost that gave nothing?"""
    reported = of_period(rows, choice)
    if not reported:
        return []
    usd = _usd(reported)
    kinds: Mapping[str, Callable[[Row], bool]] = {
        "Failed attempts": lambda row: row.failed,
        "Client disconnected": lambda row: row.is_abandoned,
        "Retries (for information)": lambda row: row.attempt_number > 1,
    }
    found = [
        (kind, _usd(filter(is_of, reported)), sum(map(is_of, reported)), usd) for kind, is_of in kinds.items()
    ]
    partial = reported_total(reported, "partial_cost_usd")
    ended = sum(row.partial_cost_usd is not None for row in reported)
    found.append(("Incomplete usage (at least)", None if partial is None else float(partial), ended, None))
    return [
        {
            "waste": kind,
            "cost_usd": lost,
            "share_percent": None if lost is None or not whole else rounded(100 * lost / whole, 4),
            "attempts": attempts,
        }
        for kind, lost, attempts, whole in found
    ]
