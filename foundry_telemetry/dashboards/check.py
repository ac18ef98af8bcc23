"""All checks of the dashboards. One that finds nothing wrong says so in a line of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from foundry_telemetry.dashboards import build, files, kql
from foundry_telemetry.dashboards.columns import wrong_columns
from foundry_telemetry.dashboards.gallery import breaches
from foundry_telemetry.dashboards.problems import Item, Problem
from foundry_telemetry.dashboards.scope import unset
from foundry_telemetry.dashboards.supported import undrawn

Check = Callable[[Item], Iterable[Problem]]

_HEAD: Final = ("// ", "// Reads: ", "// Sampling: ")
"""How the first three lines of each query begin."""

WORKBOOK: Final[Mapping[str, Check]] = {
    "the local page draws every feature": undrawn,
    "the rules of the public gallery are kept": breaches,
    "no parameter is used before it is set": unset,
    "every query runs and gives the columns that are named": wrong_columns,
}
"""What must hold of a workbook."""


def current(_: Item) -> Iterator[Problem]:
    """Files that are not as a fresh build would make them."""
    for name in build.outdated():
        yield Problem(name, "differs from a fresh build: run python -m foundry_telemetry.dashboards")


def headed(_: Item) -> Iterator[Problem]:
    """Queries that do not say what they answer, what they read and whether sampling changes it."""
    for name in files.queries():
        lines = files.query(name).splitlines()
        if not all(line.startswith(start) for line, start in zip(lines, _HEAD, strict=False)):
            yield Problem(f"{name}.kql", f"must begin with lines that begin {', '.join(map(repr, _HEAD))}")


def used(workbook: Item) -> Iterator[Problem]:
    """Queries that stand in no artefact."""
    text = json.dumps(workbook, ensure_ascii=False)
    for name in kql.names():
        if json.dumps(f"// {kql.question(name)}", ensure_ascii=False)[1:-1] not in text:
            yield Problem(f"{name}.kql", "is in no dashboard")


ALL: Final[Mapping[str, Check]] = {
    "the committed files are a fresh build": current,
    "every query says what it answers": headed,
    "every query is used": used,
    **WORKBOOK,
}
"""What must hold of the folder too."""


def check(workbook: Item | None = None, checks: Mapping[str, Check] = ALL) -> dict[str, list[Problem]]:
    """Run `checks`.

    Args:
        workbook: The one to check; the shipped one by default.
        checks: What must hold, and how to find where it does not.

    Returns:
        What was found wrong, by what must hold.
    """
    checked: Item = json.loads(files.workbook()) if workbook is None else workbook
    return {rule: list(find(checked)) for rule, find in checks.items()}
