"""The Grafana dashboard has all that the workbook has, asks the same and gets the same."""

from __future__ import annotations

import copy
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest

from dashboards.builder import build, kusto
from dashboards.builder.grafana import dashboard, sample
from dashboards.builder.grafana.lint import findings, panels, wrong_columns
from dashboards.builder.grafana.references import every, exports, in_words, inputs, is_left_out, kinds_of
from dashboards.builder.layout import WORKBOOK
from dashboards.builder.texts import GRAFANA_TITLES, VALUES
from dashboards.builder.workbook import Group, Parameters, Tabs, Text
from dashboards.builder.workbook import Query as Step
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import ALL, Value, substitute
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from tests.dashboards.answers import Choice, calls_of
from tests.dashboards.engine import near
from tests.dashboards.exported import traced
from tests.dashboards.grafana_source import fill
from tests.dashboards.others import others_of
from tests.dashboards.rows import END, SHOWN, make_rows, posted
from tests.support.kusto import need_parser
from tests.support.telemetry import fill as fill_store

SHIPPED: dict[str, Any] = json.loads((files.folder() / files.GRAFANA).read_bytes())
VARIABLES: list[dict[str, Any]] = SHIPPED["templating"]["list"]
STEPS = [item for item in every(WORKBOOK) if isinstance(item, Step)]
PANELS = [panel for panel in panels(SHIPPED) if panel["type"] not in ("row", "text", "traces")]
NAMES = [step.name for step in STEPS]


def asked(panel: Any) -> Any:
    """What a panel asks of the workspace."""
    [target] = panel["targets"]
    return target["azureLogAnalytics"]


def panel_of(name: str, shown: Any = SHIPPED) -> Any:
    """The panel of a step."""
    drawn = [panel for panel in panels(shown) if panel["type"] not in ("row", "text", "traces")]
    return drawn[NAMES.index(name)]


# --- the same as the workbook ------------------------------------------------------------------------------


def test_the_committed_file_is_a_fresh_build() -> None:
    """Who changes a query or the layout builds again: `python -m dashboards.builder`."""
    assert files.GRAFANA not in build.outdated()
    assert dashboard(WORKBOOK) == SHIPPED


def test_every_step_has_its_panel() -> None:
    """Each query of the workbook is drawn, in the same order, under the same title; tiles have one too."""
    kinds = kinds_of(WORKBOOK)
    titles = [step.title or GRAFANA_TITLES[step.query] for step in STEPS]
    assert [panel["title"] for panel in PANELS] == [in_words(title, kinds) for title in titles]
    for step, panel in zip(STEPS, PANELS, strict=True):
        assert asked(panel)["query"].startswith(f"// {compose.question(step.query)}\n"), step.name


def test_every_text_is_there() -> None:
    """The words stand where they stand in the workbook."""
    reported = [panel["options"]["content"] for panel in panels(SHIPPED) if panel["type"] == "text"]
    reported = [content for content in reported if "${" not in content]  # those of a row have variables
    assert reported == [item.markdown for item in every(WORKBOOK) if isinstance(item, Text)]


def test_every_tab_is_a_row() -> None:
    """Rows come in the order of the workbook, and the trace last; all but the first tab are folded."""
    [tabs] = [item for item in WORKBOOK if isinstance(item, Tabs)]
    rows = [panel for panel in SHIPPED["panels"] if panel["type"] == "row"]
    assert [row["title"] for row in rows] == ["Find by id", *tabs.labels.values(), "Trace"]
    assert [row["collapsed"] for row in rows] == [True, False, *[True] * len(tabs.labels)]
    assert all(row["collapsed"] == bool(row["panels"]) for row in rows)


def test_every_parameter_can_be_set() -> None:
    """What a reader of the workbook can set or click has a variable; the time is the dashboard's own."""
    wanted = {each["name"] for each in inputs(WORKBOOK) if each["type"] != 4}
    wanted |= {parameter for _, parameter in exports(WORKBOOK)}
    assert wanted <= {each["name"] for each in VARIABLES}
    assert SHIPPED["time"] == {"from": "now-60m", "to": "now"}


def test_a_panel_without_rows_says_why() -> None:
    """The message is the workbook's; where there is little room its first sentence, and all in a tooltip."""
    for step, panel in zip(STEPS, PANELS, strict=True):
        assert step.empty in panel["description"], step.name
        reported = panel["fieldConfig"]["defaults"]["noValue"]
        assert reported.endswith(step.empty) or step.empty.startswith(reported), step.name
        first = panel["fieldConfig"]["overrides"][0]
        assert first["matcher"] == {"id": "byRegexp", "options": "/.*/"}, (
            "or the message stands in empty cells"
        )


# --- the same answers --------------------------------------------------------------------------------------


ROWS = make_rows(0)


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """The local Azure Monitor, with the rows and what was recorded in their traces."""
    with Store(clock=lambda: END) as store:
        fill_store(store, map(posted, ROWS))
        fill_store(store, [traced(one) for one in others_of(ROWS) if one.operation])
        yield Query(store)


def rows_of(query: Query, text: str) -> list[dict[str, Any]]:
    """The rows of an answer."""
    table = query.run(text, now=END)
    names = [column for column, _ in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def everything() -> Choice:
    """Nothing filtered, a call chosen and an id searched."""
    longest = max(calls_of(ROWS), key=len)[0]
    return Choice(
        call_id=longest.call_id, pasted=f"It's {{'id': '{longest.call_id}'}} \\ \"now\" $__interval"
    )


def choices() -> dict[str, Choice]:
    """What a reader may have set."""
    time = replace(SHOWN, start=END - timedelta(hours=2), grain=timedelta(minutes=5))
    return {
        "everything": everything(),
        "some": replace(everything(), deployments=("claude-sonnet-5-5", "support-chat-prod"), time=time),
        "one model": replace(everything(), models=("claude-haiku-5-5",), services=("[shop]/checkout",)),
    }


def values_of(choice: Choice) -> dict[str, Value]:
    """A value for each parameter: what is chosen, what it begins with, or the chosen call."""
    first = {
        each["name"]: ALL if each.get("multiSelect") else str(each.get("value") or "")
        for each in inputs(WORKBOOK)
    }
    calls: dict[str, Value] = {parameter: choice.call_id for _, parameter in exports(WORKBOOK)}
    return dict(compose.shared()) | first | calls | choice.values


def filled(query: str, choice: Choice) -> str:
    """A query of the dashboard as Log Analytics gets it."""
    values = {name: value for name, value in values_of(choice).items() if value != choice.time}
    return fill(query, VARIABLES, values, choice.time)


def both(name: str, choice: Choice) -> tuple[str, str]:
    """What a step asks in the workbook, and its panel in Grafana."""
    step: Any = STEPS[NAMES.index(name)].json["content"]
    return substitute(step["query"], values_of(choice)), filled(asked(panel_of(name))["query"], choice)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_panel_has_the_filters_of_the_step(name: str, query: Query) -> None:
    """With nothing filtered, Grafana's query gives every row that the workbook's gives."""
    expected, reported = (rows_of(query, text) for text in both(name, everything()))
    assert reported == near(expected)
    assert expected, "the choice must leave no panel without an answer"


IN_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def in_one_form(text: str) -> str:
    """A query with times, spans and typed texts written in one way; workbooks and Grafana have two."""
    text = re.sub(r"datetime\('?([^')]*?)(?:\.000)?Z'?\)", r"datetime(\1)", text)
    text = re.sub(r"\b(\d+)([smhd])\b", lambda match: f"{int(match[1]) * IN_SECONDS[match[2]]}s", text)
    text = re.sub(
        r"base64_decode_tostring\('([^']*)'\)", lambda match: repr(b64decode(match[1]).decode()), text
    )
    return re.sub(r"url_decode\('([^']*)'\)", lambda match: repr(unquote(match[1])), text)


@pytest.mark.parametrize("chosen", ["everything", "some", "one model"])
@pytest.mark.parametrize("name", NAMES)
def test_a_panel_asks_what_the_step_asks(name: str, chosen: str) -> None:
    """Whatever is chosen, both texts are the same, but for how times and typed texts are written."""
    expected, reported = map(in_one_form, both(name, choices()[chosen]))
    assert reported == expected


@pytest.mark.parametrize(
    "variable", [each for each in VARIABLES if "azureLogAnalytics" in each["query"]], ids=lambda v: v["name"]
)
def test_a_filter_offers_what_it_offers_in_the_workbook(variable: Any, query: Query) -> None:
    """The names in a drop-down are those of the workbook's."""
    [reported] = [each for each in inputs(WORKBOOK) if each["name"] == variable["name"]]
    choice = everything()
    offered = rows_of(query, filled(variable["query"]["azureLogAnalytics"]["query"], choice))
    assert offered
    assert offered == rows_of(query, substitute(reported["query"], values_of(choice)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "pasted",
    [
        "'; AppEvents | take 5 //",
        "\\",
        "\\'",
        '"',
        "$__timeFrom()",
        "$__contains(a,b)",
        "${Model}",
        "%27",
        "€\t'",
    ],
)
def test_what_is_typed_ends_no_string(pasted: str, query: Query) -> None:
    """Nothing that a reader types or a link brings can become a part of a query, not even a macro."""
    wanted = next(row for row in ROWS if row.request_id)
    choice = replace(everything(), pasted=f"{pasted} {wanted.request_id} {pasted}")
    reported = rows_of(query, filled(asked(panel_of("attempts with this id"))["query"], choice))
    assert wanted.request_id in [row["request_id"] for row in reported]


def test_all_is_put_as_the_queries_know_it() -> None:
    """The value for "All" is put as it stands, so it needs quotes of its own; chosen entries get theirs."""
    query = asked(panel_of("calls over time"))["query"]
    assert "'*' in('*')or deployment in('*')" in filled(query, everything())
    some = replace(everything(), deployments=("a", "b c"))
    assert "'*' in('a','b c')or deployment in('a','b c')" in filled(query, some)


def test_no_time_is_bound_to_the_request() -> None:
    """The period before, and 90 days of ids, lie outside of the time that is shown."""
    assert not any(asked(panel)["dashboardTime"] for panel in PANELS)


# --- Microsoft's parser ------------------------------------------------------------------------------------


@cache
def verdicts(chosen: str) -> dict[str, kusto.Verdict]:
    """What Microsoft's parser makes of each panel's query."""
    return kusto.check({name: filled(asked(panel_of(name))["query"], choices()[chosen]) for name in NAMES})


@pytest.mark.slow
@pytest.mark.parametrize("chosen", ["everything", "some"])
@pytest.mark.parametrize("name", NAMES)
def test_the_parser_takes_every_query(name: str, chosen: str) -> None:
    """With everything filled in, no query has an unknown name or a type that does not fit."""
    need_parser()
    assert verdicts(chosen)[name].problems == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_column_that_is_named_is_there(name: str) -> None:
    """Titles, links, colours and transformations name columns of the answer, with the types they need."""
    need_parser()
    assert [*wrong_columns(panel_of(name), dict(verdicts("everything")[name].columns))] == []


@pytest.mark.slow
def test_the_check_asks_what_grafana_asks() -> None:
    """The samples of the check are taken by the parser too, for variables and panels alike."""
    need_parser()
    samples = {place: text for place, text, _ in sample.queries(SHIPPED)}
    assert len(samples) == len(PANELS) + sum("azureLogAnalytics" in each["query"] for each in VARIABLES)
    assert {place: found.problems for place, found in kusto.check(samples).items() if found.problems} == {}
    assert not [place for place, text in samples.items() if "$__" in text or "${" in text]


@pytest.mark.slow
def test_resources_are_found_with_kql_too() -> None:
    """What the drop-downs of resources ask of Azure Resource Graph is right, and gives one column of text."""
    need_parser()
    asks = {
        each["name"]: each["query"].get("azureResourceGraph", {}).get("query")
        for each in VARIABLES
        if isinstance(each["query"], dict)
    }
    tables = {
        "resources": {
            "id": "string",
            "name": "string",
            "type": "string",
            "resourceGroup": "string",
            "properties": "dynamic",
        }
    }
    queries = {name: text for name, text in asks.items() if text}
    assert set(queries) == {"rg", "workspace", "app"}
    for name, verdict in kusto.check(queries, tables).items():
        assert verdict.problems == (), name
        assert [kind for _, kind in verdict.columns] == ["string"], name


# --- what Grafana has of its own ---------------------------------------------------------------------------


def test_nothing_is_wrong_with_it() -> None:
    """Unique ids, no overlaps, variables declared before they are used, one data source, nobody's ids."""
    assert [*findings(SHIPPED)] == []


def test_it_asks_for_its_data_source() -> None:
    """An import asks for the data source; where nothing asks, a variable of the same name stands for it."""
    [reported] = SHIPPED["__inputs"]
    assert (reported["name"], reported["pluginId"]) == (
        VARIABLES[0]["name"],
        "grafana-azure-monitor-datasource",
    )
    assert VARIABLES[0]["type"] == "datasource"
    assert SHIPPED["schemaVersion"] == 41


def test_the_bar_has_what_belongs_to_all_rows() -> None:
    """Where the data is, and what stands above the tabs of the workbook; no two are called the same."""
    [above] = [item for item in WORKBOOK if isinstance(item, Parameters)]
    keys = [each.json for each in above.inputs]
    wanted = {each["name"] for each in keys if not each.get("isHiddenWhenLocked")}
    shown = [each for each in VARIABLES if each.get("hide") != 2]
    resources = {"DS_AZURE_MONITOR", "sub", "rg", "workspace", "app"}
    assert {each["name"] for each in shown} == resources | wanted - {"TimeRange"}
    assert len({each["label"] for each in shown}) == len(shown)


def test_a_row_has_what_is_set_for_it_alone() -> None:
    """A link for each value that is offered, which keeps all others; what is typed, and where it is set."""
    contents = {
        row["title"]: text["options"]["content"]
        for row in SHIPPED["panels"]
        for text in row.get("panels", ())[:1]
        if text["type"] == "text"
    }
    [tabs] = [item for item in WORKBOOK if isinstance(item, Tabs)]
    for group in (item for item in WORKBOOK if isinstance(item, Group)):
        for each in inputs(group.items):
            content = contents[tabs.labels[group.when.value]]  # type: ignore[union-attr] - a tab has one
            [line] = [one for one in content.splitlines() if one.startswith(f"- **{each['label']}:**")]
            addresses = re.findall(r"\(<([^>]+)>\)", line)
            offered = [row["value"] for row in json.loads(each.get("jsonData", "[]"))]
            assert [url.rpartition("=")[2] for url in addresses] == offered
            others = {one["name"] for one in VARIABLES} - {each["name"]}
            for url in addresses:
                assert url.startswith("/d/${__dashboard.uid}?${__url_time_range}&")
                assert f"&var-{each['name']}=" in url
                assert all(f"&${{{name}:queryparam}}" in url for name in others)
            assert addresses or f"`{each['name']}`" in line


def test_releases_are_marked_over_the_charts(query: Query) -> None:
    """Each version has a mark at its first record, with its name and the service; times are UTC."""
    [_, marks] = SHIPPED["annotations"]["list"]
    columns = {event: one["value"] for event, one in marks["mappings"].items()}
    rows = rows_of(query, filled(marks["target"]["azureLogAnalytics"]["query"], everything()))
    first: dict[tuple[str, str], Any] = {}
    for row in sorted(ROWS, key=lambda row: row.at):
        if row.version and row.at >= SHOWN.end - timedelta(days=30):
            first.setdefault((row.service, row.version), row.at.replace(tzinfo=None))
    marked = {(row[columns["tags"]], row[columns["text"]]): row[columns["time"]] for row in rows}
    assert marked == first
    assert SHIPPED["timezone"] == "utc"


def test_the_alerts_of_azure_are_a_click_away() -> None:
    """The address is the portal's of the cloud, which a variable names."""
    [link] = SHIPPED["links"]
    [portal] = [each for each in VARIABLES if each["name"] == "Portal"]
    assert link["url"].startswith("${Portal}/#view/")
    assert portal["current"]["value"] == "https://portal.azure.com"
    assert link["targetBlank"]


def links(panel: Any) -> Iterator[tuple[str, str]]:
    """The column and the address of each data link."""
    for rule in panel["fieldConfig"]["overrides"]:
        for reported in rule["properties"]:
            if reported["id"] == "links":
                yield from ((rule["matcher"]["options"], link["url"]) for link in reported["value"])


@pytest.mark.parametrize("step", [step for step in STEPS if step.export], ids=lambda step: step.name)
def test_a_click_chooses_what_a_selected_row_chooses(step: Step) -> None:
    """A link sets the variable to the row's value, and keeps the time and every other variable."""
    assert step.export is not None
    column, parameter = step.export
    found = [(place, url) for place, url in links(panel_of(step.name)) if f"&var-{parameter}=" in url]
    assert len(found) == 2
    assert column in dict(found)
    others = {each["name"] for each in VARIABLES} - {parameter}
    for _, url in found:
        assert url.startswith("/d/${__dashboard.uid}?${__url_time_range}&")
        assert url.endswith(f"&var-{parameter}=${{__data.fields.{column}:percentencode}}")
        assert all(f"&${{{name}:queryparam}}" in url for name in others)


def test_a_trace_is_a_click_away() -> None:
    """Each table with an operation id sets the one that the panel of traces shows."""
    [traces] = [panel for panel in panels(SHIPPED) if panel["type"] == "traces"]
    [target] = traces["targets"]
    assert target["queryType"] == "Azure Traces"
    assert target["azureTraces"]["operationId"] == "${OperationId}"
    assert target["azureTraces"]["resources"] == ["$app"]
    with_ids = [
        panel
        for panel in PANELS
        if panel["type"] == "table"
        and any(one["matcher"]["options"] == "OperationId" for one in panel["fieldConfig"]["overrides"])
    ]
    assert with_ids
    for panel in with_ids:
        assert any("&var-OperationId=" in url for _, url in links(panel)), panel["title"]


@pytest.mark.parametrize("measured", VALUES["distribution"])
def test_a_heat_map_has_what_grafana_draws(measured: str, query: Query) -> None:
    """Each bin has all buckets, once and in one unit; sorted by the number of the name they rise from zero.

    Grafana draws a cell before its time and, so asked, above its name: cells cover the time shown.
    """
    panel, choice = panel_of("distribution over time"), replace(everything(), distribution=measured)
    rows = rows_of(query, filled(asked(panel)["query"], choice))
    buckets = list(dict.fromkeys(row["bucket"] for row in rows))
    numbers = [float(name.split(" ")[0]) for name in buckets]
    assert numbers == sorted(set(numbers))
    assert len({name.partition(" ")[2] for name in buckets}) == 1
    times = list(dict.fromkeys(row["TimeGenerated"] for row in rows))
    assert [(row["TimeGenerated"], row["bucket"]) for row in rows] == [*product(times, buckets)]
    start, end = (at.replace(tzinfo=None) for at in (choice.time.start, choice.time.end))
    assert (times[0] - choice.time.grain <= start, times[-1] - choice.time.grain < end) == (True, True)
    assert (start < times[0], end <= times[-1]) == (True, True)
    assert (panel["type"], asked(panel)["resultFormat"]) == ("heatmap", "time_series")
    assert panel["options"]["rowsFrame"]["layout"] == "ge"


def test_widths_are_those_of_the_workbook() -> None:
    """A step that has a third of the page has a third of the grid's 24 columns."""
    tabs = [item for item in WORKBOOK if isinstance(item, Group)]
    for tab in tabs:
        for item in tab.items:
            if isinstance(item, Step) and not is_left_out(item):
                wanted = round(24 * (item.width or 100) / 100)
                assert panel_of(item.name)["gridPos"]["w"] == wanted, item.name


# --- broken copies -----------------------------------------------------------------------------------------

Break = Callable[[dict[str, Any]], object]


def moved(name: str, **place: int) -> Break:
    """Puts a panel elsewhere."""
    return lambda shown: panel_of(name, shown)["gridPos"].update(place)


def _tight(text: str) -> str:
    return re.sub(r"\s*([|,=()])\s*", r"\1", text)


def query_of(name: str, old: str, new: str) -> Break:
    """Changes a panel's query, which may have lost its blanks around signs."""

    def change(shown: dict[str, Any]) -> None:
        reported = asked(panel_of(name, shown))
        text = reported["query"]
        reported["query"] = text.replace(old, new).replace(_tight(old), _tight(new))
        assert reported["query"] != text

    return change


def variable(shown: dict[str, Any], name: str) -> Any:
    """The variable of that name."""
    return next(each for each in shown["templating"]["list"] if each["name"] == name)


BROKEN: dict[str, tuple[Break, str]] = {
    "one id twice": (
        lambda shown: panel_of("latency over time", shown).update(id=panel_of("deployments", shown)["id"]),
        "is there 2 times",
    ),
    "no id": (lambda shown: panel_of("deployments", shown).pop("id"), "the id None is there 1 times"),
    "overlap": (moved("tokens over time", x=6), "lies over"),
    "overlap under a folded row": (moved("failures by class over time", x=8), "lies over"),
    "outside": (moved("tokens over time", x=13), "leaves the grid"),
    "above its row": (moved("failed attempts", y=0), "stands above its row, Incident"),
    "unknown variable": (
        query_of("calls over time", "${Deployment:singlequote}", "${Deploymint:singlequote}"),
        "uses the variable Deploymint, which is not declared before it",
    ),
    "unknown macro": (
        query_of("calls over time", "$__timeTo()", "$__timeEnd()"),
        "uses the variable __timeEnd, which is not declared before it",
    ),
    "a workbook's reference": (
        query_of("calls over time", "$__interval", "{TimeRange:grain}"),
        "has {TimeRange:grain}, which only a workbook replaces",
    ),
    "variable too late": (
        lambda shown: shown["templating"]["list"].reverse(),
        "variable workspace: uses the variable sub, which is not declared before it",
    ),
    "variable gone": (
        lambda shown: shown["templating"]["list"].remove(variable(shown, "OperationId")),
        "Spans of the selected trace: uses the variable OperationId",
    ),
    "variable twice": (
        lambda shown: shown["templating"]["list"].append(variable(shown, "Id")),
        "variable Id: has a name that is taken",
    ),
    "variable that is a word of KQL": (
        lambda shown: shown["templating"]["list"].append(variable(shown, "Id") | {"name": "left"}),
        "variable left: has a name that is taken",
    ),
    "link sets nothing": (
        lambda shown: panel_of("failed attempts", shown)["fieldConfig"]["overrides"][1]["properties"].append(
            {"id": "links", "value": [{"url": "/d/x?from=1&var-Coll=1"}]}
        ),
        "uses the variable Coll",
    ),
    "another data source": (
        lambda shown: panel_of("deployments", shown)["targets"][0]["datasource"].update(uid="mine"),
        "asks another data source",
    ),
    "no input": (lambda shown: shown.update(__inputs=[]), "must be DS_AZURE_MONITOR"),
    "somebody's id": (
        lambda shown: asked(panel_of("deployments", shown)).update(
            resources=["/subscriptions/0f1e2d3c-0000-4111-8222-333344445555/x"]
        ),
        "names 0f1e2d3c-0000-4111-8222-333344445555",
    ),
    "panel not required": (
        lambda shown: shown["__requires"].remove(
            {"type": "panel", "id": "stat", "name": "stat", "version": ""}
        ),
        "leaves out the panel stat",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_copy_is_reported(name: str) -> None:
    """Each rule finds the dashboard that breaks it."""
    change, expected = BROKEN[name]
    shown = copy.deepcopy(SHIPPED)
    change(shown)
    assert [problem for problem in map(str, findings(shown)) if expected in problem]


def override(name: str, column: str, **properties: object) -> Break:
    """Adds an override to a panel."""
    reported = [{"id": key, "value": value} for key, value in properties.items()]
    rule = {"matcher": {"id": "byName", "options": column}, "properties": reported}
    return lambda shown: panel_of(name, shown)["fieldConfig"]["overrides"].append(rule)


WRONG_COLUMNS: dict[str, tuple[str, Break, str]] = {
    "override": ("deployments", override("deployments", "price"), "an override names the column price"),
    "link": (
        "failed attempts",
        override(
            "failed attempts", "status", links=[{"url": '/d/x?a=${__data.fields["cell id"]:percentencode}'}]
        ),
        "a title or a link names the column cell id",
    ),
    "tile's title": (
        "calls and tokens tiles",
        lambda shown: panel_of("calls and tokens tiles", shown)["fieldConfig"]["defaults"].update(
            displayName="${__data.fields.name}"
        ),
        "a title or a link names the column name",
    ),
    "series' title": (
        "failures by owner over time",
        lambda shown: panel_of("failures by owner over time", shown)["fieldConfig"]["defaults"].update(
            displayName="${__field.labels.falt}"
        ),
        "a label names the column falt",
    ),
    "kept": (
        "share of calls by deployment",
        query_of("share of calls by deployment", "calls=coalesce(calls,0)", "called=coalesce(calls,0)"),
        "a transformation names the column calls",
    ),
    "no time": (
        "calls over time",
        query_of("calls over time", "|order by TimeGenerated asc", "|project-rename at = TimeGenerated"),
        "a transformation names the column TimeGenerated",
    ),
    "a heat map's count": (
        "distribution over time",
        query_of("distribution over time", "Value=coalesce", "calls=coalesce"),
        "needs the columns TimeGenerated, bucket, Value; there are TimeGenerated, bucket, calls",
    ),
    "text as a number": (
        "latency over time",
        query_of(
            "latency over time",
            "| project TimeGenerated, p50",
            "| project TimeGenerated, p50 = tostring(p50)",
        ),
        "draws p50, which is not a number but string",
    ),
    "a series that has no name": (
        "failures by owner over time",
        query_of(
            "failures by owner over time",
            "| project TimeGenerated,",
            "| project other = error_owner, TimeGenerated,",
        ),
        "makes a series of each other",
    ),
}


@cache
def broken_panels() -> dict[str, tuple[Any, kusto.Verdict]]:
    """Each broken panel and what Microsoft's parser makes of its query, asked all at once."""
    found = {}
    for name, (step, change, _) in WRONG_COLUMNS.items():
        shown = copy.deepcopy(SHIPPED)
        change(shown)
        found[name] = panel_of(step, shown)
    reported = kusto.check(
        {name: filled(asked(panel)["query"], everything()) for name, panel in found.items()}
    )
    return {name: (panel, reported[name]) for name, panel in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG_COLUMNS)
def test_a_wrong_column_is_reported(name: str) -> None:
    """A column that no query gives would be drawn as nothing."""
    need_parser()
    *_, expected = WRONG_COLUMNS[name]
    panel, verdict = broken_panels()[name]
    found = [*map(str, wrong_columns(panel, dict(verdict.columns)))]
    assert [problem for problem in found if expected in problem], found
