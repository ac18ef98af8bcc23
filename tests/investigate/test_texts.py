"""The words of the commands stand in the `texts` of each room, and fit where they are used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Final

import pytest

from foundry_telemetry.demo import texts as demo
from foundry_telemetry.investigate import texts as shared
from foundry_telemetry.investigate.cost import texts as cost
from foundry_telemetry.investigate.cost import why_texts
from foundry_telemetry.investigate.doctor import texts as doctor
from foundry_telemetry.investigate.incident import texts as incident
from foundry_telemetry.investigate.reconcile import texts as reconcile
from foundry_telemetry.investigate.ticket import texts as ticket

PACKAGE: Final = Path(__file__).parents[2] / "foundry_telemetry"
ROOMS: Final = {
    "investigate": shared,
    "investigate/cost": cost,
    "investigate/cost why": why_texts,
    "investigate/doctor": doctor,
    "investigate/incident": incident,
    "investigate/reconcile": reconcile,
    "investigate/ticket": ticket,
    "demo": demo,
}
RENDERING: Final = (
    "cli/doctor_output.py",
    "demo/screen.py",
    "demo/summary.py",
    "demo/table.py",
    "investigate/cost/rendering.py",
    "investigate/cost/why_rendering.py",
    "investigate/incident/details.py",
    "investigate/incident/extent.py",
    "investigate/incident/numbers.py",
    "investigate/incident/rendering.py",
    "investigate/reconcile/rendering.py",
    "investigate/ticket/block.py",
    "investigate/ticket/markdown.py",
    "investigate/ticket/rendering.py",
)
"""What lays out the screens of these rooms."""
BUILDER: Final = Path(__file__).parents[2] / "dashboards/builder"
"""What makes the dashboards."""
STYLE: Final = re.compile(r"(bold|dim)( \w+)?")


@cache
def tree_of(path: Path) -> ast.Module:
    """A module."""
    return ast.parse(path.read_text("utf-8"))


def modules_with(texts: ModuleType, room: str) -> Iterator[Path]:
    """The modules that may use the texts of a room: its own, and the commands above."""
    name = texts.__name__
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.parent == PACKAGE / room.partition(" ")[0]
        if own or any(
            isinstance(node, ast.ImportFrom) and _brings(node, name) for node in ast.walk(tree_of(path))
        ):
            yield path


def _brings(node: ast.ImportFrom, name: str) -> bool:
    package, _, module = name.rpartition(".")
    return node.module == name or (node.module == package and any(one.name == module for one in node.names))


def constants(texts: ModuleType) -> set[str]:
    """The public names of a module that it defines itself."""
    tree = tree_of(Path(str(texts.__file__)))
    return {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id.isupper()
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_is_used(room: str) -> None:
    """A text that no line of the package or of what makes the dashboards uses is not kept."""
    used = {
        name
        for path in (*modules_with(ROOMS[room], room), *BUILDER.glob("*.py"))
        for node in ast.walk(tree_of(path))
        for name in ([node.attr] if isinstance(node, ast.Attribute) else [node.id] if _is_read(node) else [])
    }
    assert {name for name in constants(ROOMS[room]) if not name.startswith("_")} - used == set()


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "investigate"])
def test_what_is_filled_in_fits(room: str) -> None:
    """Where a text is filled in at once, it gets every value that it names."""
    found = list(formatted(room))
    assert found
    for place, name, given in found:
        text = getattr(ROOMS[room], name)
        named = {field for _, field, _, _ in Formatter().parse(text) if field}
        assert named <= given, f"{place}: {name} lacks {named - given}"


def formatted(room: str) -> Iterator[tuple[str, str, set[str]]]:
    """Each ``texts.NAME.format(...)`` in a room: where, which text, and the names of its values."""
    module = ROOMS[room].__name__.rpartition(".")[2]
    for path in sorted((PACKAGE / room.partition(" ")[0]).glob("*.py")):
        for node in ast.walk(tree_of(path)):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        attr="format", value=ast.Attribute(attr=name, value=ast.Name(id=used))
                    ),
                    keywords=keywords,
                ) if used == module:
                    place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                    yield place, name, {one.arg for one in keywords if one.arg}


@pytest.mark.parametrize("name", RENDERING)
def test_what_lays_out_a_screen_has_no_words(name: str) -> None:
    """A label or sentence in one of these modules could not be read and translated with the rest."""
    tree = tree_of(PACKAGE / name)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", node.value) and not STYLE.fullmatch(node.value)
    ]
    assert words == []
