"""What an incident is, over a day of three services: compared with what was done to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta, timezone
from typing import Any

import pytest

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate.incident.report import _enough_from
from foundry_telemetry.investigate.queries import Bin
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.incidents import BOT, NOW, ORDERS, Call, Trouble, day
from tests.dashboards.rows import Row
from tests.investigate.commands import Said, run
from tests.investigate.history import Version, around, put

ROLE = ("authz_missing_role", "caller_authorization")
LIMIT = ("rate_limited", "quota")
SERVER = ("server_error", "model_service")


@contextmanager
def after(trouble: Trouble, version: Version = lambda _: "1.4.2") -> Iterator[Callable[..., Said]]:
    """Runs a command on a store with a day in which there was trouble."""
    with LocalAzureMonitor() as azure:
        put(azure.store, day(trouble), version)
        yield lambda *arguments, **env: run(*arguments, "--url", azure.url, **env)


def within(call: Call, first: float, last: float = 0.0) -> bool:
    """Whether a call was begun between so many minutes ago and so many."""
    return timedelta(minutes=last) <= call.age <= timedelta(minutes=first)


def test_a_healthy_hour() -> None:
    """A usual hour, with recovered and odd failures, is OK; it says what it checked."""
    with after(lambda _: None) as ask:
        said = ask("incident", *around(60))
        reported = ask("incident", *around(60), "--json").reported
    assert said.code == 0
    assert said.lines[0].startswith("OK        no elevated failures: ")
    text = " ".join(said.out.split())
    assert (
        f"{reported['totals']['calls']} calls, {reported['totals']['attempts']} attempts, 2 services" in text
    )
    assert "attempts (24 h before); local Azure Monitor at http://127.0.0.1:" in text
    assert reported["verdict"] == "ok"
    assert reported["totals"]["calls"] > 90
    assert "main" not in reported


@pytest.mark.parametrize("hour", range(1, 20, 3))
def test_every_hour_of_a_healthy_day(hour: int, healthy: Callable[..., Said]) -> None:
    """No hour of a usual day is an incident, however little was before it."""
    assert healthy("incident", *around(60 * hour, 60 * (hour - 1)), "--json").reported["verdict"] == "ok"


@pytest.fixture(scope="module")
def healthy() -> Iterator[Callable[..., Said]]:
    """A store with a usual day."""
    with after(lambda _: None) as ask:
        yield ask


def refused(call: Call, cause: tuple[str, str], status: int, attempts: int = 1) -> list[Row]:
    """A call all of whose attempts were refused."""
    return [call.refused(number, status, *cause) for number in range(1, attempts + 1)]


def test_one_service_after_a_release() -> None:
    """Owner, first failure, who is affected and who is not, and the version that came just before."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, ROLE, 401) if call.service == ORDERS and within(call, 14) else None

    def version(row: Row) -> str:
        return "1.4.3" if row.service == ORDERS and row.at >= NOW - timedelta(minutes=16) else "1.4.2"

    first = min(row.at for row in day(trouble) if row.error_type == ROLE[0])
    with after(trouble, version) as ask:
        said, reported = ask("incident", *around(30)), ask("incident", *around(30), "--json").reported
    main = reported["main"]
    assert said.lines[0] == f"INCIDENT  authz_missing_role  owner: {OWNER_LABELS[ROLE[1]]}"
    assert main["change"]["since"] == first.isoformat()
    assert main["change"]["over"] is False
    assert main["cause"]["failed"] == main["cause"]["affected"] == 14
    service = next(one for one in main["affected"] if one["by"] == "service")
    assert (service["shares"][0]["value"], service["unaffected"]) == (ORDERS, 1)
    (new,) = main["newly_seen"]
    assert (new["what"], new["value"], new["service"]) == ("version", "1.4.3", ORDERS)
    assert "version 1.4.3 of shop.orders-api, first seen " in " ".join(said.out.split())
    assert f"service: {ORDERS} (14 of " in said.out
    assert "attempts failed); 1 other service not affected" in " ".join(said.out.split())
    assert "none: each affected call made one attempt" in said.out


def test_what_retries_mask() -> None:
    """A storm that every call survives is an incident, with how often each was tried."""

    def trouble(call: Call) -> list[Row] | None:
        return [*refused(call, LIMIT, 429, 2), call.attempt(3)] if within(call, 20) else None

    with after(trouble) as ask:
        said = ask("incident", *around(30))
    assert said.lines[0] == f"INCIDENT  rate_limited  owner: {OWNER_LABELS[LIMIT[1]]}"
    text = " ".join(said.out.split())
    assert re.search(
        r"failures masked by retries: all \d+ affected calls recovered, 3.0 attempts per call", text
    )
    assert "none of " in text
    assert "(0%)" not in text
    assert said.code == 3


@pytest.mark.parametrize(("every", "wrong"), [(60, False), (5, True)])
def test_few_that_retries_mask_are_at_normal_level(every: int, wrong: bool) -> None:
    """What recovers altogether is an incident only from a share on; below it is shown as normal."""

    def trouble(call: Call) -> list[Row] | None:
        if within(call, 300) and call.number % every == 0:
            return [*refused(call, ("timeout", "model_service"), 408), call.attempt(2)]
        return None

    with after(trouble) as ask:
        reported = ask("incident", *around(300), "--json").reported
    assert reported["verdict"] == ("incident" if wrong else "ok")
    causes = {
        one["error_type"]: one
        for one in [*reported["others"], *([reported["main"]["cause"]] if wrong else [])]
    }
    assert causes["timeout"]["attempts"] >= 5
    assert causes["timeout"]["failed"] == 0


def test_newest_failures_are_of_the_incident() -> None:
    """As many of the newest bins as have enough failures are read, but none from before it began."""
    key = ("overloaded", "model_service")
    bins = [
        Bin(
            at_ms=minute * 60_000.0,
            attempts=300,
            oldest_ms=0,
            newest_ms=0,
            error_type=kind,
            error_owner=key[1],
        )
        for minute in range(10)
        for kind in (key[0], "timeout")
    ]
    begin, first = NOW, NOW + timedelta(minutes=3)
    assert _enough_from(bins, key, begin, first) == NOW + timedelta(minutes=8)
    assert _enough_from(bins, key, begin, NOW + timedelta(minutes=9)) == NOW + timedelta(minutes=9)
    assert _enough_from(bins[:2], key, begin, first) == first


@pytest.mark.slow
def test_retries_that_add_load() -> None:
    """Retries that never help are shown to make it worse."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, SERVER, 500, 3) if within(call, 20) else None

    with after(trouble) as ask:
        said = ask("incident", *around(30))
    assert said.lines[0] == f"INCIDENT  server_error  owner: {OWNER_LABELS[SERVER[1]]}"
    assert "retries add load: 3.0 attempts per affected call, none recovered" in said.out


def test_an_incident_that_is_over() -> None:
    """What began and ended within the period is shown with both ends."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, SERVER, 500) if within(call, 25, 15) else None

    with after(trouble) as ask:
        said, reported = ask("incident", *around(30)), ask("incident", *around(30), "--json").reported
    assert reported["main"]["change"]["over"] is True
    assert re.search(r"^since     \S+ UTC until \S+ UTC \(\d+ min.*\); ended$", said.out, re.MULTILINE)


@pytest.mark.slow
def test_an_incident_older_than_the_time_looked_at() -> None:
    """It is found when it began, though only the last half hour was asked for."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, SERVER, 500) if call.service == BOT and within(call, 200) else None

    first = min(row.at for row in day(trouble) if row.error_type == SERVER[0])
    with after(trouble) as ask:
        reported = ask("incident", *around(30), "--json").reported
    assert reported["main"]["change"]["since"] == first.isoformat()


@pytest.mark.slow
def test_an_incident_that_is_there_for_days() -> None:
    """What was as bad the day before is no less wrong, and may have begun earlier."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, ROLE, 401) if call.service == BOT else None

    with after(trouble) as ask:
        said = ask("incident", *around(30))
    assert said.lines[0].startswith("INCIDENT  ")
    assert "authz_missing_role" in said.lines[0]
    assert "or earlier" in said.out
    assert "unknown; no earlier data to compare" in said.out


def test_the_worse_of_two_comes_first() -> None:
    """Of two causes the one for which more calls fail comes first, the other as the second incident."""

    def trouble(call: Call) -> list[Row] | None:
        if within(call, 20):
            return refused(call, ROLE, 401) if call.service == ORDERS else refused(call, SERVER, 500)
        return None

    with after(trouble) as ask:
        said = ask("incident", *around(30))
    assert "authz_missing_role" in said.lines[0]
    others = said.out.partition("\nothers")[2]
    assert others.split()[:3] == ["SECOND", "INCIDENT", "server_error"]


def test_silence(healthy: Callable[..., Said]) -> None:
    """A period without a call is no good news: the last attempt is shown, and what to check."""
    said = healthy("incident", "--from", "2020-01-01T00:00", "--to", "2020-01-01T01:00")
    assert said.code == 3
    assert said.lines[0] == "NO DATA   no Foundry call was recorded in this period"
    assert "no elevated failures" not in said.out
    assert "foundry-telemetry doctor" in said.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--since", "2x"), "'2x': expected a duration (30m, 2h, 7d), today, yesterday"),
        (("--since", "0m"), "0m to now: expected a start before the end"),
        (("--since", "32d"), "32d to now: expected at most 31 days"),
        (("--from", "soon"), "'soon': expected a duration (30m, 2h, 7d), today, yesterday"),
        (("--from", "2026-11-22T03:00", "--to", "2026-11-22T02:00"), "expected a start before the end"),
        (("--from", "2026-01-22T03:00", "--to", "2026-11-22T02:00"), "at most 31 days"),
        (("--since", "2h", "--from", "2026-11-22T03:00"), "--since and --from"),
        (("--watch", "--to", "2026-11-22T03:00"), "--watch and --to"),
        (("--watch", "--every", "0"), "expected a number from 1 to 3600"),
    ],
)
def test_bad_options(arguments: tuple[str, ...], expected: str) -> None:
    """A time that is none is named, with what was expected and a command that works; nobody is asked."""
    said = run("incident", *arguments, "--url", "http://127.0.0.1:1", COLUMNS="400")
    assert said.code == 2
    assert expected in said.err.replace("│", "")
    assert said.out == ""


def test_time_zones(healthy: Callable[..., Said]) -> None:
    """A time zone is taken, and without one the time is UTC."""
    local = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    reported: list[Any] = [
        healthy("incident", "--to", text, "--since", "1h", "--json").reported
        for text in (NOW.isoformat(), NOW.replace(tzinfo=None).isoformat(), local.isoformat())
    ]
    assert reported[0] == reported[1] == reported[2]
