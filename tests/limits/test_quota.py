"""The local quota: what the last minute had, what the limits are, and when they are met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from foundry_telemetry.limits import quota
from foundry_telemetry.limits.quota import Limits, Quota, Reading, set_limits
from foundry_telemetry.observation import Observation, TokenUsage
from foundry_telemetry.signals import gauges
from tests.signals.exchange import STARTED_NS, Clock, exchange
from tests.support.capture import Capture

NOON = 1_795_348_800
"""Seconds since the epoch; the begin of a minute."""
SEEN = Observation(
    call_id="0" * 16,
    deployment="d",
    outcome="ok",
    status_code=200,
    started_ns=0,
    duration_s=5.0,
    usage=TokenUsage(
        input_tokens=100, cache_creation_input_tokens=20, cache_read_input_tokens=5000, output_tokens=30
    ),
)


@pytest.fixture(autouse=True)
def _none_declared() -> Iterator[None]:
    """Limits are the process's: each test leaves none."""
    yield
    set_limits({})


def calls(times: dict[int, int], known: Quota | None = None, **reported: Any) -> Quota:
    """So many calls at each time, seconds from noon."""
    known = known or Quota()
    for at, count in times.items():
        for _ in range(count):
            known.add(structs.replace(SEEN, started_ns=(NOON + at) * 10**9, **reported))
    return known


def read(known: Quota, at: int, deployment: str = "d") -> dict[str, Reading]:
    """The readings of a deployment, seconds from noon."""
    return {
        reported.kind: reported for reported in known.read(NOON + at) if reported.deployment == deployment
    }


def test_what_the_last_minute_had() -> None:
    """Requests and uncached input count when they were sent, output when it ended; cache reads never."""
    known = calls({0: 2, 30: 1, 57: 1})
    reported = {kind: reading.used for kind, reading in read(known, 59).items()}
    assert reported == {"requests": 4, "uncached_input": 480, "output": 90}
    reported = {kind: reading.used for kind, reading in read(known, 62).items()}
    assert reported == {"requests": 2, "uncached_input": 240, "output": 120}
    assert {reading.used for reading in read(known, 500).values()} == {0}


def test_what_counts_nowhere() -> None:
    """What was never sent, or names no deployment, uses no quota; deployments are bounded."""
    known = calls({0: 1}, outcome="not_sent")
    calls({0: 1}, known, deployment=None)
    assert list(known.read(NOON)) == []
    for number in range(100):
        calls({0: 1}, known, deployment=f"d{number}")
    assert len({reading.deployment for reading in known.read(NOON)}) == 50


def test_unknown_tokens_are_none() -> None:
    """A request without usage is a request."""
    reported = read(calls({0: 3}, usage=TokenUsage()), 10)
    assert [reported[kind].used for kind in quota.KINDS] == [3, 0, 0]


def test_declared_limits() -> None:
    """A declared limit is reported as such, a kind that was not declared has none."""
    set_limits({"d": Limits(requests=80, output=9000), "other": Limits(requests=1)})
    reported = read(calls({0: 1}), 10)
    assert [(reported[kind].limit, reported[kind].source) for kind in quota.KINDS] == [
        (80, "declared"),
        (None, None),
        (9000, "declared"),
    ]


def test_learnt_limits() -> None:
    """The lowest throttled minute is the limit, once it is over."""
    known = calls({0: 10, 60: 29})
    calls({90: 1}, known, status_code=429, outcome="error", usage=TokenUsage())
    assert read(known, 100)["requests"].limit is None
    reported = read(known, 60 * 4)
    assert (reported["requests"].limit, reported["requests"].source) == (30, "learnt")
    calls({300: 19}, known)
    calls({301: 1}, known, status_code=429, outcome="error")
    assert read(known, 60 * 8)["requests"].limit == 20


def test_a_busier_minute_that_passed_teaches_otherwise() -> None:
    """Where a busier minute passed without a 429, another limit was met: this one is not known."""
    known = calls({0: 3})
    calls({1: 1}, known, status_code=429, outcome="error")
    assert read(known, 200)["requests"].limit == 4
    calls({300: 5}, known)
    assert read(known, 600)["requests"].limit is None


def test_the_time_to_exhaustion() -> None:
    """What grows by ten a minute from forty meets a limit of eighty after four minutes."""
    set_limits({"d": Limits(requests=80)})
    known = Quota()
    for minute in range(-5, 1):
        calls({minute * 60 - 1: 90 + 10 * minute - 50}, known)
    reported = read(known, 0)["requests"]
    assert reported.used == 40
    assert reported.seconds_to_exhaustion == pytest.approx(240, rel=0.15)


def test_no_exhaustion() -> None:
    """What falls or stays exhausts no limit; what is beyond it has done so."""
    set_limits({"d": Limits(requests=80)})
    falling, steady, beyond = Quota(), Quota(), Quota()
    for minute in range(-5, 1):
        calls({minute * 60 - 1: 20 - minute}, steady)
        calls({minute * 60 - 1: 30 - 5 * minute}, falling)
        calls({minute * 60 - 1: 80}, beyond)
    assert read(falling, 0)["requests"].seconds_to_exhaustion is None
    assert read(Quota(), 0) == {}
    assert read(beyond, 0)["requests"].seconds_to_exhaustion == 0.0


def test_memory_is_bounded() -> None:
    """A day of calls keeps five minutes of seconds and two of minutes."""
    known = calls(dict.fromkeys(range(0, 86_400, 7), 1))
    list(known.read(NOON + 86_400))
    (kinds,) = known._seen.values()
    for seconds in kinds.values():
        assert len(seconds._amounts) <= 300
        assert len(seconds._minutes) <= 3


def test_gauges(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a call used is a gauge when metrics are read, with its limit and the time to it."""
    set_limits({"claude-sonnet-5-5": Limits(requests=1, output=10**6)})
    monkeypatch.setattr(gauges, "time", lambda: STARTED_NS / 1e9 + 30)
    clock = Clock(monkeypatch)
    exchange("sse_text", capture, clock)
    points = capture.points()

    def reported(name: str) -> dict[str, float]:
        return {dict(point.attributes)["foundry.quota.kind"]: point.value for point in points[name]}

    (seen,) = capture.observations
    assert reported("foundry.client.quota.used") == {
        "requests": 1,
        "uncached_input": seen.usage.uncached_input_tokens,
        "output": seen.usage.output_tokens,
    }
    assert reported("foundry.client.quota.limit") == {"requests": 1, "output": 10**6}
    assert reported("foundry.client.quota.time_to_exhaustion")["requests"] == 0.0
    (limit, *_) = points["foundry.client.quota.limit"]
    assert dict(limit.attributes)["foundry.quota.source"] == "declared"


@pytest.mark.parametrize(
    ("value", "error"),
    [("80", TypeError), (True, TypeError), (1.5, TypeError), (0, ValueError), (-1, ValueError)],
)
def test_bad_limits(value: Any, error: type[Exception]) -> None:
    """What is no number of things a minute is refused by name and value."""
    with pytest.raises(error, match=rf"Limits\.requests is {value!r}"):
        Limits(requests=value)
    with pytest.raises(TypeError, match=r"set_limits: 'd' is 80; expected Limits"):
        set_limits({"d": 80})  # type: ignore[dict-item]
