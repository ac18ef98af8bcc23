"""Which parameters a step can see: those that steps before it set, and the global ones.

A parameter set inside a group is seen in that group alone, unless the group exports it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from foundry_telemetry.kql.parameters import references
from foundry_telemetry.kql.problems import GROUP, LINKS, QUERY, Item, Problem, inputs_of, name_of, steps

_CONDITIONS: Final = ("conditionalVisibility", "conditionalVisibilities")


def unset(workbook: Item) -> Iterator[Problem]:
    """Every use of a parameter that no step before has set."""
    everywhere = {name for item in steps(workbook) for name in _sets(item)}
    shared = {each["name"] for item in steps(workbook) for each in inputs_of(item) if each.get("isGlobal")}
    yield from _walk(workbook, shared, everywhere)


def _walk(parent: Item, seen: set[str], everywhere: set[str]) -> Iterator[Problem]:
    """Check the items of a workbook or group, and add to `seen` what they set."""
    for item in parent.get("items", ()):
        yield from _missing(item, _conditions(item), seen, everywhere)
        if item.get("type") == GROUP:
            inside = seen if item["content"].get("exportParameters") else set(seen)
            yield from _walk(item["content"], inside, everywhere)
            continue
        for each in inputs_of(item):
            yield from _missing(item, _used(each), seen, everywhere)
            seen.add(each["name"])
        if not inputs_of(item):
            yield from _missing(item, _used(item.get("content", {})), seen, everywhere)
        seen |= set(_sets(item))


def _missing(item: Item, used: Iterator[str], seen: set[str], everywhere: set[str]) -> Iterator[Problem]:
    for name in sorted(set(used) - seen):
        why = "is set by no step before it" if name in everywhere else "does not exist"
        yield Problem(name_of(item), f"uses parameter {name}, which {why}")


def _used(reported: Item) -> Iterator[str]:
    for reference in references(json.dumps(reported, ensure_ascii=False)):
        yield reference.name


def _conditions(item: Item) -> Iterator[str]:
    for key in _CONDITIONS:
        reported = item.get(key) or []
        for condition in reported if isinstance(reported, list) else [reported]:
            yield condition["parameterName"]


def _sets(item: Item) -> Iterator[str]:
    """The parameters that a step sets for those after it."""
    content = item.get("content", {})
    for each in inputs_of(item):
        yield each["name"]
    if item.get("type") == QUERY:
        yield from (
            content[key] for key in ("exportParameterName", "timeBrushParameterName") if key in content
        )
        yield from (each["parameterName"] for each in content.get("exportedParameters", ()))
    if item.get("type") == LINKS:
        yield from (link["cellValue"] for link in content["links"] if link.get("linkTarget") == "parameter")
