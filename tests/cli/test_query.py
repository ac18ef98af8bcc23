"""`foundry-telemetry query`: rows as CSV or JSON, by the rules of the tool for agents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.commands import run
from tests.investigate.ledgers import attempt, put


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of a local Azure Monitor with three attempts."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    with LocalAzureMonitor() as azure:
        put(azure, [attempt(at, 1), attempt(at, 2), attempt(at, 3, deployment="=1+1")])
        yield azure.url


KQL = "foundry_attempts | summarize n = count() by deployment | order by n desc"


def test_rows_are_csv(url: str) -> None:
    """A header and a line for each row; a spreadsheet takes no cell for a formula."""
    found = run("query", KQL, "--url", url)
    assert (found.code, found.err) == (0, "")
    assert found.lines == ["deployment,n", "claude-sonnet-5-5,2", "'=1+1,1"]


def test_rows_are_json(url: str) -> None:
    """The same as a list of objects, also of a query on standard input."""
    rows = [{"deployment": "claude-sonnet-5-5", "n": 2}, {"deployment": "=1+1", "n": 1}]
    assert run("query", KQL, "--json", "--url", url).reported == rows
    assert run("query", "-", "--json", "--url", url, given=KQL).reported == rows


def test_rows_that_are_cut_are_reported(url: str) -> None:
    """Where there are more rows than asked for, standard error says so; the exit code is that of success."""
    found = run("query", "foundry_attempts | project call_id", "--rows", "2", "--url", url)
    assert len(found.lines) == 3
    assert found.code == 0
    assert "more rows than 2" in found.err


def test_no_rows_are_reported(url: str) -> None:
    """Without rows there are no columns to name: standard output stays empty, standard error says why."""
    none = "foundry_attempts | where deployment == 'none'"
    found = run("query", none, "--url", url)
    assert (found.code, found.out) == (0, "")
    assert "no rows" in found.err
    assert run("query", none, "--json", "--url", url).reported == []


@pytest.mark.parametrize(
    "kql", ["union *", "workspace('x').AppEvents", "foundry_attempts | where nothing == 1"]
)
def test_what_is_refused(url: str, kql: str) -> None:
    """A query that may not be asked, or names what is not there, is an invalid argument."""
    found = run("query", kql, "--url", url)
    assert found.code == 2
    assert "Invalid value" in found.err
