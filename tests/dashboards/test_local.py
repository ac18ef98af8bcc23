"""Of what the real exporters sent, the shipped KQL answers what Python does, in the local Azure Monitor."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.answers import answer
from tests.dashboards.engine import near
from tests.dashboards.exported import export
from tests.dashboards.others import others_of
from tests.dashboards.rows import END
from tests.dashboards.test_queries import SEEDS, choice_of, ledger
from tests.support.kept_azure import empty

Seeded = tuple[int, LocalAzureMonitor]
"""A seed, and the local Azure Monitor that has its rows."""


@pytest.fixture(scope="module", params=SEEDS)
def seeded(request: pytest.FixtureRequest, kept_azure: LocalAzureMonitor) -> Seeded:
    """A seed, and what answers queries on its rows."""
    empty(kept_azure)
    rows, _ = ledger(request.param)
    export(kept_azure, rows, others_of(rows))
    return request.param, kept_azure


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(compose.names()) - {"stored"}))
def test_the_local_store_answers_what_python_answers(name: str, seeded: Seeded) -> None:
    """The unchanged text, on extracted columns, gives every row, column and number."""
    seed, azure = seeded
    choice = choice_of(seed)
    table = azure.query(substitute(compose.whole(name), choice.values), now=END)
    names = [column for column, _ in table.columns]
    reported = [dict(zip(names, map(_value, row), strict=True)) for row in table.rows]
    assert reported == near(answer(name, ledger(seed)[0], choice))


def test_the_local_store_says_what_it_stores(seeded: Seeded) -> None:
    """As many records of each table as were sent in the time shown; their sizes are the store's own."""
    seed, azure = seeded
    choice = choice_of(seed)
    rows, _ = ledger(seed)
    sent = Counter(one.table for one in others_of(rows) if choice.time.start <= one.at < choice.time.end)
    sent["AppEvents"] = sum(choice.time.start <= row.at < choice.time.end for row in rows)
    table = azure.query(substitute(compose.whole("stored"), choice.values), now=END)
    assert {name: records for name, records, *_ in table.rows} == sent
    assert all(billable_gb > 100 * records / 1e9 for _, records, billable_gb, *_ in table.rows)


def _value(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
