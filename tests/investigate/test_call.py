"""One call among others: its attempts in order, its waits, and what came of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.sources import SourceError
from foundry_telemetry.investigate.ticket import block, rendering
from foundry_telemetry.investigate.ticket import call as module
from foundry_telemetry.investigate.ticket.call import Found, find
from foundry_telemetry.investigate.ticket.ids import read_id
from foundry_telemetry.investigate.ticket.markdown import markdown
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.dashboards.rows import Row
from tests.investigate.commands import run
from tests.investigate.history import put
from tests.support.telemetry import envelope, fill

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
WINDOW = TimeRange(AT - timedelta(days=1), AT + timedelta(days=1), timedelta(hours=1))
TRACE = "95e4c3090d9c1015f500ccb4f316c3de"
GOOD: dict[str, Any] = {"status": 200, "outcome": "ok"}
BAD: dict[str, Any] = {
    "status": 529,
    "outcome": "error",
    "error_type": "overloaded",
    "error_owner": "model_service",
}


def attempt(call: str, number: int, ended_s: float, **reported: Any) -> Row:
    """An attempt of half a second that ended so many seconds after the beginning."""
    normal = {"duration_ms": 500.0, "OperationId": TRACE, "deployment": "d"}
    at = AT + timedelta(seconds=ended_s)
    return Row(at=at, call_id=call * 16, attempt_number=number, **{**normal, **reported})


def found(rows: Iterable[Row], ident: str, on_progress: Callable[[str], object] = len) -> Found:
    """What an id leads to in a store with these rows."""
    with LocalAzureMonitor() as azure, sources.local(azure.url) as source:
        put(azure.store, rows)
        reported = find(source, read_id(ident), WINDOW, on_progress)
    assert reported is not None
    return reported


def test_attempts_are_in_order_with_their_waits() -> None:
    """Attempts stand by number, however they arrived; a wait is from an end to the next start."""
    rows = [attempt("a", 3, 9, **GOOD), attempt("a", 1, 1, **BAD), attempt("a", 2, 3, **BAD)]
    call = found(rows, "a" * 16).call
    assert [one.attempt_number for one in call.attempts] == [1, 2, 3]
    assert call.waits_ms() == [None, 1_500.0, 5_500.0]
    assert call.began == AT + timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("rows", "state", "cause"),
    [
        ([attempt("a", 1, 1, **GOOD)], "succeeded", None),
        ([attempt("a", 1, 1, **BAD)], "failed", "overloaded"),
        ([attempt("a", 1, 1, **BAD), attempt("a", 2, 3, **GOOD)], "recovered", "overloaded"),
        ([attempt("a", 1, 1, outcome="cancelled")], "cancelled by the caller", None),
        (
            [attempt("a", 1, 1, **BAD), attempt("a", 2, 3, outcome="abandoned")],
            "abandoned by the caller",
            "overloaded",
        ),
    ],
)
def test_state(rows: list[Row], state: str, cause: str | None) -> None:
    """The last attempt decides the outcome of the call; the cause is that of the last that failed."""
    call = found(rows, "a" * 16).call
    assert call.state == state
    assert (call.failure.error_type if call.failure else None) == cause
    assert (call.advice.about if call.advice else None) == cause


def test_of_a_trace_the_call_that_failed() -> None:
    """A trace leads to the newest of its calls that failed, and names the others."""
    rows = [
        attempt("a", 1, 1, **BAD),
        attempt("b", 1, 5, **BAD),
        attempt("c", 1, 9, **GOOD),
        attempt("d", 1, 10, **BAD),
        attempt("d", 2, 12, **GOOD),
    ]
    reported = found(rows, TRACE)
    assert reported.call.call_id == "b" * 16
    assert [(other.call_id[0], other.state) for other in reported.others] == [
        ("a", "failed"),
        ("c", "succeeded"),
        ("d", "recovered"),
    ]


def test_another_calls_attempts_are_not_its_own() -> None:
    """A call id leads to its own attempts alone, though others share the trace."""
    reported = found([attempt("a", 1, 1, **GOOD), attempt("b", 1, 2, **BAD)], "a" * 16)
    assert [one.call_id for one in reported.call.attempts] == ["a" * 16]
    assert reported.others == ()


def test_a_call_without_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the trace cannot be asked for, the call is told all the same, and why the rest is missing."""

    def refuse(*_: object) -> None:
        raise SourceError("the table is not there")

    monkeypatch.setattr(module.queries, "related_telemetry", refuse)
    reported = found([attempt("a", 1, 1, **BAD)], "a" * 16)
    assert (reported.related_telemetry, reported.source_error) == ((), "the table is not there")


@pytest.mark.slow
def test_progress_is_reported() -> None:
    """Before each question it is said who is asked for what."""
    said: list[str] = []
    found([attempt("a", 1, 1, **BAD)], "a" * 16, said.append)
    assert [text.partition(" for ")[2] for text in said] == ["the call", "its trace"]


def test_what_stands_around_a_call() -> None:
    """Rows of the trace are shown by depth; no message and no URL of them ever is."""
    tags = {"ai.operation.id": TRACE, "ai.cloud.role": "orders-api"}
    request = {
        "id": "r1",
        "name": "POST /orders",
        "responseCode": "500",
        "success": False,
        "duration": "0.00:00:01",
    }
    inner = {"id": "d1", "name": "chat d", "type": "GenAI", "resultCode": "529", "success": False}
    error = {"exceptions": [{"typeName": "OverloadedError", "message": "CANARY-message"}]}
    url = "https://x.example/?key=CANARY-url"
    with LocalAzureMonitor() as azure:
        put(azure.store, [attempt("a", 1, 1, **BAD)])
        fill(
            azure.store,
            [
                envelope("RequestData", request | {"url": url}, AT, tags=tags),
                envelope(
                    "RemoteDependencyData",
                    inner | {"data": url, "duration": "0.00:00:00.5"},
                    AT + timedelta(milliseconds=5),
                    tags=tags | {"ai.operation.parentId": "r1"},
                ),
                envelope(
                    "ExceptionData",
                    error,
                    AT + timedelta(seconds=1),
                    tags=tags | {"ai.operation.parentId": "d1"},
                ),
            ],
        )
        said = run("ticket", "a" * 16, "--url", azure.url)
    lines = [line[10:] for line in said.lines if line.startswith(" " * 10)]
    assert "request POST /orders  500 failed  1.0 s  orders-api" in lines
    assert "  dependency chat d  529 failed  500 ms  orders-api" in lines
    assert "    exception OverloadedError  failed  orders-api" in lines
    assert "CANARY" not in said.out


def test_an_id_that_is_not_there() -> None:
    """It is said what was looked for, where, and what may be wrong, with a code of its own."""
    with LocalAzureMonitor() as azure:
        said = run("ticket", "req_none", "--url", azure.url)
    assert (said.code, said.out) == (3, "")
    assert "no attempt with request-id 'req_none'" in said.err
    assert azure.url in said.err
    assert "foundry-telemetry incident" in said.err
    assert "--workspace" not in said.err  # there is none to check


def test_a_support_code_that_is_not_there() -> None:
    """A support code is repeated as it is written everywhere."""
    with LocalAzureMonitor() as azure:
        said = run("ticket", "ft0a6b321dc3", "--url", azure.url)
    assert "no attempt with support code 'FT-0A6B3-21DC3'" in said.err


def test_a_text_that_was_pasted() -> None:
    """An exception leads to its call, though another id in it is not known; nothing else of it is shown."""
    with LocalAzureMonitor() as azure:
        put(azure.store, [attempt("a", 1, 1, **BAD)])
        pasted = f"Error: {{'request_id': 'req_unknown0001'}} trace={TRACE} CANARY-prompt"
        said = run("ticket", pasted, "--url", azure.url)
        piped = run("ticket", "-", "--url", azure.url, given=pasted)
        missing = run("ticket", "CANARY-prompt req_unknown0001", "--url", azure.url)
    assert said.code == 0, said.err
    assert "a" * 16 in said.lines[0]
    assert piped.out == said.out
    assert "no attempt with request-id 'req_unknown0001'" in missing.err
    assert "CANARY" not in said.out + said.err + missing.err


def test_one_form_at_a_time() -> None:
    """JSON and Markdown at once are refused."""
    said = run("ticket", "req_1", "--json", "--markdown")
    assert said.code == 2
    assert "expected one of them" in said.err


def test_the_block_names_the_attempt_it_describes() -> None:
    """Of several attempts the one whose status and cause follow is named; a single one needs no name."""
    one, several = (
        block.text(found(rows, "a" * 16).call)
        for rows in (
            [attempt("a", 1, 1, **BAD)],
            [attempt("a", 1, 1, **BAD), attempt("a", 2, 3, **GOOD)],
        )
    )
    assert "Details of" not in one
    lines = [re.split(r":\s+", line, maxsplit=1) for line in several.splitlines()]
    assert ["Details of", "attempt 1 of 2 (failed)"] in lines
    assert ["Status", "529"] in lines
    assert lines[0] == ["Call", "recovered after 2 attempts"]


@pytest.mark.parametrize(
    ("origin", "is_shown"), [("anthropic", True), ("proxy", True), ("client", False), ("unknown", False)]
)
def test_who_responded(origin: str, is_shown: bool) -> None:
    """Who responded is named where somebody did: a client sends no response."""
    text = block.text(found([attempt("a", 1, 1, **BAD, error_origin=origin)], "a" * 16).call)
    assert (f"Responded by:  {origin}" in re.sub(r" {2,}", "  ", text)) == is_shown
    assert ("Responded by" in text) == is_shown


def test_one_time_for_an_attempt() -> None:
    """Screen, block and Markdown show when an attempt started, each with that word."""
    reported = found([attempt("a", 1, 1, **BAD), attempt("a", 2, 3, **BAD)], "a" * 16)
    start = f"started {AT + timedelta(seconds=0.5):%H:%M:%S.%f}"[:-3] + " UTC"
    console = Console(file=io.StringIO(), width=120)
    rendering.show(reported, console)
    screen = console.file.getvalue()  # type: ignore[attr-defined]
    assert screen.count(start) == 2  # among the attempts, and in the block
    assert markdown(reported).count(start) == 2
    assert "ended" not in screen
