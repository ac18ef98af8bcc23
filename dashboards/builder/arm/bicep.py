"""A wrapper of the template in Bicep, for who keeps the rest of their infrastructure in it.

Bicep takes a template in JSON as a module, so the wrapper only passes parameters on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dashboards.builder.arm.expressions import Call, Constant, Member, Node, is_expression, parse

Json = Mapping[str, Any]

_HEAD: Final = """\
// Dashboards, alerts and queries for Claude in Microsoft Foundry: azuredeploy.json as a module.
// Built by `python -m dashboards.builder build`; change the queries and the layout, not this file.

targetScope = 'resourceGroup'"""
_LIMITS: Final = ("minValue", "maxValue", "minLength", "maxLength")
"""Keys of a parameter that are decorators of the same name."""


def wrapper(template: Json, file: str) -> str:
    """The text of the wrapper.

    Args:
        template: What it wraps.
        file: The template's file name, in the same folder.
    """
    declared: Json = template["parameters"]
    passed = "\n".join(f"    {name}: {name}" for name in declared)
    module = (
        f"module telemetry './{file}' = {{\n"
        "  name: 'foundry-telemetry-${uniqueString(resourceGroup().id, namePrefix)}'\n"
        f"  params: {{\n{passed}\n  }}\n}}"
    )
    parameters = ["\n".join(_parameter(name, rule)) for name, rule in declared.items()]
    reported = "\n".join(f"output {name} string = telemetry.outputs.{name}" for name in template["outputs"])
    return "\n\n".join([_HEAD, *parameters, module, reported]) + "\n"


def _parameter(name: str, rule: Json) -> Iterator[str]:
    yield f"@description({_text(rule['metadata']['description'])})"
    yield from (f"@{key}({rule[key]})" for key in _LIMITS if key in rule)
    if "allowedValues" in rule:
        yield "@allowed([\n" + "\n".join(f"  {_value(one)}" for one in rule["allowedValues"]) + "\n])"
    yield f"param {name} {rule['type']} = {_value(rule['defaultValue'])}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _node(parse(value)) if is_expression(value) else _text(value)
        case [] | {}:
            return "[]" if isinstance(value, list) else "{}"
    raise ValueError(
        f"a default of {value!r} has no form in Bicep here: expected text, number, flag, [] or {{}}"
    )


def _node(node: Node) -> str:
    """An expression as Bicep writes it: parameters by their bare names."""
    match node:
        case Constant(str(text)):
            return _text(text)
        case Constant(number):
            return str(number)
        case Member():
            return f"{_node(node.of)}.{node.name}"
        case Call("parameters", (Constant(name),)):
            return str(name)
        case Call():
            return f"{node.name}({', '.join(map(_node, node.arguments))})"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${").replace("\n", "\\n")
    return f"'{escaped}'"
