"""The Terraform module makes what the template makes: resource by resource, parameter by parameter."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from dashboards.builder import terraform
from dashboards.builder.arm.deployment import CLOUDS, ParameterError, deploy, resource_id
from dashboards.builder.arm.expressions import ExpressionError
from dashboards.builder.arm.functions import FUNCTIONS
from dashboards.builder.arm.lint import everything
from dashboards.builder.terraform.translation import is_computed, snake
from foundry_telemetry.kql import files
from tests.dashboards.terraform_language import Module, parsed

TEMPLATE: Any = json.loads((files.folder() / files.TEMPLATE).read_bytes())
PARAMETERS: Mapping[str, Any] = TEMPLATE["parameters"]
FOLDER = files.folder() / "terraform"
BLOCKS = parsed(FOLDER)
VARIABLES = {block.labels[0]: block for block in BLOCKS if block.kind == "variable"}
GROUP = resource_id("x/y", ["z"]).partition("/providers/")[0]
WORKSPACE = (
    "/subscriptions/8ecadfc9-d1a3-4ea4-b844-0d9f87e4d7c8/resourceGroups/logs/providers/"
    "Microsoft.OperationalInsights/workspaces/shared logs"
)
NAMED = {"workspaceName": "log-mine"}
"""The default has a hash in it that Azure does not publish."""
CHOICES: dict[str, dict[str, Any]] = {
    "nothing": NAMED,
    "everything": NAMED | everything(TEMPLATE),
    "a workspace": {"workspaceId": WORKSPACE, **NAMED},
    "a workspace with a component": {
        "workspaceId": WORKSPACE,
        "createApplicationInsights": True,
        "applicationInsightsName": "mine",
        **NAMED,
    },
    "other values": {
        **NAMED,
        "namePrefix": "second",
        "location": "swedencentral",
        "tags": {"team": "search"},
        "workbookName": 'Claude & "friends" ${x} %{y}',
        "actionGroupIds": ["/mine"],
        "alertEmail": "a@example.com",
        "successTarget": "99.5",
        "minimumCalls": 7,
        "throttledWindow": "PT1H",
        "throttledEnabled": False,
        "ledgerRetentionInDays": 180,
    },
    "no alerts": {**NAMED, "deployAlerts": False, "alertEmail": "a@example.com", "deployQueryPack": False},
}


def module(values: Mapping[str, Any], cloud: str = "AzureCloud") -> Module:
    """The module with the values of a deployment."""
    given = {snake(name): value for name, value in values.items()}
    name = values.get("applicationInsightsName", f"appi-{values.get('namePrefix', 'foundry')}")
    component = resource_id("Microsoft.Insights/components", [name])
    connection = f"InstrumentationKey={FUNCTIONS['guid'].run(component)}"
    return Module(
        FOLDER,
        BLOCKS,
        given | {"resource_group_id": GROUP, "portal_url": CLOUDS[cloud]},
        {
            "data": {"azapi_resource": {"group": {"location": "westeurope"}}},
            "azapi_resource": {
                "application_insights": [{"output": {"properties": {"ConnectionString": connection}}}]
            },
        },
    )


def as_template(made: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of a resource as a template has them."""
    kind, _, version = made["type"].partition("@")
    _, _, inside = made["parent_id"].removeprefix(GROUP).rpartition("/")
    reported = {
        "type": kind,
        "apiVersion": version,
        "name": f"{inside}/{made['name']}" if inside else made["name"],
        **{key: made[key] for key in ("location", "tags") if key in made},
        **made["body"],
    }
    waits = [ids[address] for address in made.get("depends_on", ()) if address in ids]
    return reported | ({"dependsOn": sorted(waits)} if "depends_on" in made else {})


def own_id(made: Mapping[str, Any]) -> str:
    """The id of a resource, by its parent."""
    kind = made["type"].partition("@")[0]
    between = f"/providers/{kind}" if made["parent_id"] == GROUP else f"/{kind.rpartition('/')[2]}"
    return f"{made['parent_id']}{between}/{made['name']}"


@pytest.mark.parametrize(
    ("choice", "cloud"),
    [*((choice, "AzureCloud") for choice in CHOICES), *(("everything", cloud) for cloud in [*CLOUDS][1:])],
)
def test_the_module_makes_what_the_template_makes(choice: str, cloud: str) -> None:
    """Same resources in the same order, each with type, version, name, region, tags and the whole body."""
    values = CHOICES[choice]
    expected = deploy(TEMPLATE, values, cloud=cloud)
    made = module(values, cloud)
    resources = made.resources()
    ids = {address: own_id(arguments) for address, arguments in resources}
    there = set(ids.values())
    assert len(resources) == len(expected.resources)
    for (address, arguments), template in zip(resources, expected.resources, strict=True):
        waits = [one for one in template.get("dependsOn", ()) if one in there]
        wanted = dict(template) | ({"dependsOn": sorted(waits)} if "dependsOn" in template else {})
        assert as_template(arguments, ids) == wanted, address
    assert made.outputs() == {snake(name): value for name, value in expected.outputs.items()}
    assert made.refused() == []


def test_every_parameter_is_a_variable() -> None:
    """The same name in Terraform's style, description, type and default; two more for the surroundings."""
    assert set(VARIABLES) == {snake(name) for name in PARAMETERS} | {"resource_group_id", "portal_url"}
    defaults = module({}).variables
    kinds = {"string": "string", "int": "number", "bool": "bool"}
    for name, rule in PARAMETERS.items():
        variable = VARIABLES[snake(name)]
        assert module({}).value(variable.attributes["description"]) == rule["metadata"]["description"]
        assert defaults[snake(name)] == (None if is_computed(rule) else rule["defaultValue"]), name
        if rule["type"] in kinds:
            [written] = variable.attributes["type"].scan_values(lambda _: True)
            assert written.strip() == kinds[rule["type"]]


def main(template: Any) -> str:
    """The text of `main.tf` for a template."""
    return terraform.file("main.tf", template, "../azuredeploy.json")


def at_the_limits(rule: Mapping[str, Any]) -> list[Any]:
    """Values that a parameter allows, and values that it refuses."""
    sizes = [rule[key] + step for key in ("minValue", "maxValue") if key in rule for step in (-1, 0, 1)]
    lengths = [rule[key] + step for key in ("minLength", "maxLength") if key in rule for step in (-1, 0, 1)]
    allowed = rule.get("allowedValues", [])
    other = [7 if rule["type"] == "int" else "PT7M"] if allowed else []
    return [*sizes, *("x" * length for length in lengths), *allowed, *other]


def test_a_variable_allows_what_the_parameter_allows() -> None:
    """At and beside each limit, and for each allowed value, both accept or both refuse."""
    refused = 0
    for name, rule in PARAMETERS.items():
        for value in at_the_limits(rule):
            alone = {"parameters": {name: rule}, "resources": []}
            try:
                deploy(alone, {name: value})
            except ParameterError:
                refused += 1
                assert len(module({name: value}).refused()) == 1, (name, value)
            else:
                assert module({name: value}).refused() == [], (name, value)
    assert refused > 50


def test_the_default_name_of_a_workspace_is_stable_and_differs_by_resource_group() -> None:
    """Azure's hash is not published: the name has another of the same length."""
    name = module({}).resources()[0][1]["name"]
    assert name == module({}).resources()[0][1]["name"]
    assert name.startswith("log-foundry-")
    assert len(name.removeprefix("log-foundry-")) == 13


def test_the_connection_string_is_marked_as_sensitive() -> None:
    """Terraform prints it only where it is asked for by name."""
    sensitive = {
        block.labels[0] for block in BLOCKS if block.kind == "output" and "sensitive" in block.attributes
    }
    assert sensitive == {"connection_string"}


SLIPS = {
    "an unknown function": ({"displayName": "[toUpper('a')]"}, "toUpper"),
    "a function of lists": ({"displayName": "[first(parameters('actionGroupIds'))]"}, "first"),
    "a flag as text": ({"displayName": "[string(parameters('deployAlerts'))]"}, "string"),
    "a regular expression": ({"displayName": "[replace('a', '/a/', 'b')]"}, "without slashes"),
    "doubled braces": ({"displayName": "[format('{{{0}', 'a')]"}, "doubled braces"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_what_has_no_counterpart_is_refused(slip: str) -> None:
    """A build stops at an expression that no table has; it never writes a near miss."""
    changed, why = SLIPS[slip]
    template = copy.deepcopy(TEMPLATE)
    template["resources"][3]["properties"].update(changed)
    with pytest.raises(ExpressionError, match=why):
        main(template)


def test_a_resource_of_another_type_is_refused() -> None:
    """It needs a name in Terraform first."""
    template = copy.deepcopy(TEMPLATE)
    template["resources"][3]["type"] = "Microsoft.Insights/webTests"
    with pytest.raises(ExpressionError, match="no name in Terraform"):
        main(template)


def test_a_text_that_looks_like_an_expression_arrives_as_it_is() -> None:
    """The template doubles its first bracket; Terraform gets the text that it means."""
    template = copy.deepcopy(TEMPLATE)
    template["resources"][3]["properties"]["description"] = "[[x ${y}]"
    text = main(template)
    assert 'description    = "[x $${y}]"' in text


def test_the_file_that_the_module_reads_is_the_template() -> None:
    """Long texts come from it, and stand nowhere else."""
    [block] = [block for block in BLOCKS if block.kind == "locals"]
    read = module({}).value(block.attributes["template"])
    assert read == json.loads((FOLDER.parent / files.TEMPLATE).read_bytes())
    assert "foundry_attempts" not in (FOLDER / "main.tf").read_text(encoding="utf-8")
