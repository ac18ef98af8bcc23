"""What of a workbook the local page does not draw, by its own table, `supported.json`.

*Kind*: a sort of object in a workbook, such as a query step or a formatter. *Rule*: the table's entry for
one key of a kind; the file explains them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from foundry_telemetry.kql.parameters import references
from foundry_telemetry.kql.problems import Item, Problem, inputs_of, name_of, steps

PATH: Final = Path(__file__).with_name("supported.json")

_ANY: Final = ("drawn", "ignored")
_EXPORTED_TEXT: Final = "1"


@cache
def table() -> Mapping[str, Any]:
    """The table."""
    content: Mapping[str, Any] = json.loads(PATH.read_bytes())
    return content


def undrawn(workbook: Item) -> Iterator[Problem]:
    """Every feature of `workbook` that the local page would not draw."""
    yield from _object(workbook, table()["root"], "workbook")
    yield from _formats(workbook)


def _object(item: Any, kind: str, step: str) -> Iterator[Problem]:
    if not isinstance(item, dict):
        yield Problem(step, f"a {kind} must be an object, not {item!r}")
        return
    step = item.get("name", step) if kind == "item" else step
    for key, value in item.items():
        rule = table()["kinds"][kind].get(key)
        if rule is None:
            yield Problem(step, f"{key} of a {kind} is not drawn")
        elif value is not None:
            yield from _value(value, rule, f"{key} of a {kind}", item, step)


def _value(value: Any, rule: Any, what: str, beside: Item, step: str) -> Iterator[Problem]:
    match rule:
        case str() if rule in _ANY:
            return
        case list():
            for one in value if isinstance(value, list) else [value]:
                if not any(one == known and type(one) is type(known) for known in rule):
                    yield Problem(step, f"{what} is {one!r}, which is not drawn")
        case {"object": kind}:
            yield from _object(value, kind, step)
        case {"items": kind}:
            for one in value:
                yield from _object(one, kind, step)
        case {"by": key, "kinds": kinds}:
            kind = kinds.get(str(beside.get(key)))
            if kind is not None:  # else the rule of that key has reported it
                yield from _object(value, kind, step)
        case _:
            yield Problem(step, f"{what} has a rule that is not known: {rule!r}")


def _formats(workbook: Item) -> Iterator[Problem]:
    """References whose format is not drawn."""
    types = {each["name"]: str(each["type"]) for item in steps(workbook) for each in inputs_of(item)}
    known = table()["references"]
    for item in steps(workbook):
        content = {key: value for key, value in item.get("content", {}).items() if key != "items"}
        for reference in references(json.dumps(content, ensure_ascii=False)):
            kind = types.get(reference.name, _EXPORTED_TEXT)
            if reference.format not in map(str.lower, known.get(kind, known["*"])):
                yield Problem(
                    name_of(item), f"{{{reference.name}:{reference.format}}} is a format that is not drawn"
                )
