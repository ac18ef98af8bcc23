"""Names as people give them: a filter offers those that can stand in a query, and finds their attempts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from dashboards.builder.grafana.references import in_kql, kinds_of
from dashboards.builder.grafana.variables import variables
from dashboards.builder.layout import WORKBOOK
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import TimeRange, substitute
from tests.dashboards.answers import Choice, answer
from tests.dashboards.engine import Workspace, near
from tests.dashboards.grafana_source import fill
from tests.dashboards.rows import END, Row

OFFERED = (
    *("Acme, Inc.", "Müller & Söhne", "日本語", "שלום", "🚀 launch", "dep%5B1m%5D", "a+b", "=1+1", "a|b"),
    *("x;y", "[shop]/checkout", "<b>", "acme", "ACME", "Acme", "#1", "null", "toString", " lead", "100 %"),
    "x" * 128,
)
WITHHELD = (
    *("o'brien", 'say "hi"', "a\\", "`", "*", "$__timeFilter(x)", "${Model}", "{Model}", "{TimeRange:start}"),
    *("new\nline", "tab\t", "\u2028", "\u202eevil", "x" * 129),
)
"""What could end a string, stands for something, or is not printed."""
NAMES = (*OFFERED, *WITHHELD)
LISTS = {
    "deployment_names": "deployments",
    "service_names": "services",
    "model_names": "models",
    "tag_values": "tag_values",
}
"""Query: which choice it fills."""


@cache
def world() -> tuple[list[Row], Workspace]:
    """One attempt of each name, which is its deployment, service, model and tenant, now and before."""
    rows = [
        Row(
            at=END - timedelta(minutes=minutes),
            call_id=f"{place:08x}{minutes:08x}",
            deployment=name,
            service=name,
            model=name,
            tags=(("tenant", name),),
            duration_ms=20.0,
        )
        for place, name in enumerate(NAMES)
        for minutes in (30, 420)
    ]
    return rows, Workspace(rows)


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_offers_every_name_that_can_stand_in_a_query(name: str) -> None:
    """Signs of any script and most marks may be chosen; none that could leave its string."""
    rows, workspace = world()
    reported = workspace.ask(name, Choice().values)
    assert reported == answer(name, rows, Choice())
    assert [*map(tuple, map(dict.values, reported))] == [(one,) for one in sorted(OFFERED)]


def test_a_chosen_name_finds_its_attempts_alone() -> None:
    """All at once, through each filter, as the workbook and as Grafana put them into the query."""
    rows, workspace = world()
    kinds = kinds_of(WORKBOOK)
    declared = variables(WORKBOOK, kinds)
    text = in_kql(compose.whole("by_deployment"), kinds)
    for kind in LISTS.values():
        chosen = {kind: OFFERED}
        choice = replace(Choice(), **chosen)
        expected = answer("by_deployment", rows, choice)
        assert {row["deployment"] for row in expected} == {*OFFERED}
        assert workspace.ask("by_deployment", choice.values) == near(expected)
        put = {key: value for key, value in choice.values.items() if not isinstance(value, TimeRange)}
        asked = fill(text, declared, put, choice.time)
        drawn = substitute(compose.whole("by_deployment"), choice.values)
        assert _filters(asked) == _filters(drawn)


def _filters(text: str) -> list[str]:
    return [line for line in text.splitlines() if "'*'" in line]
