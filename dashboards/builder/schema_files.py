"""Files that are made from tables of the code, or in part: types, list of fields, list of alert rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import fill, indent
from typing import Final

from dashboards.builder import alert_page, plan_page, removal
from foundry_telemetry.kql import files
from foundry_telemetry.schema import rendering
from foundry_telemetry.schema.field_table import COLUMNS, FIELDS
from foundry_telemetry.schema.row import Row

ROOT: Final = Path(__file__).parents[2]
"""Of the checkout."""

_MADE: Final = "Made from `schema/field_table.py` by `python -m dashboards.builder build`: edit that."


def outdated() -> list[str]:
    """The names of files that differ from what the table makes."""
    return [name for name in FILES if _text(name) != made(name)]


def write(name: str) -> None:
    """Write a file anew."""
    (ROOT / name).write_text(made(name), encoding="utf-8", newline="\n")


def made(name: str) -> str:
    """The text of a file as the table makes it."""
    return FILES[name](_text(name))


def _text(name: str) -> str:
    path = ROOT / name
    return path.read_bytes().decode() if path.is_file() else ""


def _between(**parts: Callable[[], str]) -> Callable[[str], str]:
    """What replaces the parts of a page that stand between comments with their names."""

    def replaced(page: str) -> str:
        for name, make in parts.items():
            before, start, rest = page.partition(f"<!-- {name}:start -->")
            _, end, after = rest.partition(f"<!-- {name}:end -->")
            if not end:
                raise ValueError(f"expected <!-- {name}:start --> and, after it, <!-- {name}:end -->")
            page = f"{before}{start}{make()}{end}{after}"
        return page

    return replaced


def _lines(make: Callable[[], str]) -> Callable[[], str]:
    """On lines of its own."""
    return lambda: f"\n{make()}\n"


def _module(lines: Callable[[], Iterable[str]]) -> Callable[[str], str]:
    """A whole module of Python."""
    return lambda _: "\n".join(lines()) + "\n"


def _class(title: str, needs: str, head: str, meaning: str) -> tuple[str, ...]:
    """A module up to the members of its one class."""
    module = (f'"""{title}', "", _MADE, '"""', "", "from __future__ import annotations", "", needs, "", "")
    return (*module, f"class {head}:", f'    """{meaning}"""', "")


def _attempt_columns() -> Iterator[str]:
    yield from _class(
        "The columns of the typed view as the read side has them.",
        "from msgspec import Struct",
        "AttemptColumns(Struct, frozen=True, kw_only=True, omit_defaults=True)",
        "One attempt; milliseconds and seconds as the names say.",
    )
    yield from (
        f"    {row.column}: {row.constraint.type.__name__} | None = None" for row in COLUMNS if row.path
    )


def _expected() -> Iterator[str]:
    yield from _class(
        "What `Call.has` takes of the last attempt.",
        "from typing import TypedDict",
        "ExpectedFields(TypedDict, total=False)",
        "The fields of an attempt.",
    )
    for row in FIELDS:
        if row.expected:
            yield from _member(row)


def _member(row: Row) -> Iterator[str]:
    yield f"    {row.expected}: object"
    if row.note:
        note = row.note.replace("`", "``")
        yield indent(fill(f'"""{note[0].upper()}{note[1:]}."""', 104), "    ")


def _removal() -> str:
    return removal.page(json.loads((ROOT / "dashboards" / files.TEMPLATE).read_bytes()))


FILES: Final[Mapping[str, Callable[[str], str]]] = {
    "foundry_telemetry/investigate/attempt_columns.py": _module(_attempt_columns),
    "foundry_telemetry/testing/kit/expected.py": _module(_expected),
    "SECURITY.md": _between(audit=_lines(rendering.as_markdown)),
    "dashboards/README.md": _between(
        alerts=_lines(alert_page.table),
        plans=_lines(plan_page.table),
        removal=_lines(_removal),
    ),
}
"""File name in the checkout: what makes its text from the present one."""
