"""Environment variables that the installed telemetry packages name in their sources, and which of them read.

*Named*: a text of that form stands in the source. *Read*: code besides the list of names refers to it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

_OURS_TO_READ: Final = re.compile(r"opentelemetry-.+|azure-monitor-opentelemetry(-.+)?|azure-core(-.+)?|anthropic")
"""Distributions that decide about the telemetry of a process of ours."""

_VARIABLE: Final = re.compile(
    r"((PYTHON_)?APPLICATIONINSIGHTS|AKS|APPINSIGHTS|AZURE_(HTTP|LOG|MONITOR|SDK|TRACING)|FUNCTIONS"
    r"|MICROSOFT_OPENTELEMETRY|OTEL|WEBSITE)_[A-Z0-9_{}]*|ANTHROPIC_OPEN_TELEMETRY[A-Z_]*"
)


@dataclass
class Sources:
    """What the sources say."""

    named: dict[str, set[str]] = field(default_factory=dict)
    """Each variable with the distributions that name it."""
    read: set[str] = field(default_factory=set)


@cache
def sources() -> Sources:
    """Read the sources of all installed distributions of telemetry."""
    found = Sources()
    aliases: dict[str, str] = {}
    used: set[str] = set()
    for distribution in distributions():
        name = distribution.metadata["Name"].lower()
        if _OURS_TO_READ.fullmatch(name):
            for path in _modules(distribution):
                _look(ast.parse(path.read_text("utf-8")), name, found, aliases, used)
    found.read |= {text for alias, text in aliases.items() if alias in used}
    return found


def _modules(distribution: Distribution) -> Iterator[Path]:
    for file in distribution.files or ():
        path = Path(str(distribution.locate_file(file)))
        if path.suffix == ".py" and path.is_file():
            yield path


def _look(
    tree: ast.Module, distribution: str, found: Sources, aliases: dict[str, str], used: set[str]
) -> None:
    defined = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and (text := _text(node.value)):
            names = node.targets if isinstance(node, ast.Assign) else [node.target]
            aliases |= {ast.unparse(name).rpartition(".")[2]: text for name in names}
            defined.add(node.value)
    for node in ast.walk(tree):
        if text := _text(node):
            found.named.setdefault(text, set()).add(distribution)
            if node not in defined:
                found.read.add(text)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)


def _text(node: ast.AST | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value):
        return node.value
    return None
