"""Functions of datetimes and timespans, as SQL templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.local.engine.language.refusals import refusal

_SINCE_EPOCH: Final = (
    "CASE WHEN typeof({0}) IN ('FLOAT', 'DOUBLE') "
    "THEN make_timestamp(CAST(floor(CAST({0} AS DOUBLE) * {unit}) AS BIGINT)) "
    "ELSE make_timestamp(CAST({0} AS BIGINT) * {unit} // {part}) END"
)

_RFC_FORMATS: Final = (
    "%a, %-d %b %y %H:%M:%S",
    "%a, %-d %b %y %H:%M",
    "%-d %b %y %H:%M:%S",
    "%-d %b %y %H:%M",
    "%A, %d-%b-%y %H:%M:%S",
    "%A, %d-%b-%y %H:%M",
    "%d-%b-%y %H:%M:%S",
    "%d-%b-%y %H:%M",
    "%a, %-d %b %Y %H:%M:%S",
    "%a, %-d %b %Y %H:%M",
    "%-d %b %Y %H:%M:%S",
    "%-d %b %Y %H:%M",
)
"""RFC 822 and RFC 850, without the zone, which Kusto takes as GMT."""

_TICK: Final = refusal(
    "A time has a seventh digit of its second, and the local store keeps six: "
    "write todatetime(substring(x, 0, 26))."
)


def with_more_forms(todatetime: str) -> str:
    """The template of ``todatetime`` with RFC 822, RFC 850, and no digit lost."""
    text = "trim(regexp_replace(CAST({0} AS VARCHAR), '\\s+(GMT|UTC)\\s*$', ''))"
    forms = ", ".join(f"'{one}'" for one in _RFC_FORMATS)
    return (
        f"CASE WHEN typeof({{0}}) <> 'TIMESTAMP' AND regexp_matches(CAST({{0}} AS VARCHAR), "
        f"':[0-9][0-9]\\.[0-9]{{{{6}}}}[1-9]') THEN {_TICK} "
        f"ELSE coalesce({todatetime}, try_strptime({text}, [{forms}])) END"
    )


def _epoch(unit: str, part: str) -> str:
    return _SINCE_EPOCH.replace("{unit}", unit).replace("{part}", part)


_PARTS: Final = {
    "dayofmonth": "day",
    "dayofyear": "dayofyear",
    "getmonth": "month",
    "getyear": "year",
    "hourofday": "hour",
    "monthofyear": "month",
    "week_of_year": "weekofyear",
    "weekofyear": "weekofyear",
}
"""Functions that give a part of a datetime as an int, and what the database calls it."""

TIME_FUNCTIONS: Final[Mapping[tuple[str, int], str]] = {
    **{(name, 1): f"CAST({part}({{0}}) AS INTEGER)" for name, part in _PARTS.items()},
    ("unixtime_seconds_todatetime", 1): _epoch("1000000", "1"),
    ("unixtime_milliseconds_todatetime", 1): _epoch("1000", "1"),
    ("unixtime_microseconds_todatetime", 1): _epoch("1", "1"),
    ("unixtime_nanoseconds_todatetime", 1): "make_timestamp(CAST({0} AS BIGINT) // 1000)",
}
"""By name and number of arguments."""
