"""Findings of a small ledger: who, since when, and numbers that are those of the period."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.incident import findings
from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.finding import Finding
from foundry_telemetry.investigate.incident.judging import Interval, Judge
from foundry_telemetry.investigate.incident.measures import MEASURES
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.investigate.incident.scan import Found
from foundry_telemetry.investigate.incident.slices import EMPTY, Sums, Unit, counted, made
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.value import EVENT_NAME
from tests.support.telemetry import Envelope, envelope, fill

END: Final = datetime.now(UTC).replace(second=0, microsecond=0)
SINCE: Final = END - timedelta(minutes=33)
MINUTE: Final = timedelta(minutes=1)
GOOD_AGAIN: Final = END - 12 * MINUTE


ACME: Final = Filters(tags=(("tenant", "acme"),))


@pytest.fixture(scope="module")
def both() -> tuple[Finding, Finding]:
    """One of two instances fails for 33 minutes, but for one minute in between; another service is well.

    It is asked without a filter, and of every other call.
    """
    with LocalAzureMonitor() as azure:
        fill(azure.store, list(_calls()))
        with sources.local(azure.url) as source:
            time = TimeRange(END - 60 * MINUTE, END, MINUTE)
            (one,), (filtered,) = (
                investigate(source, time, lambda _: None, filters).findings for filters in (None, ACME)
            )
    return one, filtered


@pytest.fixture(scope="module")
def found(both: tuple[Finding, Finding]) -> Finding:
    """Without a filter."""
    return both[0]


def _calls() -> Iterator[Envelope]:
    for number in range(26 * 20):  # every three minutes of the day before, each minute of the last hour
        yield from _minute(END - 60 * MINUTE - number * 3 * MINUTE + MINUTE / 2, number)
    for number in range(60):
        yield from _minute(END - (60 - number) * MINUTE + MINUTE / 2, number)


def _minute(at: datetime, number: int) -> Iterator[Envelope]:
    for place, instance in enumerate(("orders-0", "orders-1", "search-0")):
        is_failed = instance == "orders-1" and at >= SINCE and not GOOD_AGAIN < at < GOOD_AGAIN + MINUTE
        properties = {
            "foundry.call.id": f"{int(at.timestamp()) * 4 + place:016x}",
            "foundry.attempt.number": "1",
            "foundry.duration_ms": str(900 + 100 * (number % 5)),
            "foundry.outcome": "error" if is_failed else "ok",
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "chat",
            "gen_ai.usage.output_tokens": "100",
            "foundry.tag.tenant": ("acme", "globex")[number % 2],
        }
        if is_failed:
            properties |= {"error.type": "server_error", "foundry.error.owner": "azure"}
        tags = {"ai.cloud.role": instance.partition("-")[0], "ai.cloud.roleInstance": instance}
        yield envelope("EventData", {"name": EVENT_NAME, "properties": properties}, at, tags=tags)


@pytest.mark.slow
def test_numbers_are_those_of_the_period(found: Finding) -> None:
    """The share, the calls and the attempts are those since the change, not those of the whole hour."""
    assert found.period.since == SINCE + MINUTE / 2
    assert (found.main.changed, found.main.count) == (32, 33)
    assert (found.calls, found.attempts, found.failed_calls) == (33, 33, 32)


@pytest.mark.slow
def test_a_filter_holds_for_all_that_is_asked(both: tuple[Finding, Finding]) -> None:
    """Numbers and examples of a finding are those of the filtered calls."""
    filtered = both[1]
    assert filtered.calls == filtered.attempts == 16
    assert filtered.failed_calls == 15
    assert all('"acme"' in (one.properties or "") for one in filtered.examples)


@pytest.mark.slow
def test_a_minute_is_no_pause(found: Finding) -> None:
    """One good call in between does not make it intermittent."""
    assert (found.period.state, found.period.times) == ("ongoing", 1)


@pytest.mark.slow
def test_an_instance_is_compared_with_those_of_its_service(found: Finding) -> None:
    """Other services are named as such, not by their instances."""
    assert [(one.dimension, one.value, one.number, one.unaffected) for one in found.extent] == [
        ("service", "orders", 2, ("search",)),
        ("instance", "orders-1", 2, ("orders-0",)),
    ]


def _sums(duration: float, tokens: float, count: int = 40) -> Sums:
    """Responses that are alike."""
    latency, pace = math.log(duration), math.log(duration / (tokens + 50))
    return counted(
        attempts=count,
        latency_n=count,
        latency_sum=count * latency,
        latency_squares=count * latency**2,
        pace_n=count,
        pace_sum=count * pace,
        pace_squares=count * pace**2,
    )


def test_latency_is_a_duration() -> None:
    """Judged at the same length of response, latency is shown as how long a call takes; both are said."""
    before, now = _sums(4_000, 350), _sums(6_000, 150)
    one = made(Unit("orders", "chat"), "", "", (now,), (before,), (before,), EMPTY)
    slices, measure = Slices([one]), MEASURES[0]
    compared = Judge(measure, slices).compare([one], Interval(0, 1))
    change = findings.change(Found(measure, Extent((), (one,)), Interval(0, 1), compared), slices)
    assert change.now == pytest.approx(6_000)
    assert change.baseline == pytest.approx(4_000)
    assert change.ratio == pytest.approx(3)
