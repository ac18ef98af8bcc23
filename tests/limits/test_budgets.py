"""Budgets: counted by window and tag, reported once, never in the way of a call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

import foundry_telemetry
from foundry_telemetry import Observation, attribute
from foundry_telemetry.limits import budgets
from foundry_telemetry.limits.budgets import (
    Budget,
    Overrun,
    on_budget,
    overruns,
    set_budgets,
    spend,
    window_start,
)
from foundry_telemetry.testing import FakeFoundry, message
from tests.support.capture import Capture
from tests.support.families import httpx
from tests.support.patience import PATIENCE_S

NOON = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)
"""A Wednesday."""
SEEN = Observation(call_id="0" * 16, outcome="ok", started_ns=0, duration_s=1.0)


@pytest.fixture(autouse=True)
def _no_budgets() -> Iterator[None]:
    """Budgets are the process's: each test leaves none, and no thread that calls back."""
    yield
    set_budgets([])
    for thread in threading.enumerate():
        if thread.name == "foundry-budget":
            thread.join(PATIENCE_S)


class Heard:
    """A callback that keeps what it is given, and can be waited for."""

    def __init__(self) -> None:
        self.overruns: list[Overrun] = []
        self.threads: set[str] = set()
        self._came = threading.Semaphore(0)

    def __call__(self, overrun: Overrun) -> None:
        """Take one."""
        self.overruns.append(overrun)
        self.threads.add(threading.current_thread().name)
        self._came.release()

    def wait(self, times: int = 1) -> list[Overrun]:
        """The overruns, once there are so many."""
        for _ in range(times):
            assert self._came.acquire(timeout=PATIENCE_S)
        return self.overruns


def pay(usd: float | None, at: datetime = NOON, partial: float | None = None, **tags: str) -> None:
    """An attempt that cost so much."""
    spend(
        structs.replace(
            SEEN, cost_usd=usd, partial_cost_usd=partial, tags=tags, started_ns=int(at.timestamp() * 1e9)
        )
    )


def test_reported_once_in_a_window() -> None:
    """When more is spent than the budget has, it is reported, once; the next window begins at nothing."""
    heard = Heard()
    on_budget(heard, usd=1.0, window="day")
    for usd in (0.5, 0.5):
        pay(usd)
    assert not overruns
    for usd in (0.25, 7.0):
        pay(usd)
    (first,) = heard.wait()
    assert first == Overrun(
        budget=Budget(usd=1.0, window="day"),
        value=None,
        spent_usd=1.25,
        window_start=datetime(2026, 11, 18, tzinfo=UTC),
    )
    pay(2.0, NOON + timedelta(days=1))
    assert [one.spent_usd for one in heard.wait()] == [1.25, 2.0]
    pay(9.0, NOON)  # began in a window that is over
    assert overruns == {"1 USD per day": 2}


def test_each_value_of_a_tag() -> None:
    """Each tenant has the budget for itself; attempts without a tenant have none."""
    heard = Heard()
    on_budget(heard, usd=1.0, tag="tenant")
    pay(0.9, tenant="acme")
    pay(0.9, tenant="globex")
    pay(9.0)
    pay(0.2, tenant="globex")
    assert [one.value for one in heard.wait()] == ["globex"]


def test_one_value_of_a_tag() -> None:
    """A budget of one tenant counts no other."""
    heard = Heard()
    on_budget(heard, usd=1.0, tag="tenant", value="acme")
    pay(5.0, tenant="globex")
    pay(5.0, tenant="acme")
    assert [(one.value, one.spent_usd) for one in heard.wait()] == [("acme", 5.0)]


def test_what_counts() -> None:
    """Costs count, and partial costs, which are spent as surely; attempts without either do not."""
    set_budgets([Budget(usd=1.0)])
    pay(None)
    pay(None, partial=0.75)
    assert not overruns
    pay(0.5)
    assert overruns == {"1 USD per month": 1}


def test_memory_is_bounded() -> None:
    """Ever new tenants do not fill the memory; those beyond the bound share one count."""
    set_budgets([Budget(usd=1000.0, tag="tenant")])
    for number in range(budgets._MAX_VALUES + 500):
        pay(1.0, tenant=f"t{number}")
    (account,) = budgets._accounts
    assert len(account._spent) == budgets._MAX_VALUES + 1
    assert account._spent["other"] == 500


@pytest.mark.parametrize(
    ("window", "start"),
    [
        ("hour", datetime(2026, 11, 18, 12, tzinfo=UTC)),
        ("day", datetime(2026, 11, 18, tzinfo=UTC)),
        ("week", datetime(2026, 11, 16, tzinfo=UTC)),
        ("month", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_windows(window: str, start: datetime) -> None:
    """Windows are those of the calendar, in UTC."""
    assert window_start(window, NOON) == start


def test_no_sum_is_lost_between_threads() -> None:
    """Threads that count at once lose nothing, and the overrun is reported once."""
    set_budgets([Budget(usd=7999.5)])
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(1000):
            pay(1.0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pay(1e-9)  # takes along what another thread left behind
    assert overruns == {"7999.5 USD per month": 1}


def test_the_log_names_the_budget_and_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """One warning, with what was spent, and without the value of the tag."""
    set_budgets([Budget(usd=1.0, window="hour", tag="tenant")])
    with caplog.at_level(logging.WARNING):
        pay(2.5, tenant="CANARY")
    assert [record.getMessage() for record in caplog.records] == [
        "budget exceeded: 1 USD per hour tenant, 2.50 USD spent"
    ]


def test_calls_do_not_wait_for_a_callback(instrumented: Capture) -> None:
    """A callback that blocks, and one that raises, hold no call back and change nothing about it."""
    gate, heard = threading.Event(), Heard()

    def blocks(overrun: Overrun) -> None:
        gate.wait(PATIENCE_S)
        raise LookupError("CANARY")

    on_budget(blocks, usd=1e-9)
    on_budget(heard, usd=1e-9)
    with FakeFoundry(lambda _: message("well")) as foundry, httpx.Client(trust_env=False) as client:
        body = {"model": "claude-sonnet-5-5", "max_tokens": 9}
        for _ in range(3):
            with attribute(tenant="acme"):
                assert client.post(f"{foundry.base_url}/v1/messages", json=body).status_code == 200
    assert heard.overruns == []
    gate.set()
    heard.wait()
    assert heard.threads == {"foundry-budget"}
    assert len(instrumented.observations) == 3
    points = instrumented.points()["foundry.client.budget.overruns"]
    assert [(dict(point.attributes), point.value) for point in points] == [
        ({"foundry.budget": "1e-09 USD per month"}, 2)
    ]
    assert "CANARY" not in instrumented.everything()


def test_without_a_budget_nothing_is_counted() -> None:
    """Who has no budget pays for none."""
    pay(5.0)
    assert not budgets._spendings


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"usd": 0}, ValueError, "usd is 0; expected US dollars, above 0"),
        ({"usd": -5}, ValueError, "usd is -5"),
        ({"usd": float("nan")}, ValueError, "usd is nan"),
        ({"usd": "5"}, TypeError, "usd is '5'"),
        ({"usd": 5, "window": "1d"}, ValueError, "window is '1d'; expected one of hour, day, week, month"),
        ({"usd": 5, "tag": "Tenant"}, ValueError, "tag is 'Tenant'"),
        ({"usd": 5, "value": "acme"}, ValueError, "value is 'acme' without a tag"),
    ],
)
def test_bad_budgets(options: dict[str, Any], error: type[Exception], text: str) -> None:
    """What cannot be is refused by name and value, and no budget is added."""
    with pytest.raises(error, match=text):
        on_budget(None, **options)
    assert budgets.is_untouched()


def test_bad_callback() -> None:
    """A callback that cannot be called is refused."""
    with pytest.raises(TypeError, match=r"on_budget\(\): 7; expected a function"):
        on_budget(7, usd=1)  # type: ignore[arg-type]
    foundry_telemetry.uninstrument()
