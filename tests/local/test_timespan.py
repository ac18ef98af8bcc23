"""The ISO 8601 forms that limit a query in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.timespan import Timespan, read_timespan

NOW = datetime.fromisoformat("2026-01-02T03:04:05")
DAY = datetime.fromisoformat("2026-01-01")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT86400.0S", timedelta(days=1)),
        ("P1D", timedelta(days=1)),
        ("pt1h", timedelta(hours=1)),
        ("P1DT2H30M0.5S", timedelta(days=1, hours=2, minutes=30, seconds=0.5)),
        ("P2W", timedelta(weeks=2)),
        ("P1Y2M", timedelta(days=365 + 60)),
        ("PT1.5H", timedelta(minutes=90)),
        (" PT0S ", timedelta()),
    ],
)
def test_duration(text: str, length: timedelta) -> None:
    """A duration is the time up to now."""
    assert read_timespan(text, NOW) == Timespan(NOW - length, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z/2026-01-01T12:00:00Z",
        "2026-01-01T00:00:00.000000Z/2026-01-01T12:00:00.0000000Z",
        "2026-01-01/2026-01-01T12:00",
        "2026-01-01T02:00:00+02:00/PT12H",
        "2026-01-01T00:00:00Z/P0.5D",
        "PT12H/2026-01-01T12:00:00Z",
        "2026-01-01T00:00:00Z/PT43200.0S",
    ],
)
def test_both_ends(text: str) -> None:
    """Two instants, or one and a duration on either side of it; without an offset an instant is UTC."""
    assert read_timespan(text, NOW) == Timespan(DAY, DAY + timedelta(hours=12))


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1", "PT1", "1D", "-P1D", "P-1D", "P1DT", "P1H", "PTS", "P1D P1D", "P\u0661D"),
        *("2026-01-01", "yesterday", "P1D/P1D", "PT1H/", "/PT1H", "/", "2026-01-01/2026-01-02/2026-01-03"),
        *("2026-01-02/2026-01-01", "2026-13-01/P1D", "P99999999999D", "2026-01-01/P9999Y", "2026-01-01/now"),
    ],
)
def test_anything_else(text: str) -> None:
    """What is none of the forms, or ends before it starts, is an error with what is expected."""
    with pytest.raises(QueryError, match="expected an ISO 8601 duration") as refused:
        read_timespan(text, NOW)
    assert (refused.value.status, refused.value.construct) == (400, "timespan")
