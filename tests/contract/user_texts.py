"""Every text that a user can meet, with the place where it stands.

Found are the help of the commands, literals of Python but documentation, KQL, the strings of workbook,
Grafana dashboard and template, what the page writes, and Markdown.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

ROOT: Final = Path(__file__).parents[2]

Kind = Literal["prose", "column", "name"]
"""Words to be read; the heading of a column; a name, of which only whole labels are looked for."""


class UserText(NamedTuple):
    """One text."""

    place: str
    """File, and what leads to the text in it."""
    text: str
    kind: Kind = "prose"


Source = Callable[[str, str], Iterator[UserText]]
"""From the name of a file and its text to the texts in it."""

_GAP: Final = "…"
"""What stands where a text is put together at run time."""
_QUERIES: Final = frozenset(
    {
        "query",
        "rawSql",
        "body",
        "serializedData",
        "workbook",
        "grafana",
        "alertQueries",
        "savedQueries",
        "columnId",
    }
)
"""Keys of the artefacts that hold KQL, names of it, or another artefact: read where they come from."""
_HEADINGS: Final = "/labelSettings/"
"""In the place of a text: what holds the headings of columns."""


def python_texts(name: str, text: str) -> Iterator[UserText]:
    """The literals of a module that are no documentation; of one without a blank the kind is a name."""
    tree = ast.parse(text)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    for node in ast.walk(tree):
        found = _literal(node)
        if found is None or id(node) in documentation | inside or (id(node) in keys and " " not in found):
            continue
        yield UserText(f"{name}:{node.lineno}", found, "prose" if " " in found else "name")  # type: ignore[attr-defined]


def _literal(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=parts):
            return "".join(_literal(part) or _GAP for part in parts)
    return None


def kql_texts(name: str, text: str) -> Iterator[UserText]:
    """The lines of a query, comments too: all is in the query pack. Names are read as words."""
    for number, line in enumerate(text.splitlines(), 1):
        yield UserText(f"{name}:{number}", re.sub(r"(?<=[a-z])_(?=[a-z])", " ", line))


def json_texts(name: str, text: str) -> Iterator[UserText]:
    """The strings of an artefact, but for KQL."""
    yield from _strings(json.loads(text), name, "")


def _strings(value: Any, place: str, key: str) -> Iterator[UserText]:
    match value:
        case str():
            kind: Kind = "column" if _HEADINGS in place else "prose" if " " in value else "name"
            yield UserText(f"{place}/{key}", value, kind)
        case list():
            for number, each in enumerate(value):
                yield from _strings(each, f"{place}/{key}", str(number))
        case dict():
            for inner, each in value.items():
                if inner not in _QUERIES or not isinstance(each, str | list | dict):
                    yield from _strings(each, f"{place}/{key}", inner)


_SCRIPT: Final = re.compile(
    r"""//[^\n]* | /\*.*?\*/
      | (?<=[(,=:\[!&|?{};\n])\s*/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*
      | (?P<text>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `(?:[^`\\]|\\.)*`)""",
    re.VERBOSE | re.DOTALL,
)
"""Comments and patterns, which are passed over, and texts. What is within `${…}` belongs to the text."""


def script_texts(name: str, text: str) -> Iterator[UserText]:
    """The literals of a script."""
    for found in _SCRIPT.finditer(text):
        if found["text"] is not None:
            line = text.count("\n", 0, found.start("text")) + 1
            inner = re.sub(r"\$\{[^{}]*\}", _GAP, found["text"][1:-1])
            yield UserText(f"{name}:{line}", inner, "prose" if " " in inner else "name")


def html_texts(name: str, text: str) -> Iterator[UserText]:
    """What stands between tags, and in attributes."""
    without = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    for found in re.finditer(r'"([^"]*)"|>([^<]+)<', without):
        inner = " ".join((found[1] or found[2] or "").split())
        if inner:
            yield UserText(name, inner, "prose" if " " in inner else "name")


def markdown_texts(name: str, text: str) -> Iterator[UserText]:
    """Paragraphs, headings, cells and examples. Lines that go on are one text."""
    for number, block in _paragraphs(text):
        yield UserText(f"{name}:{number}", block)


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    for found in re.finditer(r"(?:^[^\n|#]+\n?)+|^[^\n]+$", text, re.MULTILINE):
        for cell in re.split(r" \| ", found[0]):
            yield text.count("\n", 0, found.start()) + 1, " ".join(cell.strip("|# \n").split())


def bicep_texts(name: str, text: str) -> Iterator[UserText]:
    """The descriptions of parameters."""
    for found in re.finditer(r"@description\('((?:[^'\\]|\\.)*)'\)", text):
        yield UserText(f"{name}:{text.count(chr(10), 0, found.start()) + 1}", found[1])


SOURCES: Final[Mapping[str, Source]] = {
    ".py": python_texts,
    ".kql": kql_texts,
    ".json": json_texts,
    ".js": script_texts,
    ".html": html_texts,
    ".md": markdown_texts,
    ".bicep": bicep_texts,
}
"""Ending of a file's name: what finds its texts."""

_WHERE: Final = (
    r"foundry_telemetry/(?!local/page/vendor/|testing/data/).*\.(py|md)",
    r"foundry_telemetry/local/page/[a-z_]+\.(js|html)",
    r"dashboards/((investigate|queries|alerts)/[a-z_]+\.kql|builder/.*\.py|[A-Za-z.]+\.(json|md|bicep))",
    r"(README|SECURITY)\.md|docs/.*\.md|examples/.*\.(md|py)",
)
"""The files that users meet, or that make what they meet."""


@cache
def files() -> tuple[str, ...]:
    """The tracked files that have texts for users."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    pattern = re.compile("|".join(f"(?:{each})" for each in _WHERE))
    names = (name for name in listed.stdout.split("\0") if pattern.fullmatch(name))
    return tuple(name for name in names if (ROOT / name).is_file())


def texts_of(name: str) -> Iterator[UserText]:
    """The texts of a file."""
    return SOURCES[Path(name).suffix](name, (ROOT / name).read_text("utf-8"))


def help_texts() -> Iterator[UserText]:
    """What `--help` of each command says."""
    import typer
    import typer.main

    from foundry_telemetry.cli import _application

    yield from _help(typer.main.get_command(_application()), "foundry-telemetry")


def _help(command: Any, name: str) -> Iterator[UserText]:
    for each in (command.help, command.short_help, command.epilog):
        yield from (
            UserText(f"{name} --help", " ".join(block.split())) for block in (each or "").split("\n\n")
        )
    for parameter in command.params:
        yield UserText(f"{name} --help: {parameter.name}", getattr(parameter, "help", None) or "")
    for inner, each in getattr(command, "commands", {}).items():
        yield from _help(each, f"{name} {inner}")
