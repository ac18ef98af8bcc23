"""What a module of Terraform makes, worked out without Terraform: parsed by python-hcl2, evaluated here.

Written apart from what translates the template, so that the two can disagree. Functions do what Terraform's
documentation says of them.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID, uuid5

import hcl2
from lark import Token, Tree

SKIPPED = {"new_line_or_comment"}
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "&&": lambda left, right: left and right,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<=": operator.le,
}


def _concat(*lists: list[Any]) -> list[Any]:
    return [one for each in lists for one in each]


def _replace(text: str, old: str, new: str) -> str:
    assert not (old.startswith("/") and old.endswith("/")), f"{old!r} would be a regular expression"
    return text.replace(old, new)


def _tostring(value: object) -> str:
    assert isinstance(value, (str, int))
    assert not isinstance(value, bool)
    return str(value)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "concat": _concat,
    "contains": lambda values, value: value in values,
    "join": lambda between, texts: between.join(texts),
    "jsondecode": json.loads,
    "length": len,
    "max": max,
    "merge": lambda *maps: {key: value for each in maps for key, value in each.items()},
    "replace": _replace,
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "substr": lambda text, offset, length: text[offset : offset + length],
    "tolist": list,
    "tostring": _tostring,
    "urlencode": quote_plus,
    "uuidv5": lambda namespace, name: str(uuid5(UUID(namespace), name)),
}


def parts(tree: Tree[Token], *kinds: str) -> list[Any]:
    """The children of a tree that are trees; those of some kinds only, where they are named."""
    found = [one for one in tree.children if isinstance(one, Tree) and one.data not in SKIPPED]
    return [one for one in found if one.data in kinds] if kinds else found


def text_of(tree: Tree[Token]) -> str:
    """The name that an identifier, or a string without anything filled in, is."""
    return "".join(str(token) for token in tree.scan_values(lambda one: True)).strip().strip('"')


@dataclass
class Block:
    """A block: its kind, its labels, and what is in it, not yet evaluated."""

    kind: str
    labels: tuple[str, ...]
    attributes: dict[str, Any]
    blocks: list[Block]


def _body(tree: Tree[Token]) -> tuple[dict[str, Any], list[Block]]:
    attributes = {text_of(name): value for name, value in map(parts, parts(tree, "attribute"))}
    return attributes, [_block(one) for one in parts(tree, "block")]


def _block(tree: Tree[Token]) -> Block:
    *head, body = parts(tree)
    kind, *labels = map(text_of, head)
    return Block(kind, tuple(labels), *_body(body))


@dataclass
class Module:
    """A folder of `.tf` files, with values for its variables."""

    folder: Path
    files: tuple[Block, ...]
    values: Mapping[str, Any]
    surroundings: Mapping[str, Any]
    """What data sources and finished resources report: by the first part of an address."""
    locals: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Every variable with its value or its default."""
        declared = {block.labels[0]: block for block in self.files if block.kind == "variable"}
        assert set(self.values) <= set(declared), set(self.values) - set(declared)
        return {
            name: self.values[name] if name in self.values else self.value(block.attributes["default"])
            for name, block in declared.items()
        }

    def refused(self) -> list[str]:
        """The messages of the conditions on variables that do not hold."""
        conditions = [one for block in self.files if block.kind == "variable" for one in block.blocks]
        return [
            self.value(one.attributes["error_message"])
            for one in conditions
            if not self.value(one.attributes["condition"])
        ]

    def resources(self) -> list[tuple[str, dict[str, Any]]]:
        """Address and arguments of each resource that is made."""
        return [
            (
                ".".join(block.labels),
                {name: self._argument(name, value) for name, value in block.attributes.items()},
            )
            for block in self.files
            if block.kind == "resource" and self._count(block)
        ]

    def outputs(self) -> dict[str, Any]:
        """The value of each output."""
        return {
            block.labels[0]: self.value(block.attributes["value"])
            for block in self.files
            if block.kind == "output"
        }

    def _count(self, block: Block) -> int:
        return self.value(block.attributes["count"]) if "count" in block.attributes else 1

    def _argument(self, name: str, tree: Tree[Token]) -> Any:
        if name == "depends_on":
            [items] = parts(tree)
            return [text_of(one) for one in parts(items)]
        return self.value(tree)

    def value(self, tree: Tree[Token]) -> Any:
        """What an expression is."""
        return getattr(self, f"_{tree.data}")(tree)

    def _expr_term(self, tree: Tree[Token]) -> Any:
        [inner] = parts(tree)
        return self.value(inner)

    def _literal_value(self, tree: Tree[Token]) -> Any:
        return json.loads(text_of(tree))

    _int_lit = _literal_value

    def _identifier(self, tree: Tree[Token]) -> Any:
        name = text_of(tree)
        known = {"var": self.variables, "local": _Locals(self), "path": {"module": str(self.folder)}}
        return known[name] if name in known else self.surroundings[name]

    def _get_attr_expr_term(self, tree: Tree[Token]) -> Any:
        of, name = parts(tree)
        return self.value(of)[text_of(name).removeprefix(".")]

    def _index_expr_term(self, tree: Tree[Token]) -> Any:
        of, braces = parts(tree)
        [index] = parts(braces)
        return self.value(of)[self.value(index)]

    def _unary_op(self, tree: Tree[Token]) -> bool:
        assert str(tree.children[0]).strip() == "!"
        [operand] = parts(tree)
        return not self.value(operand)

    def _binary_op(self, tree: Tree[Token]) -> Any:
        left, term = parts(tree)
        sign, right = parts(term)
        return OPERATORS[text_of(sign)](self.value(left), self.value(right))

    def _conditional(self, tree: Tree[Token]) -> Any:
        condition, then, other = parts(tree)
        return self.value(then if self.value(condition) else other)

    def _tuple(self, tree: Tree[Token]) -> list[Any]:
        return [self.value(one) for one in parts(tree)]

    def _object(self, tree: Tree[Token]) -> dict[str, Any]:
        pairs = [parts(element) for element in parts(tree, "object_elem")]
        return {text_of(key): self.value(value) for key, value in pairs}

    def _function_call(self, tree: Tree[Token]) -> Any:
        name, *arguments = parts(tree)
        values = [self.value(one) for given in arguments for one in parts(given)]
        if text_of(name) == "file":
            return Path(values[0]).read_text(encoding="utf-8")
        return FUNCTIONS[text_of(name)](*values)

    def _string(self, tree: Tree[Token]) -> str:
        return "".join(map(self._piece, parts(tree)))

    def _piece(self, tree: Tree[Token]) -> str:
        [inner] = tree.children
        if isinstance(inner, Tree):
            [expression] = parts(inner)
            filled = self.value(expression)
            assert isinstance(filled, str), f"{filled!r} in a text"
            return filled
        written = str(inner).replace("$${", "${").replace("%%{", "%{")
        text: str = json.loads(f'"{written}"')
        return text


class _Locals(dict[str, Any]):
    """The locals of a module, each evaluated when it is asked for first."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self._module = module

    def __getitem__(self, name: str) -> Any:
        module = self._module
        if name not in module.locals:
            [block] = [block for block in module.files if block.kind == "locals"]
            module.locals[name] = module.value(block.attributes[name])
        return module.locals[name]


def parsed(folder: Path) -> tuple[Block, ...]:
    """The blocks of all files in a folder."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf"))]
    return tuple(block for text in texts for block in _body(parts(hcl2.parses_to_tree(text))[0])[1])
