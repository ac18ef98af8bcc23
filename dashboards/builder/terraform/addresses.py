"""What each resource of the template is called in Terraform, and what it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from dashboards.builder.arm.expressions import Call, Constant, ExpressionError, Node, parse

Json = Mapping[str, Any]

_NAMES: Final = {
    "Microsoft.Dashboard/dashboards": "grafana",
    "Microsoft.Dashboard/dashboards/dashboardDefinitions": "grafana_definition",
    "Microsoft.Insights/actionGroups": "email_group",
    "Microsoft.Insights/components": "application_insights",
    "Microsoft.Insights/scheduledQueryRules": "alert",
    "Microsoft.Insights/workbooks": "workbook",
    "Microsoft.OperationalInsights/queryPacks": "query_pack",
    "Microsoft.OperationalInsights/queryPacks/queries": "query",
    "Microsoft.OperationalInsights/workspaces": "workspace",
    "Microsoft.OperationalInsights/workspaces/tables": "ledger",
}
"""Type: what its resources are called in Terraform."""
EXISTING: Final = frozenset({"Microsoft.OperationalInsights/workspaces/tables"})
"""Types that Azure makes itself: a resource of them can only be updated, and goes with its parent."""


def addresses(resources: list[Json]) -> dict[Node, str]:
    """By its id as the template writes it: the address of each resource in Terraform."""
    often = Counter(resource["type"] for resource in resources)
    found: dict[Node, str] = {}
    for resource in resources:
        kind = resource["type"]
        if kind not in _NAMES:
            raise ExpressionError(f"resources of type {kind} have no name in Terraform: add one to the table")
        name = (
            _NAMES[kind]
            if often[kind] == 1
            else f"{_NAMES[kind]}_{_last_text(parent_of(kind, parse(resource['name']))[1])}"
        )
        found[id_of(resource)] = f"azapi_{'update_' if kind in EXISTING else ''}resource.{name}"
    if len(set(found.values())) != len(resources):
        raise ExpressionError("two resources have one address in Terraform")
    return found


def _last_text(name: Node) -> str:
    """What a resource has that others of its type do not: the last constant of its name."""
    parts = name.arguments if isinstance(name, Call) else ()
    *_, text = [str(part.value) for part in parts if isinstance(part, Constant)]
    return text.removeprefix("{0}-").replace("-", "_")


def id_of(resource: Json) -> Node:
    """The id of a resource as the template asks for it."""
    kind = resource["type"]
    parent, own = parent_of(kind, parse(resource["name"]))
    names = (own,) if parent is None else (*parent.arguments[1:], own)
    return Call("resourceId", (Constant(kind), *names))


def parent_of(kind: str, name: Node) -> tuple[Call | None, Node]:
    """The id of what a resource belongs to, ``None`` for the resource group, and its own name in it."""
    parent, _, _ = kind.rpartition("/")
    if "/" not in parent:
        return None, name
    match name:
        case Call("format", (Constant(str(pattern)), first, *others)) if pattern.startswith("{0}/"):
            own: Node = Constant(pattern.removeprefix("{0}/"))
            if own == Constant("{1}") and len(others) == 1:
                own = others[0]
            elif others:
                raise ExpressionError(f"the name {name} of a resource of {kind} has no counterpart here")
            return Call("resourceId", (Constant(parent), first)), own
    raise ExpressionError(f"the name {name} of a resource of {kind} does not begin with its parent's")
