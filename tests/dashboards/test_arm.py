"""The template deploys what was promised, anywhere, and keeps to Microsoft's schemas."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from dashboards.builder import arm, kusto, query_validation, querypack
from dashboards.builder.alerts import RULES
from dashboards.builder.arm.deployment import CLOUDS, Deployment, ParameterError, deploy
from dashboards.builder.arm.expressions import is_expression, unescaped
from dashboards.builder.arm.lint import everything, strings, wrong
from dashboards.builder.layout import WORKBOOK
from dashboards.builder.workbook import notebook
from foundry_telemetry.kql import files
from foundry_telemetry.kql.problems import LINKS, steps
from tests.dashboards.arm_schemas import errors_of_resource, errors_of_template, need_schemas
from tests.support.kusto import need_parser

TEMPLATE: Any = json.loads((files.folder() / files.TEMPLATE).read_bytes())
WORKSPACE = (
    "/subscriptions/8ecadfc9-d1a3-4ea4-b844-0d9f87e4d7c8/resourceGroups/logs/providers/"
    "Microsoft.OperationalInsights/workspaces/shared"
)
RULE = "Microsoft.Insights/scheduledQueryRules"
DATA = {
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.OperationalInsights/workspaces/tables",
    "Microsoft.Insights/components",
}
Change = Callable[[Any], object]


def made(*, cloud: str = "AzureCloud", **parameters: object) -> Deployment:
    """What a deployment with these parameters makes."""
    return deploy(TEMPLATE, parameters, cloud=cloud)


def types(deployment: Deployment) -> Counter[str]:
    """How many resources of each type are made."""
    return Counter(resource["type"] for resource in deployment.resources)


def one(deployment: Deployment, kind: str) -> Any:
    """The only resource of a type."""
    [found] = [resource for resource in deployment.resources if resource["type"] == kind]
    return found


# --- what is made -------------------------------------------------------------------------------------------


def test_with_nothing_chosen_all_is_made_but_budget_mail_and_grafana() -> None:
    """One command makes the workspace, what sends to it, the workbook, the queries and the alerts."""
    assert types(made()) == {
        **dict.fromkeys(DATA, 1),
        "Microsoft.Insights/workbooks": 1,
        "Microsoft.OperationalInsights/queryPacks": 1,
        "Microsoft.OperationalInsights/queryPacks/queries": len(querypack.TITLES),
        RULE: len([rule for rule in RULES if rule.needs is None]),
    }


def test_an_existing_workspace_is_left_as_it_is() -> None:
    """Where a workspace is named, it is asked and not made, nor is its retention touched."""
    deployment = made(workspaceId=WORKSPACE)
    assert not DATA & set(types(deployment))
    assert deployment.outputs["connectionString"] == ""
    assert deployment.outputs["workspaceId"] == WORKSPACE
    workbook = one(deployment, "Microsoft.Insights/workbooks")["properties"]
    assert workbook["sourceId"] == WORKSPACE
    assert json.loads(workbook["serializedData"])["fallbackResourceIds"] == [WORKSPACE]
    rules = [resource for resource in deployment.resources if resource["type"] == RULE]
    assert {tuple(rule["properties"]["scopes"]) for rule in rules} == {(WORKSPACE,)}


def test_a_component_can_be_made_for_an_existing_workspace() -> None:
    """It sends to the workspace that was named, and its connection string is reported."""
    deployment = made(workspaceId=WORKSPACE, createApplicationInsights=True)
    component = one(deployment, "Microsoft.Insights/components")
    assert component["properties"]["WorkspaceResourceId"] == WORKSPACE
    assert deployment.outputs["connectionString"].startswith("InstrumentationKey=")
    assert "Microsoft.OperationalInsights/workspaces/tables" not in types(deployment)


def test_what_is_new_sends_to_the_new_workspace() -> None:
    """Component, workbook and rules all name the workspace that is made."""
    deployment = made(workspaceName="log-mine", tags={"team": "search"})
    workspace = deployment.outputs["workspaceId"]
    assert workspace.endswith("/workspaces/log-mine")
    assert one(deployment, "Microsoft.Insights/components")["properties"]["WorkspaceResourceId"] == workspace
    tagged = [resource for resource in deployment.resources if "tags" in resource]
    assert {tuple(resource["tags"].items()) for resource in tagged} == {(("team", "search"),)}


@pytest.mark.parametrize(
    ("days", "total", "kept"), [(90, 90, 90), (30, 30, 30), (180, 90, 180), (30, 4383, 4383)]
)
def test_retention(days: int, total: int, kept: int) -> None:
    """The ledger is kept as long as chosen, in all at least as long as for queries; never below 30 days."""
    table = one(
        made(ledgerRetentionInDays=days, ledgerTotalRetentionInDays=total),
        "Microsoft.OperationalInsights/workspaces/tables",
    )
    assert table["name"].endswith("/AppEvents")
    assert table["properties"]["retentionInDays"] == days
    assert table["properties"]["totalRetentionInDays"] == kept
    workspace = one(made(retentionInDays=31), "Microsoft.OperationalInsights/workspaces")
    assert workspace["properties"]["retentionInDays"] == 31
    for name in ("retentionInDays", "ledgerRetentionInDays"):
        with pytest.raises(ParameterError, match="minValue is 30"):
            made(**{name: 29})


@pytest.mark.parametrize("total", [29, 1000, 4000])
def test_the_archive_keeps_whole_years(total: int) -> None:
    """Beyond two years the service takes no other number of days, so that the template offers none."""
    with pytest.raises(ParameterError, match=r"must be one of 30, 60, .*1095, 1460, .*4383"):
        made(ledgerTotalRetentionInDays=total)


def test_parts_can_be_left_out() -> None:
    """Who wants no alerts or no query pack gets none, and no mail without alerts."""
    deployment = made(
        deployAlerts=False, deployQueryPack=False, alertEmail="a@example.com", monthlyBudgetUsd=9
    )
    assert set(types(deployment)) == DATA | {"Microsoft.Insights/workbooks"}


def test_mail() -> None:
    """An address becomes an action group, which all rules notify besides those that were named."""
    deployment = made(alertEmail="a@example.com", actionGroupIds=["/mine"])
    group = one(deployment, "Microsoft.Insights/actionGroups")
    assert group["properties"]["emailReceivers"][0]["emailAddress"] == "a@example.com"
    assert len(group["properties"]["groupShortName"]) <= 12
    for resource in deployment.resources:
        if resource["type"] == RULE:
            [mine, mail] = resource["properties"]["actions"]["actionGroups"]
            assert mine == "/mine"
            assert mail.endswith(f"/{group['name']}")


def test_grafana() -> None:
    """The dashboard is that of the file, and the portal finds it by its tag."""
    deployment = made(deployGrafana=True)
    reported = one(deployment, "Microsoft.Dashboard/dashboards/dashboardDefinitions")["properties"]
    assert json.loads(reported["serializedData"]) == json.loads((files.folder() / files.GRAFANA).read_bytes())
    dashboard = one(deployment, "Microsoft.Dashboard/dashboards")
    assert dashboard["tags"]["GrafanaDashboardResourceType"] == "microsoft.insights/components"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_links_lead_to_the_cloud_they_are_in(cloud: str) -> None:
    """The workbook's address is that of the cloud's own portal, told and in every alert."""
    deployment = made(cloud=cloud)
    url = deployment.outputs["workbookUrl"]
    assert url == f"{CLOUDS[cloud]}/#resource{deployment.outputs['workbookId']}/workbook"
    others = [portal for name, portal in CLOUDS.items() if name != cloud]
    assert not [portal for portal in others if portal in json.dumps(deployment.resources)]


def test_names_are_the_same_each_time_and_differ_by_prefix() -> None:
    """A second deployment updates what the first made; another prefix makes another set beside it."""
    first, again, other = made(), made(), made(namePrefix="second")
    assert first == again

    def names(deployment: Deployment) -> set[str]:
        return {resource["name"] for resource in deployment.resources}

    assert not names(first) & names(other)
    assert UUID(one(first, "Microsoft.Insights/workbooks")["name"])
    saved = [resource["name"] for resource in first.resources if resource["type"].endswith("/queries")]
    assert all(UUID(name.partition("/")[2]) for name in saved)


def test_nothing_waits_for_what_is_not_there() -> None:
    """Each dependency is the id of a resource that the template makes, and none waits for itself."""
    deployment = deploy(TEMPLATE, everything(TEMPLATE))
    group = deployment.outputs["workbookId"].partition("/providers/")[0]
    ids = {_id(group, resource) for resource in deployment.resources}
    for resource in deployment.resources:
        assert set(resource.get("dependsOn", ())) <= ids - {_id(group, resource)}


def _id(group: str, resource: Any) -> str:
    provider, *kinds = resource["type"].split("/")
    parts = zip(kinds, resource["name"].split("/"), strict=True)
    return f"{group}/providers/{provider}/" + "/".join(f"{kind}/{name}" for kind, name in parts)


# --- the workbook inside ------------------------------------------------------------------------------------


def test_the_workbook_goes_in_and_out_whole() -> None:
    """The template carries the committed workbook; deployed, it names the workspace and is else the same."""
    shipped = json.loads(files.workbook())
    assert json.loads("".join(map(unescaped, TEMPLATE["variables"]["workbook"]))) == shipped
    reported = json.loads(
        one(made(workspaceId=WORKSPACE), "Microsoft.Insights/workbooks")["properties"]["serializedData"]
    )
    assert reported == shipped | {"fallbackResourceIds": [WORKSPACE]}


@pytest.mark.parametrize(
    "text", ["[]", '["a", "b"]', '[{"value": "x"}]', "[", "[[x]", "it's [here]", "[concat('a')]"]
)
def test_any_text_of_a_workbook_survives(text: str) -> None:
    """Texts that look like expressions, such as the JSON of a drop-down, arrive as they are."""
    workbook = notebook(WORKBOOK) | {"items": [{"type": 9, "jsonData": text, "name": text}]}
    template: Any = arm.template(json.dumps(workbook, separators=(",", ":")), "{}")
    reported = one(deploy(template), "Microsoft.Insights/workbooks")["properties"]["serializedData"]
    assert json.loads(reported)["items"] == workbook["items"]
    template = arm.template("{}", text)
    reported = one(
        deploy(template, {"deployGrafana": True}), "Microsoft.Dashboard/dashboards/dashboardDefinitions"
    )
    assert reported["properties"]["serializedData"] == text


def test_the_alerts_name_tabs_that_there_are() -> None:
    """What an alert sends people to is in the workbook."""
    shipped = json.loads(files.workbook())
    labels = {
        link["linkLabel"]
        for item in steps(shipped)
        if item["type"] == LINKS
        for link in item["content"]["links"]
    }
    for rule in RULES:
        named = re.findall(r"[Tt]he ([A-Z][a-z ]*) tab", rule.description)
        assert named
        for name in named:
            assert name in labels, (rule.key, name)


# --- what is wrong with a broken one ------------------------------------------------------------------------


def test_nothing_is_wrong_with_the_template() -> None:
    """Every expression is read, names what is there, and has a value in every cloud."""
    assert list(wrong(TEMPLATE)) == []


def _resource(kind: str, **keys: object) -> Change:
    return lambda template: next(one for one in template["resources"] if one["type"] == kind).update(keys)


WORKBOOKS = "Microsoft.Insights/workbooks"
SLIPS: dict[str, tuple[Change, str]] = {
    "unbalanced": (_resource(WORKBOOKS, name="[guid('a']"), "expected a comma or a closing parenthesis"),
    "function": (_resource(WORKBOOKS, name="[newGuid()]"), "the function newGuid is not known"),
    "arguments": (_resource(WORKBOOKS, name="[guid()]"), "guid does not take 0 arguments"),
    "parameter": (_resource(WORKBOOKS, name="[parameters('nope')]"), "no 'nope' among the parameters"),
    "variable": (_resource(WORKBOOKS, name="[variables('nope')]"), "no 'nope' among the variables"),
    "computed name": (
        _resource(WORKBOOKS, name="[parameters(variables('workbook'))]"),
        "the name given to parameters must be a text",
    ),
    "fixed name": (_resource(WORKBOOKS, name="mine"), "has the fixed name 'mine'"),
    "fixed region": (_resource(WORKBOOKS, location="westeurope"), "has the fixed region 'westeurope'"),
    "resource id": (_resource(WORKBOOKS, sourceId=WORKSPACE), "names '/subscriptions/8'"),
    "identifier": (
        _resource(WORKBOOKS, x="8ecadfc9-d1a3-4ea4-b844-0d9f87e4d7c8"),
        "names '8ecadfc9-d1a3-4ea4-b844-0d9f87e4d7c8'",
    ),
    "cloud": (
        _resource(WORKBOOKS, x="https://portal.azure.com/#x"),
        "names https://portal.azure.com in AzureChinaCloud",
    ),
    "plan": (
        lambda template: next(one for one in template["resources"] if one["type"].endswith("/tables"))[
            "properties"
        ].update(plan="Basic"),
        "is on the plan Basic: queries and alert rules need Analytics",
    ),
    "text": (lambda template: template["variables"].update(workbook=["x" * 140_000]), "at most 131072"),
    "unused parameter": (
        lambda template: template["parameters"].update(spare={"type": "string", "defaultValue": ""}),
        "parameters.spare: is used nowhere",
    ),
    "unused variable": (
        lambda template: template["variables"].update(spare=1),
        "variables.spare: is used nowhere",
    ),
    "default": (
        lambda template: template["parameters"]["namePrefix"].update(defaultValue=""),
        "minLength is 1",
    ),
    "property": (_resource(WORKBOOKS, x="[environment().gate]"), "there is no property gate"),
    "twice": (
        lambda template: template["resources"].append(copy.deepcopy(template["resources"][3])),
        "makes Microsoft.Insights/",
    ),
    "long": (_resource(WORKBOOKS, name=f"[guid('{'x' * 25_000}')]"), "characters; at most 24576"),
    "many parameters": (
        lambda template: template["parameters"].update(
            {f"p{n}": {"type": "int", "defaultValue": 1} for n in range(250)}
        ),
        "at most 256",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_found(name: str) -> None:
    """Each kind of mistake in a template is reported, with the place where it stands."""
    change, expected = SLIPS[name]
    broken = copy.deepcopy(TEMPLATE)
    change(broken)
    assert [str(problem) for problem in wrong(broken) if expected in str(problem)]


# --- Microsoft's schemas ------------------------------------------------------------------------------------


@pytest.fixture
def _schemas() -> None:
    need_schemas()


@pytest.mark.usefixtures("_schemas")
def test_the_template_keeps_the_schemas() -> None:
    """The frame and each resource are valid, as written and as deployed."""
    assert errors_of_template(TEMPLATE) == []
    deployed = deploy(TEMPLATE, everything(TEMPLATE)).resources
    for resource in [*TEMPLATE["resources"], *deployed]:
        assert errors_of_resource(resource) == [], resource["name"]


@pytest.mark.usefixtures("_schemas")
def test_the_rules_keep_the_newest_schema_too() -> None:
    """Who has reason to can take the newest version of the rules' interface."""
    for resource in TEMPLATE["resources"]:
        if resource["type"] == RULE:
            assert errors_of_resource(resource | {"apiVersion": "2026-03-01"}) == []


def _criterion(**keys: object) -> Change:
    return lambda resource: resource["properties"]["criteria"]["allOf"][0].update(keys)


def _property(**keys: object) -> Change:
    return lambda resource: resource["properties"].update(keys)


INVALID: dict[str, tuple[str, Change]] = {
    "severity": (RULE, _property(severity="high")),
    "scopes": (RULE, _property(scopes="all")),
    "enabled": (RULE, _property(enabled="yes")),
    "kind": (RULE, lambda resource: resource.update(kind="LogAlarm")),
    "name": (RULE, lambda resource: resource.update(name="a/b")),
    "operator": (RULE, _criterion(operator="Above")),
    "aggregation": (RULE, _criterion(timeAggregation="Sum")),
    "threshold": (RULE, _criterion(threshold="much")),
    "dimension": (RULE, _criterion(dimensions=[{"name": "service"}])),
    "workbook": (WORKBOOKS, lambda resource: resource["properties"].pop("serializedData")),
    "workbook data": (WORKBOOKS, _property(serializedData={})),
    "query": ("Microsoft.OperationalInsights/queryPacks/queries", _property(body=1)),
    "table": ("Microsoft.OperationalInsights/workspaces/tables", _property(retentionInDays=1)),
    "workspace": ("Microsoft.OperationalInsights/workspaces", _property(sku={"name": "Cheap"})),
    "component": ("Microsoft.Insights/components", _property(Application_Type="python")),
    "mail": ("Microsoft.Insights/actionGroups", _property(emailReceivers=[{"name": "a"}])),
    "grafana": ("Microsoft.Dashboard/dashboards/dashboardDefinitions", _property(serializedData=1)),
}


@pytest.mark.usefixtures("_schemas")
@pytest.mark.parametrize("name", INVALID)
def test_a_broken_copy_breaks_its_schema(name: str) -> None:
    """Each schema refuses what it should, so that passing it says something."""
    kind, change = INVALID[name]
    deployed = deploy(TEMPLATE, everything(TEMPLATE)).resources
    broken = copy.deepcopy(next(resource for resource in deployed if resource["type"] == kind))
    change(broken)
    assert errors_of_resource(broken)


@pytest.mark.usefixtures("_schemas")
def test_a_broken_frame_breaks_its_schema() -> None:
    """A parameter of no known type, or an output without one, is refused."""
    for change in (
        {"parameters": {"a": {"type": "text"}}},
        {"outputs": {"a": {"value": 1}}},
        {"contentVersion": 1},
    ):
        assert errors_of_template(TEMPLATE | change)


# --- Microsoft's parser -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_parser_knows_what_rules_measure() -> None:
    """Measures are numbers, dimensions texts.

    That no query of rules, query pack or workbook has a problem is told by `test_what_is_shipped_passes` of
    the command line.
    """
    need_parser()
    queries = query_validation.of_template(TEMPLATE)
    assert len(queries) == len(RULES) + len(querypack.TITLES)
    criteria = query_validation.criteria(TEMPLATE)
    verdicts = kusto.check({name: criterion["query"] for name, criterion in criteria.items()})
    for name, criterion in criteria.items():
        assert list(query_validation.unmeasurable(name, criterion, dict(verdicts[name].columns))) == []


WRONG: dict[str, tuple[Change, str]] = {
    "no measure": (_criterion(metricMeasureColumn="nope"), "measures nope, which is not there and no number"),
    "a text measured": (
        _criterion(metricMeasureColumn="service"),
        "measures service, which is string and no number",
    ),
    "no dimension": (_criterion(dimensions=[{"name": "nope"}]), "the dimension nope, which is not there"),
    "a number for a dimension": (
        _criterion(dimensions=[{"name": "failed_calls"}]),
        "the dimension failed_calls, which is long and no text",
    ),
    "table": (_criterion(query="AppEvent | count"), "AppEvent"),
    "column": (_criterion(query="AppEvents | summarize failed_calls = max(Nope)"), "Nope"),
}


@pytest.fixture
def broken_rule(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A template one of whose rules has a slip; what is to be said of it."""
    change, expected = WRONG[request.param]
    template = copy.deepcopy(TEMPLATE)
    change(
        next(one for one in template["resources"] if one["type"] == RULE and "auth-failures" in one["name"])
    )
    monkeypatch.setattr(query_validation, "template", lambda: template)
    return expected


@pytest.mark.slow
@pytest.mark.parametrize("broken_rule", WRONG, indirect=True)
def test_the_local_engine_finds_a_rules_slip(broken_rule: str) -> None:
    """What a rule names and its query does not give is found without Microsoft's parser."""
    reported = [str(problem) for problem in query_validation.unanswered({})]
    assert [
        problem
        for problem in reported
        if broken_rule in problem and problem.startswith("foundry-auth-failures")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("broken_rule", WRONG, indirect=True)
def test_the_parser_finds_a_rules_slip(broken_rule: str) -> None:
    """And with it too."""
    need_parser()
    reported = [str(problem) for problem in query_validation.refused_anywhere({"items": []})]
    assert [
        problem
        for problem in reported
        if broken_rule in problem and problem.startswith("foundry-auth-failures")
    ]


# --- what stands beside it ----------------------------------------------------------------------------------


def test_the_parameters_file_fits_the_template() -> None:
    """It names parameters that there are, and deploys as it is."""
    reported = json.loads((files.folder() / files.PARAMETERS).read_bytes())
    values = {name: value["value"] for name, value in reported["parameters"].items()}
    assert set(values) == set(arm.CHOSEN)
    assert deploy(TEMPLATE, values) == deploy(TEMPLATE)


def test_every_parameter_says_what_it_is_for() -> None:
    """Forms show the sentence beside the field."""
    for name, rule in TEMPLATE["parameters"].items():
        assert len(rule["metadata"]["description"].split()) > 3, name
        assert rule["metadata"]["description"].endswith("."), name


def test_the_wrapper_passes_everything_on() -> None:
    """The Bicep file parses; it has the template's parameters, limits and defaults, and its outputs."""
    pycep = pytest.importorskip("pycep")
    parsed = pycep.BicepParser().parse(text=(files.folder() / files.WRAPPER).read_text(encoding="utf-8"))
    assert list(parsed["parameters"]) == list(TEMPLATE["parameters"])
    for name, rule in TEMPLATE["parameters"].items():
        reported = parsed["parameters"][name]
        assert reported["type"] == rule["type"], name
        decorators = {one["type"]: one["argument"] for one in reported["decorators"]}
        assert decorators.pop("description") == rule["metadata"]["description"].replace("'", "\\'")
        keys = {
            "min_value": "minValue",
            "max_value": "maxValue",
            "min_length": "minLength",
            "max_length": "maxLength",
        }
        limits = {reported: rule[key] for reported, key in keys.items() if key in rule}
        assert {key: value for key, value in decorators.items() if key != "allowed"} == limits
        assert decorators.get("allowed", rule.get("allowedValues")) == rule.get("allowedValues")
        if not isinstance(rule["defaultValue"], (str, dict, list)):
            assert reported["default"] == rule["defaultValue"], name
    [module] = parsed["modules"].values()
    assert module["detail"] == {"type": "local", "path": f"./{files.TEMPLATE}"} or files.TEMPLATE in str(
        module
    )
    assert set(module["config"]["params"]) == set(TEMPLATE["parameters"])
    assert set(parsed["outputs"]) == set(TEMPLATE["outputs"])


def test_the_wrapper_writes_expressions_in_its_own_way() -> None:
    """Defaults that are expressions name parameters as Bicep does."""
    text = (files.folder() / files.WRAPPER).read_text(encoding="utf-8")
    assert "param createApplicationInsights bool = empty(workspaceId)\n" in text
    assert "param location string = resourceGroup().location\n" in text
    assert "param tags object = {}\n" in text
    assert "parameters('" not in text


def literals() -> Iterator[str]:
    """The texts of the template that are no expressions."""
    return (text for _, text in strings(TEMPLATE) if not is_expression(text))


def test_no_secret_and_no_person_is_in_it() -> None:
    """No address, key or connection string stands in the template."""
    for text in literals():
        assert not re.search(r"InstrumentationKey=|AccountKey=|[\w.]+@[\w.]+\.(com|net)", text)
