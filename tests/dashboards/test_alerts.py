"""Alert rules, as the template deploys them, fire on incidents and on nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from dashboards.builder import alert_page, alerts, texts
from dashboards.builder.alert_rule import MOST_SERIES, PRICES
from dashboards.builder.alerts import RULES, WINDOWS
from dashboards.builder.arm.deployment import deploy
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import references
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.alerting import Group, Rule, duration, fired
from tests.dashboards.incidents import BOT, BUDGET_USD, DEPLOYMENTS, NOW, ORDERS, Call, Trouble, day
from tests.dashboards.rows import Row, posted
from tests.support.kept_azure import empty
from tests.support.telemetry import fill

TEMPLATE: Any = json.loads((files.folder() / files.TEMPLATE).read_bytes())
Fired = dict[str, dict[Group, float]]


def rules(**parameters: object) -> dict[str, Rule]:
    """The alert rules that a deployment with these parameters makes, by what they are called in ours."""
    made = deploy(TEMPLATE, {"monthlyBudgetUsd": BUDGET_USD} | parameters).resources
    reported = {one["name"]: one for one in made if one["type"] == "Microsoft.Insights/scheduledQueryRules"}
    return {
        rule.key: reported[f"foundry-{rule.slug}"] for rule in RULES if f"foundry-{rule.slug}" in reported
    }


Evaluate = Callable[..., Fired]
"""Given rows, and parameters of the deployment, what fires now."""


@pytest.fixture
def evaluate(kept_azure: LocalAzureMonitor) -> Evaluate:
    """What fires over some rows alone, by rule and group."""

    def evaluated(rows: Iterable[Row], **parameters: object) -> Fired:
        empty(kept_azure)
        fill(kept_azure.store, map(posted, rows))
        return all_fired(kept_azure, NOW, **parameters)

    return evaluated


def all_fired(azure: LocalAzureMonitor, at: Any, **parameters: object) -> Fired:
    """What fires at an instant."""
    found = {key: fired(rule, azure, at) for key, rule in rules(**parameters).items()}
    return {key: groups for key, groups in found.items() if groups}


def caller(service: str, **more: str) -> Group:
    """The dimensions of a service that calls its own deployment."""
    return tuple({"service": service, "deployment": DEPLOYMENTS[service], **more}.items())


# --- incidents ----------------------------------------------------------------------------------------------


def of(service: str, minutes: float, change: Callable[[Call], list[Row] | None], until: float = 0) -> Trouble:
    """Trouble of one service, from so many minutes ago until so many."""

    def trouble(call: Call) -> list[Row] | None:
        recent = timedelta(minutes=until) <= call.age <= timedelta(minutes=minutes)
        return change(call) if call.service == service and recent else None

    return trouble


def role_removed(call: Call) -> list[Row]:
    """A 401 that no retry mends."""
    return [call.refused(1, 401, "authz_missing_role", "caller_authorization")]


def limited(call: Call) -> list[Row] | None:
    """One 429 before every third call succeeds."""
    return [call.refused(1, 429, "rate_limited", "quota"), call.attempt(2)] if call.number % 3 == 0 else None


def failing(each: int) -> Callable[[Call], list[Row] | None]:
    """Each n-th call fails at the service."""
    return lambda call: (
        [call.refused(1, 500, "server_error", "model_service")] if call.number % each == 0 else None
    )


def slow(call: Call) -> list[Row]:
    """A first token that comes late."""
    return [call.attempt(time_to_first_token_ms=15_000.0)]


def costly(usd: float) -> Callable[[Call], list[Row]]:
    """Calls that cost more."""
    return lambda call: [call.attempt(cost_usd=usd)]


def cut_off(call: Call) -> list[Row] | None:
    """Two answers of three end at their limit of tokens."""
    return [call.attempt(stop_reason="max_tokens")] if call.number % 3 else None


def late(call: Call) -> list[Row]:
    """An answer that takes twice as long, with its first token in time."""
    return [call.attempt(duration_ms=3_800.0)]


def stubborn(call: Call) -> list[Row]:
    """Two overloads before it succeeds."""
    return [*(call.refused(number, 529, "overloaded", "model_service") for number in (1, 2)), call.attempt(3)]


def renewed(call: Call) -> list[Row]:
    """A 401 that a new token mends."""
    return [call.refused(1, 401, "auth_token_expired", "caller_credential"), call.attempt(2)]


DAY = 24 * 60
FAILING = "deploymentFailing"
INCIDENTS: dict[str, tuple[Trouble, set[tuple[str, Group]]]] = {
    "a role is removed": (
        of(ORDERS, 7, role_removed),
        {("authFailures", caller(ORDERS, cause="authz_missing_role"))},
    ),
    "a limit is reached": (of(ORDERS, 15, limited), {("throttled", caller(ORDERS))}),
    "a deployment fails for five minutes": (of(ORDERS, 7, failing(1), until=2), {(FAILING, caller(ORDERS))}),
    "it fails for the last seven minutes": (of(ORDERS, 7, failing(1)), {(FAILING, caller(ORDERS))}),
    "half of the calls fail": (
        of(ORDERS, 30, failing(2)),
        {("errorBudgetFast", caller(ORDERS)), (FAILING, caller(ORDERS))},
    ),
    "one call of twelve fails": (of(ORDERS, 360, failing(12)), {("errorBudgetSlow", caller(ORDERS))}),
    "streams are slow": (
        of(BOT, 30, slow),
        {("firstToken", caller(BOT)), ("slower", caller(BOT, measure="time to first token"))},
    ),
    "answers are slow": (of(ORDERS, 40, late), {("slower", caller(ORDERS, measure="latency"))}),
    "answers are cut off": (
        of(ORDERS, 40, cut_off),
        {("stopReasons", caller(ORDERS, stop_reason="max_tokens"))},
    ),
    "calls cost more": (of(ORDERS, 60, costly(0.024)), {("spendChange", caller(ORDERS))}),
    "a loop spends": (of(BOT, 60, costly(0.3)), {("spendHour", ()), ("spendChange", caller(BOT))}),
    "every day is dear": (of(ORDERS, 2 * DAY, costly(0.02)), {("spendDay", ())}),
    "a service is silent": (of(ORDERS, 36, lambda _: []), {("noData", (("service", ORDERS),))}),
    "retries multiply": (of(BOT, 15, stubborn), {("retryStorm", caller(BOT))}),
}


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_fires_its_rule(evaluate: Evaluate, name: str) -> None:
    """The rule made for an incident fires, for those who have it and with its cause; no other rule does."""
    trouble, expected = INCIDENTS[name]
    reported = evaluate(day(trouble))
    assert {(key, group) for key, groups in reported.items() for group in groups} == expected


@pytest.mark.parametrize("phase", range(5))
def test_five_minutes_of_failures_fire_at_any_phase(empty_azure: LocalAzureMonitor, phase: int) -> None:
    """Evaluations come every five minutes from any minute on: one of them sees that a deployment fails."""
    rule = rules()[FAILING]
    fill(empty_azure.store, map(posted, day(of(ORDERS, 20, failing(1), until=15))))
    ends = [NOW - timedelta(minutes=15 - phase - 5 * number) for number in range(2)]
    assert any(set(fired(rule, empty_azure, at)) == {caller(ORDERS)} for at in ends)


def test_every_rule_has_an_incident() -> None:
    """No rule is there that was never seen to fire."""
    assert {key for _, expected in INCIDENTS.values() for key, _ in expected} == {rule.key for rule in RULES}


HEALTHY: dict[str, Trouble] = {
    "as usual": lambda _: None,
    "all fail for two minutes": of(ORDERS, 2, failing(1)),
    "it is over for ten minutes": of(ORDERS, 40, failing(2), until=10),
    "it is over for an hour": of(ORDERS, 400, failing(12), until=60),
    "four calls are refused": of(ORDERS, 4.5, role_removed),
    "tokens are renewed": of(ORDERS, 15, lambda call: renewed(call) if call.number % 3 == 0 else None),
    "silent for half an hour": of(ORDERS, 30, lambda _: []),
    "attempts are stored three times": lambda call: [call.attempt()] * 3,
    "callers give up": of(ORDERS, 60, lambda call: [call.attempt(outcome="abandoned", cost_usd=None)]),
    "prices are unknown": of(BOT, DAY, lambda call: [call.attempt(cost_usd=None)]),
    "few calls, all of which fail": of(
        ORDERS, DAY, lambda call: failing(1)(call) if call.number % 60 == 0 else []
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_fires_without_an_incident(evaluate: Evaluate, name: str) -> None:
    """What heals by itself, is over, or is too little to judge wakes nobody."""
    assert evaluate(day(HEALTHY[name])) == {}


@pytest.mark.slow
def test_a_healthy_day_is_silent_at_all_times(empty_azure: LocalAzureMonitor) -> None:
    """Evaluated every 45 minutes of its last twelve hours, when windows are full, no rule fires."""
    fill(empty_azure.store, map(posted, day()))
    for number in range(16):
        at = NOW - timedelta(minutes=45 * number)
        assert all_fired(empty_azure, at) == {}, at


def test_nothing_fires_in_an_empty_workspace(evaluate: Evaluate) -> None:
    """Without a record no rule fires, and none fails."""
    assert evaluate([]) == {}


def test_a_silence_is_reported_for_hours(empty_azure: LocalAzureMonitor) -> None:
    """The rule of no data holds while a service stays silent, up to what its threshold may be at most."""
    [rule] = [rule for rule in RULES if rule.key == "noData"]
    hours = rule.threshold.most // 60 + 1
    fill(empty_azure.store, map(posted, (row for row in day() if row.at < NOW - timedelta(hours=hours))))
    reported = all_fired(empty_azure, NOW)["noData"]
    assert set(reported) == {(("service", ORDERS),), (("service", BOT),)}
    assert min(reported.values()) > rule.threshold.most


def test_shares_add_up_over_callers(evaluate: Evaluate) -> None:
    """Spending counts whoever spends: two halves of an excess fire together."""
    half = day(of(BOT, 60, costly(0.15))) + day(of(ORDERS, 60, costly(0.09)))
    only = [row for row in half if row.cost_usd in (0.15, 0.09)]
    reported = evaluate(only)
    assert reported["spendHour"][()] == pytest.approx(
        100 * sum(row.cost_usd or 0 for row in only) / BUDGET_USD
    )


# --- parameters ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("a role is removed", {"authFailuresThreshold": 100}),
        ("a role is removed", {"authFailuresEnabled": False}),
        ("it fails for the last seven minutes", {"deploymentFailingThreshold": 80}),
        ("it fails for the last seven minutes", {"deploymentFailingWindow": "PT30M"}),
        ("it fails for the last seven minutes", {"minimumFailedCalls": 10}),
        ("answers are slow", {"slowerThreshold": 120}),
        ("answers are slow", {"recentMinutes": 360}),
        ("answers are cut off", {"stopReasonsThreshold": 80}),
        ("calls cost more", {"spendChangeThreshold": 1_000}),
        ("calls cost more", {"spendChangeMinimumUsd": 2}),
        ("a limit is reached", {"throttledThreshold": 30}),
        ("a limit is reached", {"throttledWindow": "PT6H"}),
        ("a limit is reached", {"minimumCalls": 100}),
        ("half of the calls fail", {"successTarget": "95", "deploymentFailingEnabled": False}),
        ("half of the calls fail", {"errorBudgetFastThreshold": 40, "deploymentFailingEnabled": False}),
        ("one call of twelve fails", {"errorBudgetSlowThreshold": 9}),
        ("streams are slow", {"firstTokenThreshold": 20_000, "slowerEnabled": False}),
        ("a loop spends", {"monthlyBudgetUsd": 5 * BUDGET_USD, "spendChangeEnabled": False}),
        ("a loop spends", {"monthlyBudgetUsd": 0, "spendChangeEnabled": False}),
        ("every day is dear", {"spendDayThreshold": 10}),
        ("a service is silent", {"noDataThreshold": 120}),
        ("a service is silent", {"minimumCalls": 50}),
        ("retries multiply", {"retryStormThreshold": 300}),
        ("retries multiply", {"deployAlerts": False}),
    ],
)
def test_a_parameter_reaches_its_rule(evaluate: Evaluate, name: str, parameters: dict[str, object]) -> None:
    """An incident is none any more where a parameter says so."""
    assert evaluate(day(INCIDENTS[name][0]), **parameters) == {}


def test_a_stricter_target_fires_earlier(evaluate: Evaluate) -> None:
    """With a budget of a tenth, a tenth of the failures burns it as fast."""
    trouble = of(ORDERS, 120, failing(25))
    assert evaluate(day(trouble), errorBudgetFastShortMinutes=30) == {}
    reported = evaluate(day(trouble), errorBudgetFastShortMinutes=30, successTarget="99.9")
    assert set(reported) >= {"errorBudgetFast"}


def test_a_short_window_decides_what_still_burns(evaluate: Evaluate) -> None:
    """An hour's failures that ended ten minutes ago burn still, if the short window is as long as that."""
    trouble = HEALTHY["it is over for ten minutes"]
    assert set(evaluate(day(trouble), errorBudgetFastShortMinutes=20)) == {"errorBudgetFast"}


# --- form ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_says_what_to_do(rule: alerts.Rule) -> None:
    """Its description tells more than its title, names a tab of the workbook, and is not too long."""
    assert "workbook" in rule.description
    assert re.search(r"[Tt]he [A-Z][a-z ]* tab", rule.description)
    assert 200 < len(rule.description) <= 4_096
    assert rule.title.startswith("Foundry: ")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_sees_every_record(rule: alerts.Rule) -> None:
    """Its windows are some that the service takes, in order, and never shorter than the time between two."""
    assert rule.window in rule.windows
    assert set(rule.windows) <= set(WINDOWS)
    assert list(map(duration, WINDOWS)) == sorted(map(duration, WINDOWS))
    assert duration(rule.frequency) <= min(map(duration, rule.windows))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rules_threshold_is_within_its_limits(rule: alerts.Rule) -> None:
    """The default can be chosen, and is neither the least nor the most."""
    assert rule.threshold.least < rule.threshold.default < rule.threshold.most


@pytest.mark.parametrize("target", alerts.SUCCESS_TARGETS)
def test_every_success_target_can_be_missed(target: str) -> None:
    """With each target offered, a rule fires before all calls fail: else it never would."""
    for rule in RULES:
        if rule.measure == "burn_rate":
            assert rule.threshold.default * (100 - float(target)) < 100, rule.key


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_settings_are_those_of_the_query(rule: alerts.Rule) -> None:
    """Each reference of the query is filled from a parameter that there is, and no other is."""
    asked = {reference.name for reference in references(alerts.text(rule.query))}
    assert asked == set(rule.settings)
    assert set(rule.settings.values()) <= set(TEMPLATE["parameters"])


@pytest.mark.parametrize("name", files.alerts())
def test_an_alerts_query_keeps_to_what_rules_take(name: str) -> None:
    """The window is the rule's: no ago(), now() with a baseline alone; nothing the service refuses."""
    words = compose.words(alerts.text(name))
    assert not words & {
        "ago",
        "union",
        "search",
        "take",
        "limit",
        "AggregatedValue",
        "ingestion_time",
        "pivot",
    }
    assert ("now" in words) == (("P2D",) in {rule.windows for rule in RULES if rule.query == name})
    assert files.alert(name).partition("\n")[0].endswith("?")


def test_the_readme_has_every_rule() -> None:
    """The built table of the documentation has each rule, and the minutes that it names are the defaults."""
    text = (files.folder() / "README.md").read_text(encoding="utf-8")
    assert alert_page.table() in text
    defaults = {name: one["defaultValue"] for name, one in TEMPLATE["parameters"].items()}
    for key in ("Fast", "Slow"):
        [rule] = [rule for rule in RULES if rule.key == f"errorBudget{key}"]
        assert f"last {defaults[f'errorBudget{key}ShortMinutes']} minutes" in rule.fires
    for rule in RULES:
        if "recentMinutes" in rule.settings.values():
            assert f"last {defaults['recentMinutes']} minutes" in rule.fires
        if "minimumFailedCalls" in rule.settings.values():
            assert f"at least {defaults['minimumFailedCalls']} of them" in rule.fires


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_has_a_bound_of_time_series(rule: alerts.Rule) -> None:
    """Its query has a row for each combination of dimensions, and no more rows than its costs are for."""
    text = alerts.text(rule.query)
    assert rule.most_series == (MOST_SERIES if rule.dimensions else 1)
    assert not rule.dimensions or text.splitlines()[-1] == f"| top {MOST_SERIES} by {rule.measure} desc"
    assert rule.usd_a_month[0] == PRICES[rule.frequency][0] <= rule.usd_a_month[1]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_allows_for_late_records(rule: alerts.Rule) -> None:
    """A record that is so late is in the window of a later evaluation, or its minutes are left out."""
    if "now" in compose.words(alerts.text(rule.query)):
        assert f"now() - {rule.delay_min}m" in alerts.text(rule.query)
    else:
        spare = duration(rule.window) - duration(rule.frequency)
        assert timedelta(minutes=5) <= timedelta(minutes=rule.delay_min) == spare


def test_the_readme_names_parameters_that_there_are() -> None:
    """Each parameter of the documentation's table is one of the template."""
    text = (files.folder() / "README.md").read_text(encoding="utf-8")
    table = text.partition("| Parameter | Description |")[2].partition("\n\n")[0]
    names = {name for line in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    assert len(names) > 10
    for name in names:
        assert any(known.endswith(name.removeprefix("…")) for known in TEMPLATE["parameters"]), name
    assert set(re.findall(r"--parameters.* (\w+)=", text)) <= set(TEMPLATE["parameters"])


def test_a_rule_is_small() -> None:
    """All properties of a rule together stay under 64 kB, as the service demands."""
    for key, rule in rules().items():
        assert len(json.dumps(rule)) < 64_000, key


def test_rules_are_stateful_and_tell_where_to_look() -> None:
    """An alert resolves itself, notifies the groups it was given, and carries the workbook's address."""
    for rule in rules(actionGroupIds=["/group/one"], alertEmail="on-call@example.com").values():
        reported = rule["properties"]
        assert reported["autoMitigate"] is True
        assert reported["actions"]["actionGroups"][0] == "/group/one"
        assert reported["actions"]["actionGroups"][1].endswith("/actionGroups/foundry-email")
        properties = reported["actions"]["customProperties"]
        assert properties["workbook"].startswith("https://portal.azure.com/#resource/")
        assert properties["view"].startswith("https://portal.azure.com/#blade/")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_an_alert_links_to_its_view(rule: alerts.Rule) -> None:
    """Filled in by Azure, the link opens a tab that exists, with service and deployment of the alert."""
    link = rules()[rule.key]["properties"]["actions"]["customProperties"]["view"]
    fired = {"service": "shop.orders-api", "deployment": "claude-sonnet-5-5", "cause": "c"}
    for position, name in enumerate(rule.dimensions):
        value = f"${{data.alertContext.condition.allOf[0].dimensions[{position}].value}}"
        link = link.replace(value, fired.get(name, "x"))
    values = json.loads(unquote(link.rpartition("/NotebookParams/")[2]))
    expected = {
        name.capitalize(): [fired[name]] for name in rule.dimensions if name in ("service", "deployment")
    }
    assert {key: value for key, value in values.items() if isinstance(value, list)} == expected
    assert values["Tab"] in texts.TABS
    assert set(values) <= set(
        re.findall(r'"(?:name|parameterName|subTarget|cellValue)": "(\w+)"', files.workbook())
    )
