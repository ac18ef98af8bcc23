"""The rules that the public gallery of workbooks has for its own, and that every good workbook keeps."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from foundry_telemetry.kql.problems import Item, Problem, inputs_of, name_of, queries, steps

MOST_QUERIES: Final = 90
MOST_STEPS: Final = 100
MOST_TAB_QUERIES: Final = 14
"""Of one group that a tab shows: what is not shown is not asked."""
MOST_QUERY_CHARACTERS: Final = 3_000
"""Without `_MADE`, which stands in front of a query as the gallery counts it."""
LONGER: Final = {"cost of the month tiles": 3_600, "change of the cost": 8_000}
"""Step: what its query may have. Both work out what a command has too: the forecast by weekday, and the
Shapley value of each factor, which is one sum over all of them."""
MOST_CHARACTERS: Final = 451_000
"""Of the JSON, indented by two. The gallery warns above 100,000 and refuses from 500,000 on."""
WHY_LARGER: Final = "the queries alone have 150 kB, and each begins with its part of the typed view"
"""Why ours may have more. What a tab that is not shown holds is not asked, so it opens no slower."""

_RESOURCE_ID: Final = re.compile(r"/subscriptions/[0-9a-z]{8}(-[0-9a-z]{4}){3}-[0-9a-z]{12}", re.IGNORECASE)
_DEFAULT_NAME: Final = re.compile(r"(text|query|link|group|metrics|parameters) - \d+", re.IGNORECASE)
_MADE: Final = re.compile(r"^let (?:foundry_attempts|advice|rates|factors) ?= ?(?s:.*?);\n", re.MULTILINE)
"""What stands in front of a query and is made from a table: the typed view, what each cause means, prices."""
_ONLY_A_PARAMETER: Final = re.compile(r"\{\w+(:[^{}]*)?\}")


def breaches(workbook: Item) -> Iterator[Problem]:
    """Every rule that is broken."""
    yield from _names(workbook)
    yield from _labels(workbook)
    yield from _queries(workbook)
    yield from _tabs(workbook)
    yield from _portable(workbook)
    yield from _sizes(workbook)


def _names(workbook: Item) -> Iterator[Problem]:
    for item in steps(workbook):
        if not item.get("name", "").strip() or _DEFAULT_NAME.match(item["name"]):
            yield Problem(name_of(item), "needs a descriptive name")
    for name, count in Counter(map(name_of, steps(workbook))).items():
        if count > 1:
            yield Problem(name, f"{count} steps have this name")
    for same, count in Counter(_ids(workbook)).items():
        if count > 1:
            yield Problem("workbook", f"the id {same} is there {count} times")


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _ids(one)


def _labels(workbook: Item) -> Iterator[Problem]:
    for item in steps(workbook):
        for each in inputs_of(item):
            if not each.get("label") and not each.get("isHiddenWhenLocked"):
                yield Problem(name_of(item), f"parameter {each['name']} needs a label")


def _queries(workbook: Item) -> Iterator[Problem]:
    found = list(queries(workbook))
    if len(found) > MOST_QUERIES:
        yield Problem(
            "workbook", f"{len(found)} queries; at most {MOST_QUERIES}, or the service slows them down"
        )
    for name, text in found:
        own, most = len(_MADE.sub("", text)), LONGER.get(name, MOST_QUERY_CHARACTERS)
        if own > most:
            yield Problem(name, f"the query has {own} characters; at most {most}")
        if "print " in text and "isfuzzy" not in text:
            yield Problem(name, "prints constants; use a source of type JSON")
        if "datatable" in text and "where" not in text:
            yield Problem(name, "is only a datatable; use a source of type JSON")
        if _ONLY_A_PARAMETER.fullmatch(text.strip()):
            yield Problem(name, "is only a parameter; nobody can edit or pin it")


def _tabs(workbook: Item) -> Iterator[Problem]:
    for item in workbook.get("items", ()):
        count = sum(1 for _ in queries({"items": [item]}))
        if count > MOST_TAB_QUERIES:
            yield Problem(name_of(item), f"{count} queries on one tab; at most {MOST_TAB_QUERIES}")


def _portable(workbook: Item) -> Iterator[Problem]:
    found = _RESOURCE_ID.search(json.dumps(workbook))
    if found:
        yield Problem("workbook", f"names the resource {found[0]}, which others have not")
    if workbook.get("fromTemplateId"):
        yield Problem("workbook", "has fromTemplateId, which only the portal may set")


def _sizes(workbook: Item) -> Iterator[Problem]:
    count = sum(1 for _ in steps(workbook))
    if count > MOST_STEPS:
        yield Problem("workbook", f"{count} steps; at most {MOST_STEPS}")
    size = len(json.dumps(workbook, indent=2, ensure_ascii=False))
    if size > MOST_CHARACTERS:
        yield Problem("workbook", f"{size} characters of JSON; at most {MOST_CHARACTERS}")
