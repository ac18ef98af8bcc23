"""Deleting rows over HTTP: with the token, and only what the filters say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.support.telemetry import NOON, event, fill

PATH = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/tables/{table}"
    "/deleteData?api-version=2023-09-01"
)
BEFORE = {"column": "TimeGenerated", "operator": "<", "value": "2026-11-23T00:00:00Z"}


@pytest.fixture
def azure() -> Iterator[LocalAzureMonitor]:
    """With two events."""
    with LocalAzureMonitor(retention_days=36_500) as azure:
        fill(azure.store, [event(NOON, name="one"), event(NOON, name="two")])
        yield azure


def delete(azure: LocalAzureMonitor, body: Any, table: str = "AppEvents", **options: Any) -> httpx.Response:
    """Ask for a deletion."""
    url = f"{azure.url}{PATH.format(table=table)}"
    return httpx.post(url, json=body, trust_env=False, **{"headers": azure.headers, **options})


def rows(azure: LocalAzureMonitor) -> int:
    """How many events there are."""
    cursor = azure.store.cursor()
    (found,) = cursor.execute('SELECT count(*) FROM "AppEvents"').fetchall()
    cursor.close()
    return int(found[0])


def test_what_the_filters_say(azure: LocalAzureMonitor) -> None:
    """All filters must fit; the outcome is at the address that the answer names, with the count."""
    answer = delete(azure, {"filters": [BEFORE, {"column": "Name", "operator": "in", "value": ["one", "x"]}]})
    assert answer.status_code == 202
    status = httpx.get(answer.headers["azure-asyncoperation"], headers=azure.headers, trust_env=False).json()
    assert (status["status"], status["properties"]["RecordCount"]) == ("Succeeded", 1)
    assert rows(azure) == 1


@pytest.mark.parametrize(
    ("body", "table", "status"),
    [
        ({"filters": []}, "AppEvents", 400),
        ({}, "AppEvents", 400),
        ({"filters": [BEFORE]}, "facts", 404),
        ({"filters": [BEFORE]}, "AppEvents%22%20--", 404),
        ({"filters": [{"column": 'Name" OR 1=1 --', "operator": "==", "value": "x"}]}, "AppEvents", 400),
        ({"filters": [{"column": "IKey", "operator": "==", "value": "x"}]}, "AppEvents", 400),
        ({"filters": [{"column": "Name", "operator": "has", "value": "x"}]}, "AppEvents", 400),
        ({"filters": [{"column": "Name", "operator": "in", "value": "one"}]}, "AppEvents", 400),
        ({"filters": [{"column": "Name", "operator": "==", "value": "x", "key": "k"}]}, "AppEvents", 400),
        ({"filters": [{**BEFORE, "value": "yesterday"}]}, "AppEvents", 400),
    ],
)
def test_what_is_no_filter_deletes_nothing(
    body: dict[str, Any], table: str, status: int, azure: LocalAzureMonitor
) -> None:
    """A filter that is not understood is refused, never left out."""
    assert delete(azure, body, table).status_code == status
    assert rows(azure) == 2


def test_without_the_token(azure: LocalAzureMonitor) -> None:
    """Whoever may not read may not delete."""
    assert delete(azure, {"filters": [BEFORE]}, headers={}).status_code == 401
    assert rows(azure) == 2
