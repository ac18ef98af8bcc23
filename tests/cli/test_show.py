"""How rows are read and laid out, and their sums."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from rich.console import Console

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.demo.ledger import QUERY, Row, read_fields, read_rows
from foundry_telemetry.demo.summary import Totals, summary
from foundry_telemetry.demo.table import LedgerTable, style_of
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.observation import Owner
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import row as schema_row
from foundry_telemetry.schema.field_table import LEDGER
from foundry_telemetry.schema.value import TAG_PREFIX

AZURE_ID = "3f2a91c4-1111-4222-8333-000000000002"
ANTHROPIC_ID = "req_011Exmpl0000000000003abc"


def row(**fields: Any) -> Row:
    """A row that went well, with these fields of the table besides."""
    baseline = {
        "OUTCOME": "ok",
        "ATTEMPT_NUMBER": 1,
        "REQUEST_MODEL": "claude-sonnet-5-5",
        "STATUS_CODE": 200,
        "AZURE_REQUEST_ID": AZURE_ID,
        "ANTHROPIC_REQUEST_ID": ANTHROPIC_ID,
    }
    reported: dict[str, Any] = {
        getattr(names, name): value for name, value in (baseline | fields).items() if value is not None
    }
    return Row(datetime(2026, 11, 22, 10, 0, tzinfo=UTC), reported)


def drawn(width: int, *rows: Row) -> list[str]:
    """Rows as a console of this width shows them."""
    console = Console(file=io.StringIO(), width=width)
    table = LedgerTable(console)
    console.print(table.header())
    console.print(table.rows(rows))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_types() -> None:
    """Azure's text becomes numbers and booleans again; text that looks like a number stays text."""
    reported = {
        names.STATUS_CODE: "200",
        names.COST: "5.4e-06",
        names.RETRYABLE: "False",
        names.SCHEMA_VERSION: "1",
        TAG_PREFIX + "order": "42",
        "logger_name": "foundry_telemetry",
    }
    assert read_fields(reported) == {
        names.STATUS_CODE: 200,
        names.COST: 5.4e-06,
        names.RETRYABLE: False,
        names.SCHEMA_VERSION: "1",
        TAG_PREFIX + "order": "42",
    }


def test_no_number_is_made_up() -> None:
    """What should be a number or a boolean and is none stays as it came."""
    reported = {names.STATUS_CODE: "two hundred", names.RETRYABLE: "perhaps"}
    assert read_fields(reported) == reported


@pytest.mark.parametrize("field", LEDGER, ids=lambda field: field.name)
def test_values_have_the_type_of_their_row(field: schema_row.Row) -> None:
    """Every number and every flag of the table arrives as one, whatever was added; all else stays text."""
    value = {str: "1", int: 1, float: 0.5, bool: True}[field.constraint.type]
    read = read_fields({field.name: str(value)})[field.name]
    assert (read, type(read)) == (value, type(value))


def test_only_ledger_events_are_rows() -> None:
    """Other events are no rows; the times of rows have a time zone."""
    with LocalAzureMonitor() as azure:
        events = (("foundry.attempt", {names.OUTCOME: "ok"}), ("another", {}))
        envelopes = [
            {
                "name": "Microsoft.ApplicationInsights.Event",
                "time": "2026-11-22T10:00:00.5Z",
                "iKey": azure.store.key,
                "data": {"baseType": "EventData", "baseData": {"name": name, "properties": properties}},
            }
            for name, properties in events
        ]
        assert azure.store.add(json.dumps(envelopes).encode()).result().accepted == 2
        (found,) = read_rows(azure.query(QUERY).rows)
    assert found.outcome == "ok"
    assert found.time == datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("width", [80, 100, 114])
def test_narrow(width: int) -> None:
    """A narrow terminal has two lines for a row, and both ids whole."""
    *_, first, second = drawn(width, row(INPUT_TOKENS=12345, OUTPUT_TOKENS=678, COST=0.0123456))
    assert first.split() == ["claude-sonnet-5-5", "200", "ok", *"12,345 678 – – 0.012346".split()]  # noqa: RUF001, SIM905
    assert second.split()[1:] == [AZURE_ID, ANTHROPIC_ID]


@pytest.mark.parametrize("width", [115, 120, 164])
def test_middling(width: int) -> None:
    """A middling terminal has one line for a row; ids are shortened where the ellipsis is."""
    line = drawn(width, row())[-1]
    assert line.endswith("3f2a91c4… req_…00003abc")


@pytest.mark.parametrize("width", [165, 204, 208])
def test_wide(width: int) -> None:
    """A wide terminal has one line for a row with both ids whole; a very wide one the client as well."""
    line = drawn(width, row(CLIENT="AsyncAnthropicFoundry/2.12.0"))[-1]
    assert f"{AZURE_ID} {ANTHROPIC_ID}" in line
    assert line.endswith("AsyncAnthropicFoundry/2.12.0") == (width >= 205)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_retry_says_after_what(width: int) -> None:
    """A second attempt names the status of the one before it of its call, in one batch or in two."""
    first = {"STATUS_CODE": 429, "OUTCOME": "error", "ERROR_TYPE": "rate_limited", "CALL_ID": "a"}
    console = Console(file=io.StringIO(), width=width)
    table = LedgerTable(console)
    console.print(table.rows([row(**first), row(CALL_ID="b", ATTEMPT_NUMBER=2)]))
    console.print(table.rows([row(CALL_ID="a", ATTEMPT_NUMBER=2)]))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    retries = [line for line in lines if "retry" in line]
    assert ["ok (retry) " in line for line in retries] == [True, False]
    assert "ok (retry after 429) " in retries[1]


@pytest.mark.parametrize("width", [40, 80, 120, 160, 200])
def test_never_wider_than_the_terminal(width: int) -> None:
    """No line is wider than the terminal, nor is a row's line broken in two."""
    lines = drawn(width, row(ERROR_TYPE="deployment_not_found", OUTCOME="error"), row())
    assert max(map(len, lines)) <= width
    assert len(lines) == (3 if width >= 115 else 6)


def test_numbers_stand_to_the_right() -> None:
    """Digits of one place stand under each other, and zero is not the same as not reported."""
    lines = drawn(120, row(INPUT_TOKENS=5), row(INPUT_TOKENS=12345), row(INPUT_TOKENS=0), row())
    ends = {line.index(text) + len(text) for line, text in zip(lines[1:3], (" 5 ", "12,345 "), strict=True)}
    assert len(ends) == 1
    position = ends.pop() - 2
    assert [line[position] for line in lines[1:]] == ["5", "5", "0", "–"]  # noqa: RUF001


@pytest.mark.parametrize(
    ("fields", "style"),
    [
        ({}, "green"),
        ({"OUTCOME": "abandoned"}, "yellow"),
        ({"OUTCOME": "error", "ERROR_TYPE": "rate_limited", "RETRYABLE": True}, "yellow"),
        ({"OUTCOME": "error", "ERROR_TYPE": "auth_invalid_key", "RETRYABLE": False}, "red"),
    ],
)
def test_style(fields: dict[str, Any], style: str) -> None:
    """The colour shows the outcome and whether another attempt helps."""
    assert style_of(row(**fields)) == style


def test_owner_labels_are_complete() -> None:
    """Every owner there is has a label."""
    assert set(OWNER_LABELS) == set(get_args(Owner))


def test_summary() -> None:
    """Causes are counted by owner, with ids of one attempt that has both where one has."""
    failed = {"OUTCOME": "error", "ERROR_TYPE": "rate_limited", "RETRYABLE": True}
    totals = Totals()
    totals.add(
        [row(**failed, ERROR_OWNER="quota", ANTHROPIC_REQUEST_ID=None), row(**failed, ERROR_OWNER="quota")]
    )
    totals.add([row(**failed, ERROR_OWNER="customer_gateway", ANTHROPIC_REQUEST_ID=None)])
    totals.add([row(INPUT_TOKENS=1000, OUTPUT_TOKENS=20, COST=0.5, USAGE_COMPLETE=True, CALL_ID="a" * 16)])
    totals.add([row(INPUT_TOKENS=1000, OUTPUT_TOKENS=20, USAGE_COMPLETE=True, CALL_ID="b" * 16)])
    console = Console(file=io.StringIO(), width=120)
    console.print(summary(totals, console))
    lines = [line.split() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert ["rate_limited", "2", *OWNER_LABELS["quota"].split(), "yes", AZURE_ID, ANTHROPIC_ID] in lines
    assert ["rate_limited", "1", *OWNER_LABELS["customer_gateway"].split(), "yes", AZURE_ID, "–"] in lines  # noqa: RUF001
    text = " ".join(word for line in lines for word in line)
    assert "2,000 in (0 read from cache, 0 written to cache) · 40 out" in text
    assert "$0.500000 at list price; 1 attempt unpriced (no rate for the model)" in text
    assert totals.line() == "5 attempts · 2,000 tokens in · 40 out · $0.500000"
