"""Small parts: how long a module and a function may be."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = sorted(
    path
    for folder in ("foundry_telemetry", "dashboards/builder", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
MOST_LINES_OF_A_MODULE: Final = 300
MOST_LINES_OF_A_FUNCTION: Final = 40
"""Lines of code; a docstring is no code."""
MOST_LINES_OF_NINE_IN_TEN: Final = 20


def name_of(path: Path) -> str:
    """A file's path in the repository."""
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a module, and its lines of code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first, *rest = node.body
            has_docstring = ast.get_docstring(node, clean=False) is not None
            start = first.end_lineno if has_docstring else None
            lines = (node.end_lineno or 0) - node.lineno + 1
            if has_docstring and start is not None:
                lines -= start - first.lineno + 1
            yield f"{name_of(path)}:{node.lineno} {node.name}", lines if rest or not has_docstring else 1


def test_a_module_fits_in_a_head() -> None:
    """No module is longer than 300 lines."""
    for path in MODULES:
        assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES_OF_A_MODULE, name_of(path)


def test_a_function_fits_on_a_screen() -> None:
    """No function has more than 40 lines of code."""
    for path in MODULES:
        assert [found for found in functions(path) if found[1] > MOST_LINES_OF_A_FUNCTION] == []


def test_most_functions_are_small() -> None:
    """Nine in ten have at most 20 lines of code."""
    lengths = [lines for path in MODULES for _, lines in functions(path)]
    assert statistics.quantiles(lengths, n=10)[-1] <= MOST_LINES_OF_NINE_IN_TEN
