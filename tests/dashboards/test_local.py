"""The shipped KQL gives the same answers in the local Azure Monitor, on columns extracted as rows came in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from foundry_telemetry.conventions import EVENT_NAME
from foundry_telemetry.dashboards import kql
from foundry_telemetry.dashboards.parameters import substitute
from foundry_telemetry.local.query import Query
from foundry_telemetry.local.store import Store
from tests.dashboards.answers import answer
from tests.dashboards.rows import END, Row
from tests.dashboards.test_queries import SEEDS, choice_of, ledger, near
from tests.support.telemetry import Envelope, envelope, fill


def posted(row: Row) -> Envelope:
    """The envelope that the exporter posts for a row."""
    tags = {"ai.cloud.role": row.service, "ai.operation.id": row.OperationId}
    data = {"name": EVENT_NAME, "properties": row.properties}
    return envelope("EventData", data, row.at, tags=tags)


@pytest.fixture(scope="module", params=SEEDS)
def seeded(request: pytest.FixtureRequest) -> Iterator[tuple[int, Query]]:
    """A seed, and what answers queries on its rows."""
    with Store(clock=lambda: END) as store:
        fill(store, map(posted, ledger(request.param)[0]))
        yield request.param, Query(store)


@pytest.mark.parametrize("name", kql.names())
def test_the_local_store_answers_what_python_answers(name: str, seeded: tuple[int, Query]) -> None:
    """The unchanged text, on extracted columns, gives every row, column and number."""
    seed, query = seeded
    choice = choice_of(seed)
    table = query.run(substitute(kql.whole(name), choice.values), now=END)
    names = [column for column, _ in table.columns]
    told = [dict(zip(names, map(_value, row), strict=True)) for row in table.rows]
    assert told == near(answer(name, ledger(seed)[0], choice))


def _value(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
