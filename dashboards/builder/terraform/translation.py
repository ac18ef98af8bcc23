"""The expressions of the template in Terraform's language, function by function.

What has no counterpart in the tables below is refused: a build stops, and never writes a near miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from dashboards.builder.arm.functions import GUID_NAMESPACE
from dashboards.builder.terraform.hcl import Expression, escaped, quoted

Json = Mapping[str, Any]

GROUP: Final = "var.resource_group_id"
PORTAL: Final = "var.portal_url"
LOCATION: Final = "data.azapi_resource.group.location"

_SURROUNDINGS: Final[Mapping[Node, str]] = {
    Member(Call("resourceGroup", ()), "id"): GROUP,
    Member(Call("resourceGroup", ()), "location"): LOCATION,
    Member(Call("environment", ()), "portal"): PORTAL,
}
"""What the template asks its surroundings for."""

_SHORT: Final = 100
"""Longer texts are read from the template's file."""
_UNIQUE: Final = 13
"""Characters of ``uniqueString``."""
_PLACE: Final = re.compile(r"\{(\d+)\}")
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """A name of the template as Terraform's style has names."""
    return _WORD.sub("_", name).lower()


def is_computed(rule: Json) -> bool:
    """Whether the default of a parameter is an expression, which a variable of Terraform cannot have."""
    return isinstance(rule["defaultValue"], str) and is_expression(rule["defaultValue"])


class Translation:
    """Of one template."""

    def __init__(self, parameters: Json, outputs: Mapping[Node, str]) -> None:
        """Begin.

        Args:
            parameters: Those that the template declares.
            outputs: By the id of a resource, as the template asks for it: where its properties stand.
        """
        self._parameters = parameters
        self._outputs = outputs

    def value(self, value: Any, path: str) -> object:
        """A value of the template.

        Args:
            value: The value.
            path: Where Terraform finds it in the template's file, for long texts.

        Raises:
            ExpressionError: There is an expression in it that has no counterpart here.
        """
        if _is_long(value):
            return Expression(path)
        match value:
            case str():
                return self.text(value) if is_expression(value) else unescaped(value)
            case list():
                return [self.value(one, f"{path}[{index}]") for index, one in enumerate(value)]
            case Mapping():
                return {key: self.value(one, f"{path}.{key}") for key, one in value.items()}
        return value

    def text(self, text: str) -> Expression:
        """An expression, brackets included."""
        return Expression(self.node(parse(text)))

    def node(self, node: Node) -> str:
        """An expression that was parsed."""
        if node in _SURROUNDINGS:
            return _SURROUNDINGS[node]
        match node:
            case Constant():
                return quoted(node.value) if isinstance(node.value, str) else str(node.value)
            case Member(Call("reference", (resource, _)), name):
                return f"{self._outputs[resource]}.{name}"
            case Member():
                return f"{self.node(node.of)}.{node.name}"
        return self._call(node)

    def _call(self, call: Call) -> str:
        match call:
            case Call("parameters", (Constant(str(name)),)):
                return f"{'local' if is_computed(self._parameters[name]) else 'var'}.{snake(name)}"
            case Call("variables", (Constant(str(name)),)):
                return f"local.{snake(name)}"
            case Call("string", (Call("parameters", (Constant(str(name)),)) as one,)) if self._is_number(
                name
            ):
                return f"tostring({self.node(one)})"
            case Call("concat" | "format" | "resourceId") if not self._is_list(call.arguments[0]):
                return self._filled(_PARTS[call.name](*call.arguments))
            case Call() if call.name in _FUNCTIONS:
                return _FUNCTIONS[call.name](*map(self.node, call.arguments))
        raise ExpressionError(f"{call} has no counterpart in Terraform here: add it to the tables")

    def _filled(self, parts: Iterable[Node]) -> str:
        """A text with expressions in it."""
        inner = (
            escaped(part.value)
            if isinstance(part, Constant) and isinstance(part.value, str)
            else f"${{{self.node(part)}}}"
            for part in parts
        )
        return f'"{"".join(inner)}"'

    def _is_list(self, node: Node) -> bool:
        match node:
            case Call("parameters", (Constant(str(name)),)):
                return bool(self._parameters[name]["type"] == "array")
        return isinstance(node, Call) and node.name == "createArray"

    def _is_number(self, parameter: str) -> bool:
        """Whether ``string`` and ``tostring`` write a parameter alike; of a flag they do not."""
        return self._parameters[parameter]["type"] in ("int", "string")


def _is_long(value: Any) -> bool:
    """Whether it is a text, or consists of texts, that are long and mean what they say."""
    texts = [*value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) and text == unescaped(text) for text in texts):
        return False
    return sum(map(len, texts)) > _SHORT and not any(map(is_expression, texts))


def _format_parts(pattern: Node, *filled: Node) -> Iterator[Node]:
    text = str(pattern.value) if isinstance(pattern, Constant) else "{{"
    if "{{" in text or "}}" in text:
        raise ExpressionError(f"{pattern} has no counterpart here: expected a text without doubled braces")
    for number, part in enumerate(_PLACE.split(text)):
        if number % 2:
            yield filled[int(part)]
        elif part:
            yield Constant(part)


def _id_parts(kind: Node, *names: Node) -> Iterator[Node]:
    """As `arm.deployment.resource_id` has it."""
    if not isinstance(kind, Constant):
        raise ExpressionError(f"the type {kind} of a resource must be a text")
    provider, *types = str(kind.value).split("/")
    yield Member(Call("resourceGroup", ()), "id")
    yield Constant(f"/providers/{provider}")
    for one, name in zip(types, names, strict=True):
        yield Constant(f"/{one}/")
        yield name


def _replace(text: str, old: str, new: str) -> str:
    # Terraform takes what stands between slashes for a regular expression.
    if not old.startswith('"') or (old.startswith('"/') and old.endswith('/"')):
        raise ExpressionError(f"{old} cannot be searched for in Terraform: expected a text without slashes")
    return f"replace({text}, {old}, {new})"


def _joined(*texts: str) -> str:
    return f'join("-", [{", ".join(texts)}])'


_FUNCTIONS: Final[Mapping[str, Callable[..., str]]] = {
    "and": lambda *each: " && ".join(each),
    "concat": lambda *each: f"concat({', '.join(each)})",
    "createArray": lambda *each: f"tolist([{', '.join(each)}])",
    "createObject": lambda key, value: f"{{ {key} = {value} }}",
    "empty": lambda value: f"length({value}) == 0",
    "greater": lambda left, right: f"{left} > {right}",
    "guid": lambda *each: f"uuidv5({quoted(str(GUID_NAMESPACE))}, {_joined(*each)})",
    "equals": lambda left, right: f"({left} == {right})",
    "if": lambda condition, then, other: f"({condition} ? {then} : {other})",
    "join": lambda texts, between: f"join({between}, {texts})",
    "max": lambda *each: f"max({', '.join(each)})",
    "not": lambda value: f"!({value})",
    "replace": _replace,
    "union": lambda *each: f"merge({', '.join(each)})",
    # Azure does not publish its hash: the name differs from the template's, and is as stable.
    "uniqueString": lambda *each: f"substr(sha256({_joined(*each)}), 0, {_UNIQUE})",
    # Of all that `urlencode` writes otherwise, the plus for a blank is the only one.
    "uriComponent": lambda text: f'replace(urlencode({text}), "+", "%20")',
}

_PARTS: Final[Mapping[str, Callable[..., Iterable[Node]]]] = {
    "concat": lambda *each: each,
    "format": _format_parts,
    "resourceId": _id_parts,
}
"""What makes a text of several: its parts, in the order in which they stand."""
