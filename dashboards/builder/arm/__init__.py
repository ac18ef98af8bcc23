"""One template of Azure Resource Manager that deploys all of it: data, workbook, queries, alerts, Grafana.

No id, region or cloud stands in it. Texts that are long (workbook, queries) are variables that are no
expressions, because an expression may have 24,576 characters only.
"""

from __future__ import annotations

from typing import Final

from dashboards.builder.arm.parameters import all_parameters
from dashboards.builder.arm.resources import outputs, resources, variables
from dashboards.builder.texts import TEMPLATE

Json = dict[str, object]

_SCHEMA: Final = "https://schema.management.azure.com/schemas/2019-04-01/"

CHOSEN: Final = ("workspaceId", "actionGroupIds", "alertEmail", "monthlyBudgetUsd", "successTarget")
"""The parameters that most people set, for the parameters file."""


def template(workbook: str, grafana: str) -> Json:
    """The template.

    Args:
        workbook: The workbook's text, without blanks.
        grafana: The Grafana dashboard's text.
    """
    return {
        "$schema": f"{_SCHEMA}deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {"description": TEMPLATE["description"]},
        "parameters": {one.name: one.json for one in all_parameters()},
        "variables": variables(workbook, grafana),
        "resources": resources(),
        "outputs": outputs(),
    }


def parameters_file() -> Json:
    """A parameters file to begin with: what most people set, each at its default."""
    values = {one.name: {"value": one.default} for one in all_parameters() if one.name in CHOSEN}
    return {
        "$schema": f"{_SCHEMA}deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": values,
    }
