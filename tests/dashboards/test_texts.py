"""Texts stand in one place: queries give keys, every key has its words, and no word is left over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.builder import alert_page, texts
from dashboards.builder.layout import WORKBOOK
from dashboards.builder.visualizations import Chart, Table, number
from dashboards.builder.workbook import Group, Item, Query
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.lexer import tokens
from tests.dashboards.answers import answer
from tests.dashboards.test_queries import choice_of, ledger

ASSEMBLED = {"failed_attempts", "attempts_by_id", "call_attempts", "call_explained", "cost_change"}
"""Queries that put a text for a ticket, an address or a time together."""
ARTEFACTS = (files.WORKBOOK, files.GRAFANA, files.TEMPLATE)


def steps(items: tuple[Item, ...]) -> Iterator[Query]:
    """The steps with a query, wherever they stand."""
    for item in items:
        if isinstance(item, Group):
            yield from steps(item.items)
        if isinstance(item, Query):
            yield item


STEPS = list(steps(WORKBOOK))


def words(value: Any) -> Iterator[str]:
    """All texts of a table of texts."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from words(each)
        case list():
            for each in value:
                yield from words(each)


@pytest.mark.parametrize("name", sorted({*compose.names()} - ASSEMBLED))
def test_a_query_gives_keys(name: str) -> None:
    """No literal of a query is a sentence: its words stand in the texts."""
    found = [token.text for token in tokens(files.query(name)) if token.kind == "text"]
    assert [text for text in found if re.search(r"[A-Za-z] [A-Za-z]", text)] == []


def test_every_text_is_used() -> None:
    """Each text stands in the workbook, Grafana, the template or the table of alerts."""
    shown = "\n".join(
        text for name in ARTEFACTS for text in words(json.loads((files.folder() / name).read_bytes()))
    )
    shown += alert_page.table()
    for text in [*words(texts.SHOWN), *words(texts.DEPLOYED)]:
        part = max(re.split(r"\{\w+(?::\w+)?\}|\n", text), key=len).strip()
        assert part in shown, text


@pytest.mark.parametrize(
    "step", [step for step in STEPS if isinstance(step.visualization, Table)], ids=lambda step: step.name
)
def test_every_key_of_a_table_has_words(step: Query) -> None:
    """What stands in a column whose keys become words is one of the keys, or nothing."""
    rows, _ = ledger(0)
    assert isinstance(step.visualization, Table)
    reported = answer(step.query, rows, choice_of(0))
    for column in step.visualization.columns:
        options: Any = column.json.get("formatOptions", {})
        known = {
            each["thresholdValue"] for each in options.get("thresholdsGrid", ()) if each["operator"] == "=="
        }
        if known and "numberFormat" not in column.json:
            assert {row[column.name] for row in reported} <= known | {""}, column.name


CHANGES = ("change_percent", "change_usd_percent", "slower_percent")
"""Columns that may be negative."""


def test_what_happened_is_not_zero_percent() -> None:
    """Every percentage of a table is one decimal long, and less than a tenth is said to be so."""
    tables = [step.visualization for step in STEPS if isinstance(step.visualization, Table)]
    shares = [each for table in tables for each in table.columns if each.name.endswith("_percent")]
    assert len(shares) > 5
    for column in shares:
        shown: Any = column.json
        options = shown["numberFormat"]["options"]
        assert (options["minimumFractionDigits"], options["maximumFractionDigits"]) == (1, 1), column.name
        texts = [each["text"] for each in shown["formatOptions"]["thresholdsGrid"]]
        assert "<0.1%" in texts or column.name in CHANGES, column.name


def test_every_series_has_a_legend() -> None:
    """A column of a chart is a key, which the legend puts in words; percentiles are words already."""
    for step in STEPS:
        if isinstance(step.visualization, Chart) and step.visualization.group is None:
            assert set(step.visualization.y) <= {*step.visualization.labels, "p50", "p95", "p99"}, step.name


def test_headings_differ() -> None:
    """No two columns of a table have the same heading."""
    for step in STEPS:
        if isinstance(step.visualization, Table):
            headings = [column.label for column in step.visualization.columns]
            assert len(set(headings)) == len(headings), step.name


def formats(value: Any) -> Iterator[Any]:
    """The formats of numbers in an artefact."""
    match value:
        case dict():
            yield from [value["options"]] if "unit" in value and "options" in value else []
            for each in value.values():
                yield from formats(each)
        case list():
            for each in value:
                yield from formats(each)


def test_money_has_one_precision() -> None:
    """Wherever an amount stands, it has the same digits and separators."""
    found = [each for each in formats(json.loads(files.workbook())) if each["style"] == "currency"]
    assert found
    assert [each for each in found if each != number(0, "usd")["numberFormat"]["options"]] == []  # type: ignore[index]
