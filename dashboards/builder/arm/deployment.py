"""What a template deploys, worked out without Azure: its expressions evaluated for given parameters.

*Cloud*: one of Azure's separate worlds, which have portals of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dashboards.builder.arm.expressions import (
    Call,
    Constant,
    ExpressionError,
    Member,
    Node,
    is_expression,
    parse,
    unescaped,
)
from dashboards.builder.arm.functions import FUNCTIONS

Json = Mapping[str, Any]

CLOUDS: Final = {
    "AzureCloud": "https://portal.azure.com",
    "AzureUSGovernment": "https://portal.azure.us",
    "AzureChinaCloud": "https://portal.azure.cn",
}
"""Name and portal of each cloud, as ``environment()`` gives them."""

_GROUP: Final = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/telemetry"
_TYPES: Final = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}


class ParameterError(ValueError):
    """A parameter that Azure would refuse; the message says why."""


@dataclass(frozen=True)
class Deployment:
    """What is made and reported."""

    resources: tuple[Json, ...]
    """Those whose condition holds, without it, every expression evaluated."""
    outputs: Mapping[str, Any]


def deploy(
    template: Json, values: Mapping[str, object] | None = None, *, cloud: str = "AzureCloud"
) -> Deployment:
    """Work out a deployment to a resource group.

    Args:
        template: A template of schema 2019-04-01.
        values: Parameters that have not their default value.
        cloud: Where.

    Raises:
        ParameterError: A parameter is missing, unknown, or has a value that is not allowed.
        ExpressionError: An expression has no value.
    """
    scope = _Scope(template, dict(values or {}), cloud)
    resources = [
        scope.filled({key: value for key, value in resource.items() if key != "condition"})
        for resource in template["resources"]
        if scope.filled(resource.get("condition", True))
    ]
    outputs = {
        name: scope.filled(reported["value"]) for name, reported in template.get("outputs", {}).items()
    }
    return Deployment(tuple(resources), outputs)


@dataclass
class _Scope:
    """Where expressions are evaluated."""

    template: Json
    values: dict[str, object]
    cloud: str
    variables: dict[str, Any] = field(default_factory=dict)
    """Those that were asked for."""

    def __post_init__(self) -> None:
        declared = self.template.get("parameters", {})
        unknown = sorted(set(self.values) - set(declared))
        if unknown:
            raise ParameterError(f"there is no parameter {', '.join(unknown)}")
        for name, rule in declared.items():
            if name not in self.values and "defaultValue" not in rule:
                raise ParameterError(f"the parameter {name} has no value")
            value = self.values.setdefault(name, rule.get("defaultValue"))
            self.values[name] = self.filled(value)
            for why in _refused(self.values[name], rule):
                raise ParameterError(f"the parameter {name} is {self.values[name]!r}: {why}")

    def filled(self, value: Any) -> Any:
        """`value` with each expression in it evaluated."""
        if isinstance(value, str):
            return self.value(parse(value)) if is_expression(value) else unescaped(value)
        if isinstance(value, Mapping):
            return {self.filled(key): self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return value

    def value(self, node: Node) -> Any:
        """What an expression is."""
        match node:
            case Constant():
                return node.value
            case Member():
                return self._member(self.value(node.of), node.name)
            case Call("if", (condition, then, other)):
                return self.value(then if self.value(condition) else other)
            case Call():
                return self._called(node.name, [self.value(argument) for argument in node.arguments])

    def _member(self, of: Any, name: str) -> Any:
        if not isinstance(of, Mapping) or name not in of:
            raise ExpressionError(f"there is no property {name}; there are {', '.join(of) or 'none'}")
        return of[name]

    def _called(self, name: str, reported: list[Any]) -> Any:
        match name, reported:
            case "parameters", [str(asked)]:
                return self._member(self.values, asked)
            case "variables", [str(asked)]:
                return self._variable(asked)
            case "resourceId", [str(kind), *names]:
                return resource_id(kind, [str(one) for one in names])
            case "reference", [str(asked), str()]:
                return {"ConnectionString": f"InstrumentationKey={FUNCTIONS['guid'].run(asked)}"}
        if name not in FUNCTIONS:
            return self._member(self._surroundings(), name)
        return FUNCTIONS[name].run(*reported)

    def _variable(self, name: str) -> Any:
        if name not in self.variables:
            self.variables[name] = self.filled(self._member(self.template.get("variables", {}), name))
        return self.variables[name]

    def _surroundings(self) -> Json:
        """What functions without arguments give."""
        return {
            "environment": {"name": self.cloud, "portal": CLOUDS[self.cloud]},
            "resourceGroup": {"id": _GROUP, "location": "westeurope", "name": "telemetry"},
        }


def resource_id(kind: str, names: list[str]) -> str:
    """The id of a resource of the deployment's own resource group.

    Args:
        kind: Its type, such as ``Microsoft.Insights/workbooks``.
        names: Its name, after those of the resources it belongs to.

    Raises:
        ExpressionError: The type needs another number of names.
    """
    provider, *types = kind.split("/")
    if len(types) != len(names):
        raise ExpressionError(f"{kind} needs {len(types)} names, not {len(names)}")
    parts = "/".join(f"{one}/{name}" for one, name in zip(types, names, strict=True))
    return f"{_GROUP}/providers/{provider}/{parts}"


def _refused(value: object, rule: Json) -> Iterator[str]:
    """Why Azure would not take a value."""
    if type(value) is not _TYPES[rule["type"]]:
        yield f"must be of type {rule['type']}"
        return
    if value not in rule.get("allowedValues", [value]):
        yield f"must be one of {', '.join(map(str, rule['allowedValues']))}"
    size = value if isinstance(value, int) else len(value) if isinstance(value, (str, list)) else 0
    for key, side in (("minValue", 1), ("minLength", 1), ("maxValue", -1), ("maxLength", -1)):
        if key in rule and (size - rule[key]) * side < 0:
            yield f"{key} is {rule[key]}"
