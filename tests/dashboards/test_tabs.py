"""What the queries of the tabs keep to where rules say more than a ledger made by chance can show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest

from dashboards.builder.tabs.auth import CAUSES, COLOURS
from dashboards.builder.texts import VALUES
from foundry_telemetry.advice import advice_for
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.wire.causes import CLASSES
from tests.dashboards.answers import Choice, answer
from tests.dashboards.answers_incident import is_refused
from tests.dashboards.engine import Workspace, near
from tests.dashboards.others import IDLE, UNCOUNTED
from tests.dashboards.rows import END, Row
from tests.dashboards.test_queries import choice_of, ledger

OTHER_TABLES = (
    "AppDependencies", "AppRequests", "AppTraces", "AppExceptions", "AppMetrics", "AppPerformanceCounters",
)  # fmt: skip
OF_SPANS = {"call_trace", "stored", "telemetry_by_service"}
"""The only queries that read spans: of one trace, how many are stored, and which share was kept."""
OF_METRICS = OF_SPANS | {"ledger_against_metrics"}
OF_LINES = {"call_logs", "call_content", "cut_values"}
"""The only queries whose rows are all of other tables, or of other events."""


@cache
def alone() -> Workspace:
    """The ledger of the first seed, and no other table."""
    return Workspace(ledger(0)[0], without=OTHER_TABLES)


@cache
def unsampled() -> Workspace:
    """The ledger of the first seed, of which no span was kept."""
    return Workspace(ledger(0)[0], spans=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", compose.names())
def test_a_workspace_may_have_the_ledger_alone(name: str) -> None:
    """Where no other table exists, no query fails, and those of the ledger answer the same."""
    whole, choice = ledger(0)[1], choice_of(0)
    reported = alone().ask(name, choice.values)
    assert bool(reported) is (name not in OF_LINES)
    if name not in OF_METRICS | OF_LINES:
        assert reported == near(whole.ask(name, choice.values))


def test_what_no_table_has_is_not_zero() -> None:
    """Without metrics and spans nothing counts as kept, dropped, alive or measured."""
    metrics_due = choice_of(0).time.end - timedelta(minutes=2)
    for line in alone().ask("telemetry_by_service", choice_of(0).values):
        assert {line[name] for name in ("spans_kept_percent", "last_heartbeat", "dropped")} == {None}
        counts = line["last_record"] >= metrics_due  # its metrics may still come
        silent = "no_heartbeat" if not line["attempts"] else "drops_not_counted"
        assert line["state"] == ("healthy" if counts else silent)
    for line in alone().ask("ledger_against_metrics", choice_of(0).values):
        assert (line["state"], line["metrics_input"], line["input_difference"]) == ("no_metrics", None, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(compose.names()) - OF_SPANS))
def test_sampled_traces_change_no_number(name: str) -> None:
    """One span of ten is kept in one workspace, none in the other: every answer is the same."""
    sampled, choice = ledger(0)[1], choice_of(0)
    assert sampled.ask(name, choice.values) == near(unsampled().ask(name, choice.values))


def test_the_share_of_spans_that_was_kept_is_reported() -> None:
    """One span of ten was kept, of each service that has a ledger."""
    reported = ledger(0)[1].ask("telemetry_by_service", choice_of(0).values)
    shares = {line["service"]: line["spans_kept_percent"] for line in reported if line["last_record"]}
    assert set(shares.values()) == {10.0}
    assert len(shares) == 3


def test_states_of_telemetry() -> None:
    """A service is healthy, idle, without heartbeat, dropping, counts no drops, or has no ledger."""
    silent = Row(at=END - timedelta(days=3), call_id="d" * 16, service="quiet one")
    idle = Row(at=END - timedelta(days=3), call_id="e" * 16, service=IDLE)
    uncounted = Row(at=END - timedelta(minutes=9), call_id="f" * 16, service=UNCOUNTED)
    reported = Workspace([*ledger(0)[0], silent, idle, uncounted]).ask(
        "telemetry_by_service", choice_of(0).values
    )
    assert {line["service"]: line["state"] for line in reported} == {
        "orders-api": "healthy",
        "night batch": "dropping",
        "[shop]/checkout": "dropping",
        "forgotten": "no_ledger",
        "quiet one": "no_heartbeat",
        IDLE: "idle",
        UNCOUNTED: "drops_not_counted",
    }


def test_the_tab_auth_shows_all_that_is_an_auth_failure() -> None:
    """Every class of the wire that is an auth failure, no other; each of them has a colour."""
    kinds = [*CLASSES, "http_401", "http_403", "http_418"]
    found = {kind for kind in kinds if is_refused(Row(at=END, call_id="a", error_type=kind))}
    assert found == set(CAUSES) | {"http_401", "http_403"}
    assert set(COLOURS) == set(CAUSES)
    at = END - timedelta(minutes=1)
    workspace = Workspace([Row(at=at, call_id=kind, error_type=kind) for kind in kinds])
    assert {line["error_type"] for line in workspace.ask("auth_causes", Choice().values)} == found


@pytest.mark.parametrize(("minutes", "state"), [(1, "recovered"), (-1, "failing")])
def test_a_refusal_is_over_once_the_same_credential_works(minutes: int, state: str) -> None:
    """Only what was answered later, with the same kind of credential at the same resource, counts."""
    at = END - timedelta(minutes=30)
    one = Row(at=at, call_id="a", error_type="auth_token_expired", auth_scheme="entra_id", resource="r")
    well = replace(one, at=at + timedelta(minutes=minutes), call_id="b", error_type=None)
    elsewhere = [replace(well, at=END - timedelta(minutes=1), resource="s", call_id="c")]
    elsewhere += [replace(well, at=END - timedelta(minutes=1), auth_scheme="api_key", call_id="d")]
    [line] = Workspace([one, well, *elsewhere]).ask("auth_causes", Choice().values)
    assert line["state"] == state


def steady(per_minute: list[int], **reported: Any) -> list[Row]:
    """So many calls in each of the minutes that end two minutes before the end."""
    begin = END.replace(second=0) - timedelta(minutes=2 + len(per_minute))
    return [
        Row(
            at=begin + timedelta(minutes=minute, seconds=1 + call / 10),
            call_id=f"{minute}-{call}",
            deployment="d",
            **reported,
        )
        for minute, count in enumerate(per_minute)
        for call in range(count)
    ]


LINES = {
    "rising": ([2 + minute for minute in range(15)], 14.0),
    "steep": ([10 * minute for minute in range(15)], 0.0),
    "flat": ([5] * 15, None),
    "falling": ([20 - minute for minute in range(15)], None),
    "noisy": ([5, 9, 2, 8, 4, 7, 3, 9, 2, 8, 5, 9, 3, 8, 6], None),
}


@pytest.mark.parametrize("name", LINES)
def test_time_to_limit(name: str) -> None:
    """They follow the line of the last minutes to the limit; none where it does not clearly rise."""
    counts, minutes = LINES[name]
    reported = Workspace(steady(counts)).ask("limits", Choice(limits="d=30//").values)
    [line] = [line for line in reported if line["limit_type"] == "requests"]
    assert (line["limit"], line["source"], line["time_to_limit_s"]) == (
        30,
        "configured",
        None if minutes is None else 60 * minutes,
    )


def test_a_limit_is_learnt_from_the_minutes_that_met_it() -> None:
    """The lowest throttled minute is the limit, unless a higher one was not throttled: then it is unknown."""
    met = steady([12], status=429, error_type="rate_limited")
    for passed, limit, source in ((10, 12, "observed"), (15, None, "")):
        reported = Workspace(met + steady([passed, 0])).ask("limits", Choice(limits="").values)
        [line] = [line for line in reported if line["limit_type"] == "requests"]
        assert (line["limit"], line["source"]) == (limit, source)
        assert (line["highest_unthrottled"], line["lowest_throttled"]) == (passed, 12)


def test_all_services_share_a_limit() -> None:
    """Neither the filter of services nor that of models takes calls out of the minutes."""
    rows = steady([4], service="a", model="m") + steady([4], service="b", model="n")
    reported = Workspace(rows).ask("limits", Choice(services=("a",), models=("m",)).values)
    assert [line["peak_rate"] for line in reported if line["limit_type"] == "requests"] == [8]


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed", ["'", '"; AppEvents | take 1 //', "d=", "=1/1/1", "d=x/y/z", "d=1/2", "\\", ";;"]
)
def test_nothing_typed_as_limits_breaks_the_query(typed: str) -> None:
    """What is no limit declares none."""
    reported = Workspace(steady([3])).ask("limits", Choice(limits=typed).values)
    assert {line["source"] for line in reported} == {""}


@pytest.mark.slow
@pytest.mark.parametrize("typed", ["", "x", "'", "0"])
def test_a_price_that_is_none_gives_no_units(typed: str) -> None:
    """Cost in dollars needs no unit; units without a price are not made up."""
    values = Choice(usd_per_unit=typed).values
    workspace = ledger(0)[1]
    assert workspace.ask("spend_tiles", values)[0]["detail"] == "CCU unknown"
    assert {line["units"] for line in workspace.ask("usage_by", values)} == {None}


@pytest.mark.parametrize("grain", [timedelta(seconds=5), timedelta(minutes=1)])
def test_bins_of_minutes_are_no_shorter_than_a_minute(grain: timedelta) -> None:
    """Five minutes in steps of seconds still have one value a minute."""
    choice = Choice(time=TimeRange(END - timedelta(minutes=5), END, grain))
    rows, workspace = ledger(0)
    reported = workspace.ask("minutes_over_time", choice.values)
    assert reported == answer("minutes_over_time", rows, choice)
    assert {line["TimeGenerated"].second for line in reported} == {0}
    assert len({line["TimeGenerated"] for line in reported}) == 5


MEASURES = ("requests", "uncached_input", "output")
STREAM_MEASURES = ("first_p50", "first_p95", "tokens_per_s_p50", "abandoned", "interrupted")
CHOSEN = [("minutes_over_time", "measure", value) for value in MEASURES]
CHOSEN += [("streams_over_time", "stream_measure", value) for value in STREAM_MEASURES]
CHOSEN += [
    (name, "split_by", value) for name in ("usage_by", "cost_over_time") for value in VALUES["split_by"]
]
CHOSEN += [("usage_by", "tag_key", value) for value in ("feature", "nobody")]
CHOSEN += [
    (name, "period", value)
    for name in ("usage_by", "cost_over_time", "money_by", "waste")
    for value in VALUES["period"]
]
CHOSEN += [("money_by", "then_by", value) for value in VALUES["then_by"]]
CHOSEN += [
    (name, "target", value) for name in ("call_tiles", "success_over_time") for value in ("", "100", "99.95")
]
CHOSEN += [("month_to_date", "budget", "1.5")]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "field", "value"), CHOSEN)
def test_every_choice_is_answered(name: str, field: str, value: str) -> None:
    """Whatever a reader can choose on a tab gives what plain Python gives."""
    rows, workspace = ledger(0)
    choice = replace(choice_of(0), **{field: value})
    reported = workspace.ask(name, choice.values)
    expected = answer(name, rows, choice)
    assert reported == near(expected)


def test_tags_that_could_end_a_string_are_not_offered() -> None:
    """The chosen key goes unescaped into queries; neither odd keys nor keys within values are in the list."""
    odd = Row(
        at=END - timedelta(minutes=1), call_id="a", tags=(("o'brien", "x"), ("Upper", "x"), ("fine", "x"))
    )
    reported = Workspace([odd]).ask("tag_keys", Choice().values)
    assert [line["value"] for line in reported] == ["fine", "tenant"]
    offered = {line["value"] for line in ledger(0)[1].ask("tag_keys", Choice().values)}
    assert "evil" not in offered
    assert "feature" in offered


@pytest.mark.parametrize(
    ("end", "start", "days"),
    [
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), 31),
        (datetime(2026, 11, 1, 0, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), 30),
        (datetime(2028, 2, 29, 23, 59, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC), 29),
    ],
)
def test_the_month_is_that_of_the_end(end: datetime, start: datetime, days: int) -> None:
    """At midnight of the first the month before is shown, whole; a minute later the new one."""
    choice = Choice(time=TimeRange(end - timedelta(hours=1), end, timedelta(minutes=1)))
    rows = [Row(at=end - timedelta(seconds=1), call_id="a", cost_usd=1.0)]
    reported = Workspace(rows).ask("cost_by_day", choice.values)
    assert (reported[0]["TimeGenerated"], len(reported)) == (start, days)
    assert reported == answer("cost_by_day", rows, choice)


def test_the_first_day_does_not_count_for_the_run_rate() -> None:
    """Records began in the middle of a day: the forecast uses the full days after it, and says how many."""
    rows = [Row(at=END - timedelta(days=day, hours=1), call_id=str(day), cost_usd=10.0) for day in range(4)]
    _, forecast, _ = Workspace(rows).ask("spend_tiles", Choice().values)
    left = (datetime(2026, 12, 1, tzinfo=UTC) - END) / timedelta(days=1)
    assert forecast["value"] == pytest.approx(40 + 10 * left)
    assert forecast["change"] == "full days of data: 2"
    [_, forecast, _] = Workspace(rows[:1]).ask("spend_tiles", Choice().values)
    assert forecast["value"] is None
    assert forecast["detail"] == "after 1 full day, low and high after 2"
    assert forecast["change"] == "full days of data: 0"


def test_a_sum_of_unknown_values_is_not_zero() -> None:
    """Where no answer told tokens, thinking or a price, tables and tiles are empty there."""
    refused = Row(at=END - timedelta(minutes=9), call_id="a", error_type="rate_limited", deployment="refused")
    bare = replace(refused, call_id="b", error_type=None, deployment="bare", input_tokens=7, output_tokens=5)
    workspace = Workspace([refused, bare])
    values = Choice(split_by="deployment").values
    deployments = {row["deployment"]: row for row in workspace.ask("by_deployment", values)}
    assert [deployments["refused"][name] for name in ("input_tokens", "output_tokens", "cost_usd")] == [
        None
    ] * 3
    assert [deployments["bare"][name] for name in ("input_tokens", "output_tokens", "cost_usd")] == [
        7,
        5,
        None,
    ]
    parts = {row["part"]: row for row in workspace.ask("usage_by", values)}
    assert [parts["refused"][name] for name in ("new_input", "cache_read", "output", "thinking")] == [
        None
    ] * 4
    assert [parts["bare"][name] for name in ("new_input", "cache_read", "output", "thinking")] == [
        7,
        None,
        5,
        None,
    ]
    tiles = {row["tile"]: row for name in ("call_tiles", "cost_tile") for row in workspace.ask(name, values)}
    assert tiles["Output tokens"]["detail"] == "thinking tokens not reported"
    assert (tiles["Cost"]["value"], tiles["Cost"]["detail"]) == (None, "1 unpriced")
    assert [row["value"] for row in workspace.ask("spend_tiles", values)] == [None] * 3


def test_unpriced_is_one_number_on_every_tab() -> None:
    """What has no price is apart from what did not report all usage, and each tab counts the same."""
    at = END - timedelta(minutes=9)
    priced = Row(at=at, call_id="a", deployment="d", model="m", input_tokens=7, output_tokens=5, cost_usd=1.0)
    unpriced = [
        replace(priced, call_id="b", cost_usd=None),
        replace(priced, call_id="c", cost_usd=None, model=None),
    ]
    incomplete = replace(priced, call_id="e", cost_usd=None, output_tokens=None, outcome="abandoned")
    unused = replace(incomplete, call_id="f", input_tokens=None, outcome="error", error_type="overloaded")
    workspace = Workspace([priced, *unpriced, incomplete, unused])
    values = Choice(split_by="deployment").values
    reasons = {row["reason"]: row["attempts"] for row in workspace.ask("unpriced", values)}
    assert reasons == {"unpriced_usage": 1, "no_model": 1, "incomplete": 1}
    assert [row["unpriced"] for row in workspace.ask("usage_by", values)] == [2]
    assert workspace.ask("cost_tile", values)[0]["detail"] == "2 unpriced"
    assert workspace.ask("spend_tiles", values)[0]["change"] == "2 unpriced"


def test_what_happened_is_not_zero_percent() -> None:
    """One failure of two thousand calls has a rate, in the tile and in the table."""
    at = END - timedelta(minutes=9)
    rows = [Row(at=at, call_id=str(number), deployment="d") for number in range(1999)]
    workspace = Workspace([*rows, Row(at=at, call_id="x", deployment="d", error_type="overloaded")])
    failed = workspace.ask("call_tiles", Choice().values)[2]
    assert (failed["value"], failed["detail"]) == (1, "<0.1% of calls")
    [line] = workspace.ask("by_deployment", Choice().values)
    assert line["failed_calls_percent"] == 0.05


def test_amounts_have_thousands_separators() -> None:
    """Money and units in the texts of tiles are grouped, as numbers in tables are."""
    rows = [
        Row(at=END - timedelta(days=day, hours=1), call_id=str(day), cost_usd=450_000.0 + day)
        for day in range(5)
    ]
    month, forecast, _ = Workspace(rows).ask("spend_tiles", Choice().values)
    assert month["detail"] == "202,500,900 CCU"
    assert len(forecast["detail"].split(",")) == 5


RESOURCE = "/subscriptions/6f1c/resourcegroups/rg/providers/microsoft.insights/components/shop"


def test_the_link_to_the_trace_names_resource_trace_and_time() -> None:
    """It opens Transaction search in the portal that the workbook names; without a trace there is none."""
    traced = Row(
        at=END - timedelta(hours=1), call_id="a" * 16, OperationId="4bf92f3577b34da6a3ce929d0e0e4736"
    )
    untraced = replace(traced, call_id="b" * 16, OperationId="0" * 32)
    workspace = Workspace([traced, untraced])
    assert workspace.ask("call_attempts", Choice(call_id="a" * 16).values)[0]["trace_url"] == ""
    workspace.belongs_to(RESOURCE)
    [line] = workspace.ask("call_attempts", Choice(call_id="a" * 16).values)
    begin, _, inputs = line["trace_url"].partition("/BladeInputs/")
    assert begin.startswith("https://portal.azure.com/#blade/AppInsightsExtension/")
    assert unquote(begin).endswith(f"/ResourceId/{RESOURCE}")
    assert begin.count("/") == 9
    reported = json.loads(inputs)
    assert traced.OperationId in reported["filterWhereClause"]
    assert "datetime(2026-11-22 12:07:00)-2h..2h" in reported["timeContextWhereClause"]
    assert reported["originalParams"]["searchPhrase"]["originalPhrase"] == traced.OperationId
    [line] = workspace.ask("call_attempts", Choice(call_id="b" * 16).values)
    assert line["trace_url"] == ""
    workspace.belongs_to("/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local")
    assert workspace.ask("call_attempts", Choice(call_id="a" * 16).values)[0]["trace_url"] == ""


FAILURES = (
    *(("overloaded", "model_service"), ("overloaded", "customer_gateway"), ("overloaded", None)),
    *(("gateway_rate_limited", "customer_gateway"), ("gateway_html", None), ("http_418", "customer_gateway")),
    *(("http_418", "network"), ("http_418", None), ("connection_error", "network")),
)
"""Cause and owner: with advice for the cause, for a gateway in place of it, for the owner, for neither."""


def test_the_advice_of_a_call_is_that_of_ticket() -> None:
    """What a cause means and what to do first is what the commands say, whoever answered."""
    at = END - timedelta(minutes=9)
    calls = {f"{number:016x}": failure for number, failure in enumerate(FAILURES)}
    failed = Row(at=at, call_id="", outcome="error")
    rows = [
        replace(failed, call_id=call, error_type=cause, error_owner=owner)
        for call, (cause, owner) in calls.items()
    ]
    workspace = Workspace(rows)
    for call, (cause, owner) in calls.items():
        (found,) = workspace.ask("call_explained", Choice(call_id=call).values)
        advice = advice_for(cause, owner)
        assert (found["meaning"], found["next_step"]) == (advice.meaning, advice.next_step), (cause, owner)


@pytest.mark.parametrize(("days", "first"), [(1, 12), (40, 31)])
def test_an_error_group_names_the_versions_it_was_first_and_last_seen_in(days: int, first: int) -> None:
    """Within 30 days, or a longer time range: of its owner, service and cause alone, and no success."""
    failed = Row(at=END - timedelta(hours=1), call_id="a", error_type="overloaded", error_owner="azure")
    before = replace(failed, at=END - timedelta(days=12), call_id="b")
    decoys = (
        replace(failed, at=END - timedelta(days=20), error_owner="model_service"),
        replace(failed, at=END - timedelta(days=25), service="night batch"),
        replace(failed, at=END - timedelta(days=28), error_type="timeout"),
        replace(failed, at=END - timedelta(days=29), error_type=None, error_owner=None),
        replace(failed, at=END - timedelta(days=31)),
        replace(failed, at=END + timedelta(minutes=1)),
    )
    rows = [failed, before, *(replace(row, call_id=f"c{number}") for number, row in enumerate(decoys))]
    choice = Choice(time=TimeRange(END - timedelta(days=days), END, timedelta(hours=1)))
    reported = Workspace(rows).ask("failures_last_week", choice.values)
    [line] = [
        line
        for line in reported
        if (line["error_type"], line["error_owner"], line["service"]) == ("overloaded", "azure", "orders-api")
    ]
    assert (line["first_seen"], line["first_version"]) == (END - timedelta(days=first), "1.4.1")
    assert (line["last_seen"], line["last_version"]) == (failed.at, "1.4.2")
    assert reported == answer("failures_last_week", rows, choice)
