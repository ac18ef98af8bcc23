"""How to remove what the template makes: its resources and the commands, from the template itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dashboards.builder.arm.deployment import deploy
from dashboards.builder.arm.lint import everything

Json = Mapping[str, Any]

_WHAT: Final = {
    "Microsoft.Insights/scheduledQueryRules": "alert rules",
    "Microsoft.Insights/actionGroups": "action group, with `alertEmail`",
    "Microsoft.Insights/workbooks": "workbook",
    "Microsoft.OperationalInsights/queryPacks": "query pack",
    "Microsoft.Dashboard/dashboards": "Grafana dashboard, with `deployGrafana`",
    "Microsoft.Insights/components": "Application Insights resource, if it was missing",
    "Microsoft.OperationalInsights/workspaces": "workspace, if it was missing",
}
"""What each type is, in the order of removal: alerts first, data last."""

_DATA: Final = ("Microsoft.Insights/components", "Microsoft.OperationalInsights/workspaces")
_OUTPUTS: Final = {
    "Microsoft.Insights/workbooks": "workbookId",
    "Microsoft.OperationalInsights/workspaces": "workspaceId",
}
"""Types whose names depend on the resource group, and the output that has the id."""


def page(template: Json) -> str:
    """The table of resources, and the commands that remove everything but data.

    Raises:
        ValueError: The template makes a resource that the page does not know.
    """
    names = _names(template)
    rows = [f"| {_WHAT[kind]} | `{kind}` | {_shown(kind, names[kind])} |" for kind in _WHAT]
    table = "\n".join(["| Resource | Type | Name |", "| --- | --- | --- |", *rows])
    commands = "\n".join(line for kind in _WHAT if kind not in _DATA for line in _command(kind, names[kind]))
    return f"{table}\n\n```console\n{commands}\n```"


def _names(template: Json) -> dict[str, list[str]]:
    """By type, the names of all resources that are not inside of another."""
    found: dict[str, list[str]] = {}
    for resource in deploy(template, everything(template)).resources:
        kind = resource["type"]
        parent = "/".join(kind.split("/")[:2])
        if parent not in _WHAT:
            raise ValueError(f"the template makes {kind}: add to `removal.py` what that is")
        if kind == parent:
            found.setdefault(kind, []).append(resource["name"])
    return found


def _shown(kind: str, names: list[str]) -> str:
    if kind in _OUTPUTS:
        return f"in the output `{_OUTPUTS[kind]}`"
    return ", ".join(f"`{name}`" for name in names)


def _command(kind: str, names: list[str]) -> Iterator[str]:
    if kind in _OUTPUTS:
        output = f"properties.outputs.{_OUTPUTS[kind]}.value"
        yield "$ az resource delete --ids $(az deployment group show --resource-group my-group \\"
        yield f"    --name azuredeploy --query {output} --output tsv)"
        return
    delete = f"az resource delete --resource-group my-group --resource-type {kind} \\\n    --name"
    if len(names) == 1:
        yield f"$ {delete} {names[0]}"
        return
    yield f"$ for name in {_wrapped(names)}; do"
    yield f'    {delete} "$name"; done'


def _wrapped(names: list[str]) -> str:
    """A list of words for a shell, four on a line."""
    lines = [" ".join(names[start : start + 4]) for start in range(0, len(names), 4)]
    return " \\\n    ".join(lines)
