"""What the local store cut, the Health tab lists: nothing says so but the length of what is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dashboards.builder import cut_query
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import TimeRange, substitute
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.ingest import limits
from foundry_telemetry.local.store.store import Store
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import NOON, Envelope, envelope

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIELDS: dict[tuple[str, str], tuple[str, dict[str, Any], int]] = {
    ("AppDependencies", "Data"): ("RemoteDependencyData", {"data": "%s"}, limits.VALUE),
    ("AppDependencies", "DependencyType"): ("RemoteDependencyData", {"type": "%s"}, limits.NAME),
    ("AppDependencies", "Name"): ("RemoteDependencyData", {"name": "%s"}, limits.NAME),
    ("AppDependencies", "ResultCode"): ("RemoteDependencyData", {"resultCode": "%s"}, limits.NAME),
    ("AppDependencies", "Target"): ("RemoteDependencyData", {"target": "%s"}, limits.NAME),
    ("AppRequests", "Source"): ("RequestData", {"source": "%s"}, limits.NAME),
    ("AppRequests", "Url"): ("RequestData", {"url": "%s"}, limits.URL),
    ("AppTraces", "Message"): ("MessageData", {"message": "%s"}, limits.MESSAGE),
    ("AppExceptions", "Message"): ("ExceptionData", {"exceptions": [{"message": "%s"}]}, limits.MESSAGE),
    ("AppMetrics", "Name"): ("MetricData", {"metrics": [{"name": "%s", "value": 1}]}, limits.NAME),
    ("AppEvents", "prompt.note"): ("EventData", {"properties": {"prompt.note": "%s"}}, limits.VALUE),
    ("AppTraces", "it's"): ("MessageData", {"properties": {"it's": "%s"}}, limits.VALUE),
}
"""Table and column or property: what posts it, and how many characters Azure keeps."""
WIDE = "💥"
"""A character of four bytes."""


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory."""
    with Store(clock=lambda: NOON) as store:
        yield store


def posted(kind: str, data: dict[str, Any], value: str, minutes: int) -> Envelope:
    """An envelope with a value, minutes before noon."""
    filled = json.loads(json.dumps(data).replace("%s", value))
    return envelope(kind, {"id": "1", "name": "short", **filled}, NOON - minutes * MINUTE)


def post(store: Store, envelopes: list[Envelope]) -> int:
    """Post, wait until all is stored, and tell how many values were cut."""
    body = json.dumps([{"iKey": store.key, **one} for one in envelopes]).encode()
    receipt = store.add(body).result(PATIENCE_S)
    assert receipt.accepted == len(envelopes)
    return receipt.cut


def listed(store: Store) -> list[tuple[Any, ...]]:
    """What the panel shows of the last hour."""
    time = TimeRange(NOON - HOUR, NOON, MINUTE)
    return list(Query(store).run(substitute(compose.whole("cut_values"), {"TimeRange": time}), now=NOON).rows)


def test_what_the_store_cut_is_listed_and_nothing_else(store: Store) -> None:
    """Each value that lost its end counts for its table and field, newest first; one shorter does not."""
    long, short = [], []
    for place, (kind, data, limit) in enumerate(FIELDS.values(), 1):
        long += [posted(kind, data, WIDE * (limit + place), place + 12 * more) for more in range(2)]
        long.append(posted(kind, data, WIDE * (limit + 1), 70))
        short.append(posted(kind, data, WIDE * (limit - 1), place))
    assert post(store, short) == 0
    assert listed(store) == []
    assert post(store, long) == len(long)
    ended = [(NOON - place * MINUTE).replace(tzinfo=None) for place in range(1, len(FIELDS) + 1)]
    expected = [(*field, 2, at) for field, at in zip(FIELDS, ended, strict=True)]
    assert listed(store) == expected


def test_every_column_with_a_limit_is_watched() -> None:
    """The columns are those that are filled from the fields that the store cuts."""
    assert {column for _, column in FIELDS} - {"prompt.note", "it's"} == {*cut_query.columns()}
