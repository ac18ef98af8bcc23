"""Environment variables that the installed telemetry packages name in their sources, and which of them read.

*Named*: a text of that form stands in the source. *Read*: code refers to it, not only a list of names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

_DISTRIBUTION: Final = re.compile(
    r"opentelemetry-.+|azure-monitor-opentelemetry(-.+)?|azure-core(-.+)?|anthropic"
).fullmatch
"""Those that decide about the telemetry of a process of ours."""

_VARIABLE: Final = re.compile(
    r"((PYTHON_)?APPLICATIONINSIGHTS|AKS|APPINSIGHTS|AZURE_(HTTP|LOG|MONITOR|SDK|TRACING)|FUNCTIONS"
    r"|MICROSOFT_OPENTELEMETRY|OTEL|WEBSITE)_[A-Z0-9_{}]*|ANTHROPIC_OPEN_TELEMETRY[A-Z_]*"
).fullmatch


class Sources:
    """What sources say."""

    def __init__(self) -> None:
        self.named: dict[str, set[str]] = {}
        """Each variable with the distributions that name it."""
        self._aliases: dict[str, str] = {}
        self._used: set[str] = set()
        self._elsewhere: set[str] = set()

    @property
    def read(self) -> set[str]:
        """The variables that code refers to."""
        return self._elsewhere | {text for alias, text in self._aliases.items() if alias in self._used}

    def look(self, tree: ast.Module, distribution: str) -> None:
        """Look through a module."""
        defined = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and (text := _text(node.value)):
                names = node.targets if isinstance(node, ast.Assign) else [node.target]
                self._aliases |= {ast.unparse(name).rpartition(".")[2]: text for name in names}
                defined.add(node.value)
            elif text := _text(node):
                self.named.setdefault(text, set()).add(distribution)
                self._elsewhere |= {text} if node not in defined else set()
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._used.add(node.id)
            elif isinstance(node, ast.Attribute):
                self._used.add(node.attr)


@cache
def sources() -> Sources:
    """Those of all installed distributions of telemetry."""
    found = Sources()
    for distribution in distributions():
        name = distribution.metadata["Name"].lower()
        if _DISTRIBUTION(name):
            for path in _modules(distribution):
                found.look(ast.parse(path.read_text("utf-8")), name)
    return found


def _modules(distribution: Distribution) -> Iterator[Path]:
    for file in distribution.files or ():
        path = Path(str(distribution.locate_file(file)))
        if path.suffix == ".py" and path.is_file():
            yield path


def _text(node: ast.AST | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE(node.value):
        return node.value
    return None
