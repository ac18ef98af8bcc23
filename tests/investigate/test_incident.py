"""What an incident is, over a day of three services: compared with what was done to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.incidents import BOT, NOW, ORDERS, REPORTS, Call, Trouble, day
from tests.dashboards.rows import Row
from tests.investigate.commands import Said, run
from tests.investigate.history import Version, around, put
from tests.support.kept_azure import empty

ROLE = ("authz_missing_role", "caller_authorization")
LIMIT = ("rate_limited", "quota")
SERVER = ("server_error", "model_service")


Ask = Callable[..., Said]
"""Runs a command on a store."""
After = Callable[..., Ask]
"""Makes that a day in which there was trouble: is given the trouble, and the version of each row."""


def asker(azure: LocalAzureMonitor, trouble: Trouble, version: Version = lambda _: "1.4.2") -> Ask:
    """Store a day in which there was trouble."""
    put(azure.store, day(trouble), version)
    return lambda *arguments, **env: run(*arguments, "--url", azure.url, **env)


@pytest.fixture
def after(kept_azure: LocalAzureMonitor) -> After:
    """A store with one day and nothing else."""

    def stored(*about: Any) -> Ask:
        empty(kept_azure)
        return asker(kept_azure, *about)

    return stored


def within(call: Call, first: float, last: float = 0.0) -> bool:
    """Whether a call was begun between so many minutes ago and so many."""
    return timedelta(minutes=last) <= call.age <= timedelta(minutes=first)


def since(finding: Any) -> datetime:
    """When a finding of JSON began."""
    return datetime.fromisoformat(finding["period"]["since"])


def one_of(said: Said) -> Any:
    """The only finding."""
    (finding,) = said.reported["findings"]
    return finding


def first_of(cause: tuple[str, str], trouble: Trouble) -> datetime:
    """When the first attempt failed so."""
    return min(row.at for row in day(trouble) if row.error_type == cause[0])


def test_a_healthy_hour(healthy: Callable[..., Said]) -> None:
    """A usual hour, with recovered and odd failures, is OK; it says what it checked."""
    said, reported = healthy("incident", *around(60)), healthy("incident", *around(60), "--json").reported
    assert said.code == 0
    text = " ".join(said.out.split())
    assert text.startswith("OK no elevated failures, no other incident: ")
    totals = reported["totals"]
    assert f"{totals['calls']} calls, {totals['attempts']} attempts, 2 services" in text
    assert f"baseline: {totals['baseline_attempts']:,} attempts since " in text
    assert f"{reported['comparisons']} comparisons; local Azure Monitor at http://127.0.0.1:" in text
    assert reported["verdict"] == "ok"
    assert totals["calls"] > 90
    assert reported["findings"] == []


@pytest.mark.parametrize("hour", range(1, 20, 3))
def test_every_hour_of_a_healthy_day(hour: int, healthy: Callable[..., Said]) -> None:
    """No hour of a usual day is an incident, however little was before it."""
    assert healthy("incident", *around(60 * hour, 60 * (hour - 1)), "--json").reported["verdict"] == "ok"


@pytest.fixture(scope="module")
def healthy() -> Iterator[Callable[..., Said]]:
    """A store with a usual day."""
    with LocalAzureMonitor() as azure:
        yield asker(azure, lambda _: None)


def refused(call: Call, cause: tuple[str, str], status: int, attempts: int = 1) -> list[Row]:
    """A call all of whose attempts were refused."""
    return [call.refused(number, status, *cause) for number in range(1, attempts + 1)]


def test_one_service_after_a_release(after: After) -> None:
    """Owner, first failure, who is affected and who is not, and the version that came just before."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, ROLE, 401) if call.service == ORDERS and within(call, 14) else None

    def version(row: Row) -> str:
        return "1.4.3" if row.service == ORDERS and row.at >= NOW - timedelta(minutes=16) else "1.4.2"

    ask = after(trouble, version)
    said, finding = ask("incident", *around(30)), one_of(ask("incident", *around(30), "--json"))
    assert said.code == 3
    assert (finding["cause"], finding["owner"]) == ROLE
    assert since(finding) == first_of(ROLE, trouble)
    assert finding["period"]["state"] == "ongoing"
    assert not finding["period"]["is_earliest"]
    assert finding["failed_calls"] == finding["calls"] == finding["attempts"] == 14
    assert [(one["dimension"], one["value"], one["unaffected"]) for one in finding["extent"]] == [
        ("service", ORDERS, [BOT])
    ]
    (new,) = finding["first_seen"]
    assert (new["dimension"], new["value"], new["before"]) == ("version", "1.4.3", ["1.4.2"])
    text = " ".join(said.out.split())
    assert text.startswith("INCIDENT authz_missing_role: ")
    assert f"owner: {OWNER_LABELS[ROLE[1]]} ongoing since " in text
    assert f"affected {ORDERS} → claude-sonnet-5-5; not affected: service {BOT}" in text
    assert "version 1.4.3, first seen " in text
    assert "14 of 14 calls failed with this error (100%); 14 attempts since the change" in text


def test_what_retries_mask(after: After) -> None:
    """A storm that every call survives is an incident, with how often each was tried."""

    def trouble(call: Call) -> list[Row] | None:
        return [*refused(call, LIMIT, 429, 2), call.attempt(3)] if within(call, 20) else None

    ask = after(trouble)
    said, finding = ask("incident", *around(30)), one_of(ask("incident", *around(30), "--json"))
    assert said.code == 3
    assert (finding["cause"], finding["owner"], finding["extent"]) == (*LIMIT, [])
    assert finding["failed_calls"] == 0
    assert finding["recovered_calls"] == finding["calls"] == finding["attempts"] / 3 > 20
    text = " ".join(said.out.split())
    assert re.search(r"none of \d+ calls failed: masked by retries, \d+ recovered", text)
    assert REPORTS not in text  # all traffic, but who makes no calls is not affected


@pytest.mark.parametrize(("every", "wrong"), [(60, False), (5, True)])
def test_few_that_retries_mask_are_no_incident(after: After, every: int, wrong: bool) -> None:
    """What recovers altogether is an incident only from a share on; below it is shown all the same."""

    def trouble(call: Call) -> list[Row] | None:
        if within(call, 300) and call.number % every == 0:
            return [*refused(call, ("timeout", "model_service"), 408), call.attempt(2)]
        return None

    ask = after(trouble)
    reported = ask("incident", *around(300), "--json").reported
    assert reported["verdict"] == ("incident" if wrong else "ok")
    assert [one["cause"] for one in reported["findings"]] == ["timeout"] * wrong
    below = {one["measure"]: one for one in [*reported["at_baseline"], *reported["notes"]]}
    assert ("timeout" in below) != wrong
    assert wrong or below["timeout"]["changed"] >= 5


@pytest.mark.slow
def test_retries_that_do_not_help(after: After) -> None:
    """A call all of whose attempts fail is one failed call, however often it was tried."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, SERVER, 500, 3) if within(call, 20) else None

    ask = after(trouble)
    finding = one_of(ask("incident", *around(30), "--json"))
    assert (finding["cause"], finding["owner"]) == SERVER
    assert finding["failed_calls"] == finding["calls"] == finding["attempts"] / 3 > 20
    assert finding["recovered_calls"] == 0


def test_an_incident_that_is_over(after: After) -> None:
    """What began and ended within the period is shown with both ends."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, SERVER, 500) if within(call, 25, 15) else None

    last = max(row.at for row in day(trouble) if row.error_type == SERVER[0])
    ask = after(trouble)
    said, finding = ask("incident", *around(30)), one_of(ask("incident", *around(30), "--json"))
    assert finding["period"]["state"] == "ended"
    assert since(finding) == first_of(SERVER, trouble)
    assert datetime.fromisoformat(finding["period"]["last"]) == last
    time = r"(\w{3} \d+ )?\S+ UTC"  # with its day where that is not today
    assert re.search(rf"ended: {time} to {time} \(10 min\)", " ".join(said.out.split()))


def test_who_makes_no_more_calls_cannot_be_over(after: After) -> None:
    """Where the affected have no calls since, nobody knows whether it is over: it says so."""

    def trouble(call: Call) -> list[Row] | None:
        if call.service != BOT or not within(call, 35):
            return None
        return refused(call, SERVER, 500) if within(call, 35, 20) else []

    ask = after(trouble)
    said, reported = ask("incident", *around(40)), ask("incident", *around(40), "--json").reported
    (finding,) = [one for one in reported["findings"] if one["cause"] == SERVER[0]]
    assert finding["period"]["state"] == "no traffic"
    assert "no traffic of the affected since" in " ".join(said.out.split())


def test_intermittent(after: After) -> None:
    """What comes and goes is one incident that says so, since it came first."""

    def trouble(call: Call) -> list[Row] | None:
        is_on = within(call, 100) and int(call.age.total_seconds() / 60) % 25 >= 13
        return refused(call, SERVER, 500) if is_on else None

    ask = after(trouble)
    finding = one_of(ask("incident", *around(120), "--json"))
    assert finding["period"]["state"] == "intermittent"
    assert finding["period"]["times"] > 1
    assert since(finding) == first_of(SERVER, trouble)


@pytest.mark.slow
def test_an_incident_older_than_the_time_looked_at(after: After) -> None:
    """It is found when it began, though only the last half hour was asked for."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, SERVER, 500) if call.service == BOT and within(call, 200) else None

    ask = after(trouble)
    finding = one_of(ask("incident", *around(30), "--json"))
    assert since(finding) == first_of(SERVER, trouble)
    assert not finding["period"]["is_earliest"]


@pytest.mark.slow
def test_an_incident_that_is_there_for_days(after: After) -> None:
    """What was as bad the day before is no less wrong, and may have begun earlier."""

    def trouble(call: Call) -> list[Row] | None:
        return refused(call, ROLE, 401) if call.service == BOT else None

    ask = after(trouble)
    said, finding = ask("incident", *around(30)), one_of(ask("incident", *around(30), "--json"))
    assert said.code == 3
    assert finding["cause"] == ROLE[0]
    assert finding["main"]["baseline"] == 1.0
    assert finding["period"]["is_earliest"]
    assert "or earlier" in said.out
    assert "unknown; no earlier data to compare" in said.out


def test_two_causes_are_two_incidents(after: After) -> None:
    """Each with its cause, owner, who and since; a background failure elsewhere is not part of either."""

    def trouble(call: Call) -> list[Row] | None:
        if within(call, 20):
            return refused(call, ROLE, 401) if call.service == ORDERS else refused(call, SERVER, 500)
        return None

    ask = after(trouble)
    said, reported = ask("incident", *around(30)), ask("incident", *around(30), "--json").reported
    assert [(one["cause"], one["owner"], one["services"]) for one in reported["findings"]] == [
        (*ROLE, [ORDERS]),
        (*SERVER, [BOT]),
    ]
    (second,) = [line for line in said.lines if line.startswith("SECOND INCIDENT ")]
    assert "server_error" in second


def test_one_instance_of_three(after: After) -> None:
    """One instance among others of its service is named, and the others are not affected."""

    def trouble(call: Call) -> list[Row] | None:
        rows = refused(call, ROLE, 401)
        is_struck = call.service == ORDERS and within(call, 40) and rows[0].instance == "pod-1"
        return rows if is_struck else None

    ask = after(trouble)
    finding = one_of(ask("incident", *around(60), "--json"))
    terms = {one["dimension"]: one for one in finding["extent"]}
    assert terms["instance"]["value"] == "pod-1"
    assert set(terms["instance"]["unaffected"]) == {"pod-0", "pod-2"}
    assert finding["services"] == [ORDERS]


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
