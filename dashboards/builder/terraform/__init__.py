"""The template as a module of Terraform, each resource as one of the provider `azapi`.

`azapi` sends a body to Azure as it is, so the bodies are the template's own JSON: expressions are translated,
and long texts (workbook, queries) are read from the template's file, which lies beside the module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dashboards.builder.arm.expressions import ExpressionError, calls, parse
from dashboards.builder.terraform.addresses import EXISTING, addresses, id_of, parent_of
from dashboards.builder.terraform.hcl import Block, Expression, document, quoted
from dashboards.builder.terraform.translation import GROUP, Translation, is_computed, snake

Json = Mapping[str, Any]

_MADE: Final = (
    "# Built by `python -m dashboards.builder build`; change the queries and the layout, not this file."
)
_HEAD: Final = f"""\
# Dashboards, alerts and queries for Claude in Microsoft Foundry: the resources of
# azuredeploy.json, each with the body that it has there.
{_MADE}"""
_TYPES: Final = {
    "string": "string",
    "int": "number",
    "bool": "bool",
    "array": "list(string)",
    "object": "map(string)",
}
_LIMITS: Final = {"minValue": (">=", "{}"), "maxValue": ("<=", "{}")} | {
    "minLength": (">=", "length({})"),
    "maxLength": ("<=", "length({})"),
}
"""Key of a parameter: what is compared, and how."""
_ARGUMENTS: Final = ("location", "tags")
"""Keys of a resource that are arguments; what else there is belongs into the body."""
_NO_BODY: Final = frozenset({"type", "apiVersion", "name", "condition", "dependsOn", *_ARGUMENTS})
_OWN: Final[Mapping[str, Mapping[str, object]]] = {
    "resource_group_id": {
        "description": "Resource id of the resource group. It must exist before the plan.",
        "type": Expression("string"),
    },
    "portal_url": {
        "description": "Address of the portal, for links; another one in another cloud.",
        "type": Expression("string"),
        "default": "https://portal.azure.com",
        "nullable": False,
    },
}
"""Variables for what a template asks its surroundings for."""


def file(name: str, template: Json, path: str) -> str:
    """The text of a file of the module.

    Args:
        name: One of `FILES`.
        template: What it deploys.
        path: The template's file, seen from the module's folder.
    """
    comment, blocks = FILES[name]
    return document(comment, blocks(template, path))


def _head(address: str) -> str:
    kind, _, name = address.partition(".")
    return f"resource {quoted(kind)} {quoted(name)}"


class _Module:
    def __init__(self, template: Json) -> None:
        self._template = template
        self._addresses = addresses(template["resources"])
        properties = {id_: f"{address}[0].output.properties" for id_, address in self._addresses.items()}
        self._translation = Translation(template["parameters"], properties)

    def main(self, path: str) -> Iterator[Block]:
        azapi = {"source": "Azure/azapi", "version": "~> 2.0"}
        yield Block(
            "terraform", {"required_version": ">= 1.3"}, [Block("required_providers", {"azapi": azapi})]
        )
        yield Block(
            'data "azapi_resource" "group"',
            {"type": "Microsoft.Resources/resourceGroups@2021-04-01", "resource_id": Expression(GROUP)},
        )
        yield Block("locals", self._locals(path))
        for number, resource in enumerate(self._template["resources"]):
            yield self._resource(resource, f"local.template.resources[{number}]")

    def outputs(self) -> Iterator[Block]:
        for name, reported in self._template["outputs"].items():
            value = self._translation.text(reported["value"])
            secret = {"sensitive": True} if "output.properties" in value else {}
            yield Block(f"output {quoted(snake(name))}", {"value": value, **secret})

    def _locals(self, path: str) -> dict[str, object]:
        found: dict[str, object] = {"template": Expression(f'jsondecode(file("${{path.module}}/{path}"))')}
        for name, rule in self._template["parameters"].items():
            if is_computed(rule):
                default = self._translation.text(rule["defaultValue"])
                given = f"var.{snake(name)}"
                found[snake(name)] = Expression(f"{given} != null ? {given} : {default}")
        for name, value in self._template["variables"].items():
            if snake(name) in found:
                raise ExpressionError(
                    f"the variable {name} has the name of a parameter with a computed default"
                )
            found[snake(name)] = self._translation.value(value, f"local.template.variables.{name}")
        return found

    def _resource(self, resource: Json, path: str) -> Block:
        kind, version, name = resource["type"], resource["apiVersion"], parse(resource["name"])
        address = self._addresses[id_of(resource)]
        body = {key: value for key, value in resource.items() if key not in _NO_BODY}
        parent, own = parent_of(kind, name)
        described: dict[str, object] = {}
        if "condition" in resource:
            described["count"] = Expression(f"{self._translation.text(resource['condition'])} ? 1 : 0")
        described |= {
            "type": f"{kind}@{version}",
            "parent_id": Expression(GROUP if parent is None else self._translation.node(parent)),
            "name": Expression(self._translation.node(own)),
        }
        given = {key: resource[key] for key in _ARGUMENTS if key in resource}
        described |= {key: self._translation.value(one, f"{path}.{key}") for key, one in given.items()}
        described["body"] = {key: self._translation.value(one, f"{path}.{key}") for key, one in body.items()}
        return Block(_head(address), described | self._behaviour(resource))

    def _behaviour(self, resource: Json) -> dict[str, object]:
        """What is no part of the body."""
        found: dict[str, object] = {}
        if resource["type"] not in EXISTING:
            # The bodies are checked against Microsoft's schemas when they are made; a provider knows
            # the versions alone that are older than itself.
            found["schema_validation_enabled"] = False
        read = [call for one in self._template["outputs"].values() for call in calls(parse(one["value"]))]
        if any(call.name == "reference" and call.arguments[0] == id_of(resource) for call in read):
            found["response_export_values"] = ["properties.ConnectionString"]
        if "dependsOn" in resource:
            waits = [self._addresses[parse(one)] for one in resource["dependsOn"]]
            found["depends_on"] = [Expression(one) for one in waits]
        return found


def _described(rule: Json) -> dict[str, object]:
    described = {"description": rule["metadata"]["description"], "type": Expression(_TYPES[rule["type"]])}
    if is_computed(rule):
        return described | {"default": None}
    return described | {"default": rule["defaultValue"], "nullable": False}


def _validations(name: str, rule: Json) -> Iterator[Block]:
    """What the template allows, each as a condition."""
    allowed = rule.get("allowedValues")
    if is_computed(rule) and (allowed or any(key in rule for key in _LIMITS)):
        raise ExpressionError(f"{name} has limits and a computed default")
    if allowed:
        values = ", ".join(quoted(one) if isinstance(one, str) else str(one) for one in allowed)
        yield _validation(
            f"contains([{values}], var.{name})", f"Must be one of {', '.join(map(str, allowed))}."
        )
    for key, (sign, compared) in _LIMITS.items():
        if key in rule:
            what = compared.format(f"var.{name}")
            yield _validation(f"{what} {sign} {rule[key]}", f"{key} is {rule[key]}.")


def _validation(condition: str, message: str) -> Block:
    return Block("validation", {"condition": Expression(condition), "error_message": message})


def _main(template: Json, path: str) -> Iterator[Block]:
    return _Module(template).main(path)


def _outputs(template: Json, path: str) -> Iterator[Block]:
    del path
    return _Module(template).outputs()


def _variables(template: Json, path: str) -> Iterator[Block]:
    del path
    for name, described in _OWN.items():
        yield Block(f"variable {quoted(name)}", described)
    for name, rule in template["parameters"].items():
        yield Block(f"variable {quoted(snake(name))}", _described(rule), [*_validations(snake(name), rule)])


FILES: Final[Mapping[str, tuple[str, Callable[[Json, str], Iterator[Block]]]]] = {
    "main.tf": (_HEAD, _main),
    "outputs.tf": (_MADE, _outputs),
    "variables.tf": (_MADE, _variables),
}
"""File of the module: its first lines, and what makes the rest."""
