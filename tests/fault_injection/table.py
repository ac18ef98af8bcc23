"""The matrix beside the tests that hold it, as the table in README.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from os.path import relpath
from pathlib import Path
from typing import Final, NamedTuple

from tests.fault_injection.matrix import ROWS, TRUST, Row

FOLDER: Final = Path(__file__).parent
TESTS: Final = FOLDER.parent
README: Final = FOLDER / "README.md"


class Count(NamedTuple):
    """How many tests of a file hold a row."""

    quick: int = 0
    long: int = 0
    """Those marked ``long``, which the normal run leaves out."""


Held = Mapping[int, Mapping[Path, Count]]
"""For each row the files that test it."""

_HEAD: Final = """\
# The fault matrix

Made by `python -m tests.fault_injection` from `matrix.py` and the markers of the tests; a test keeps it true.

A test that holds rows is marked `@pytest.mark.row(number, ...)`; brackets hold the number of tests. *Normal
run* is `pytest`; a command in the last column tries more of the row, or all of it. *As without us* means the
same bytes, the same exception and the same requests at the server as in a run without us.

How services end, server by server: [the matrix of servers](../delivery/README.md).
What the environment says, variable by variable: [the matrix of settings](settings.md).

| # | Fault | Must hold | Tests | State |
| ---: | --- | --- | --- | --- |
"""


def held(folder: Path = TESTS) -> dict[int, dict[Path, Count]]:
    """The rows that the tests below a folder are marked with. Reads the files, imports none.

    Raises:
        ValueError: A marker names something else than numbers.
    """
    found: dict[int, dict[Path, Count]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for number, is_long in _numbers(path):
            files = found.setdefault(number, {})
            count = files.get(path, Count())
            files[path] = count._replace(quick=count.quick + (not is_long), long=count.long + is_long)
    return found


def _numbers(path: Path) -> Iterator[tuple[int, bool]]:
    """The rows of each test of a file, one after the other, and whether the test is a long one."""
    text = path.read_text("utf-8")
    if "mark.row" not in text:
        return
    tree = ast.parse(text)
    of_all = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            marks = [*of_all, *node.decorator_list]
            is_long = any("pytest.mark.long" in ast.unparse(mark) for mark in marks)
            numbers = dict.fromkeys(number for mark in marks for number in _marked(mark, path))
            yield from ((number, is_long) for number in numbers)


def _marked(node: ast.expr, path: Path) -> Iterator[int]:
    """The numbers of every `pytest.mark.row(...)` within an expression."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.row":
            for argument in call.args:
                if not isinstance(argument, ast.Constant) or type(argument.value) is not int:
                    raise ValueError(f"{path}:{call.lineno}: a row is a number, not {ast.unparse(argument)}")
                yield argument.value


def problems(rows: tuple[Row, ...], found: Held) -> list[str]:
    """What is wrong between the matrix and the markers."""
    numbers = [row.number for row in rows]
    reported = (
        [] if numbers == list(range(1, len(rows) + 1)) else ["the rows are not numbered one after the other"]
    )
    reported += [
        f"row {number}, of {min(found[number]).name}, is not in the matrix"
        for number in sorted(set(found) - set(numbers))
    ]
    return reported + [
        f"row {row.number}, {row.fault}: no test and no command holds it"
        for row in rows
        if row.number not in found and not row.also
    ]


def readme(rows: tuple[Row, ...] = ROWS, found: Held | None = None) -> str:
    """The text of README.md."""
    of_rows = held() if found is None else found
    return _HEAD + "".join(_line(row, of_rows.get(row.number, {})) for row in rows)


def _line(row: Row, files: Mapping[Path, Count]) -> str:
    links = ", ".join(
        f"[{_name(path)}]({relpath(path, FOLDER)}) ({sum(count)})" for path, count in files.items()
    )
    cells = (str(row.number), row.fault, row.holds, links, _state(row, files))
    return f"| {' | '.join(cells)} |\n"


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem.removeprefix('test_')}"


def _state(row: Row, files: Mapping[Path, Count]) -> str:
    said = ["normal run"] if any(count.quick for count in files.values()) else []
    commands = [TRUST] if any(count.long for count in files.values()) else []
    said += [f"`{command}`" for command in dict.fromkeys([*commands, row.also]) if command]
    return ", ".join(said) + (f"; in part skipped without {row.needs}" if row.needs else "")
