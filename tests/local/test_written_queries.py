"""Queries as people write them over Application Insights."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from tests.local.test_kql_cases import comparable
from tests.support.kql_cases import DATA, NOW, rows
from tests.support.telemetry import dependency, fill, metric
from tests.support.written_queries import WRITTEN, Written


@pytest.fixture(scope="module")
def query() -> Iterator[Query]:
    """The rows of the cases, sent as the exporter would."""
    with Store(retention_days=36_500) as store:
        fill(store, map(dependency, rows("AppDependencies")))
        fill(store, map(metric, rows("AppMetrics")))
        yield Query(store)


@pytest.mark.parametrize("written", WRITTEN, ids=[str(index) for index in range(len(WRITTEN))])
def test_written(written: Written, query: Query) -> None:
    """A query gives the rows that plain Python works out."""
    wanted = written.answer(rows("AppDependencies"), rows("AppMetrics"))
    assert comparable(query.run(written.query, now=NOW).rows) == comparable(wanted)


def test_there_are_forty() -> None:
    """No query is there twice."""
    assert len({written.query for written in WRITTEN}) == 40


def test_sources() -> None:
    """Where queries were collected is listed by repository and path, and no text of them is."""
    sources = tomllib.loads((DATA / "query_sources.toml").read_text(encoding="utf-8"))
    assert sources["kept"] >= sources["run"] >= 0.8 * sources["kept"]
    listed = [path for paths in sources["repositories"].values() for path in paths]
    assert len(listed) == len(set(listed)) > 50
