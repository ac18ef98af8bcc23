"""Every recorded answer, through the library and Azure's exporter into the local Azure Monitor, by KQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from foundry_telemetry.kql import view
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.azure.process import run
from tests.instrumentation.replay import NO_ANSWER
from tests.support.logs import WORKSPACE, logs_client
from tests.support.recorded import OPERATIONS, canaries, cases

SEND = """
import asyncio, httpx
import foundry_telemetry
from foundry_telemetry import attempt, attribute
from foundry_telemetry.instrumentation import FoundryMiddleware
from tests.instrumentation.replay import NO_ANSWER, replay, step_of
from tests.instrumentation.sdk import client_for
from tests.support.recorded import cases, request_body, request_headers, url_of

foundry_telemetry.configure()

class ClientAuthenticationError(Exception):
    pass

ClientAuthenticationError.__module__ = "azure.core.exceptions"

def over_http(case):
    with httpx.Client(transport=replay(httpx, [step_of(case)])) as client:
        request = client.build_request(
            case["request"]["method"], url_of(case), headers=request_headers(case), content=request_body(case)
        )
        response = client.send(request, stream=True)
        for _ in response.iter_raw():
            pass

def through_the_sdk(case):
    def provider():
        raise ClientAuthenticationError(case["expect"]["client_exception_message"])
    seen_by = {"open_telemetry": False, "middleware": [FoundryMiddleware()]}
    client = client_for(case, False, steps=[], azure_ad_token_provider=provider, **seen_by)
    client.messages.create(**case["request"]["body"])

for case in cases():
    now = case["request"]["auth"]["now"]
    attempt.time_ns = time.time_ns if now is None else lambda: now * 10**9
    with attribute(case=case["id"]):
        try:
            (over_http if case["response"] or case["id"] in NO_ANSWER else through_the_sdk)(case)
        except (httpx.TransportError, ClientAuthenticationError):
            pass
say(sent=len(cases()))
"""

ALL = "foundry_attempts | extend case_id = tostring(Properties['foundry.tag.case'])"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzureMonitor]:
    """Has the telemetry of one process that made every recorded call and ended."""
    with LocalAzureMonitor(retention_days=36_500) as azure:
        ended = run(SEND, azure, tmp_path_factory.mktemp("process"))
        assert ended.said == [{"sent": len(cases())}], ended.errors
        yield azure


@pytest.fixture(scope="module")
def rows(azure: LocalAzureMonitor) -> dict[str, dict[str, Any]]:
    """The ledger by case, as the real client gets it."""
    with logs_client(azure.url) as client:
        answer = client.query_workspace(WORKSPACE, f"{view.TEXT}\n{ALL}", timespan=None)
    (table,) = answer.tables
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert len(found) == len({row["case_id"] for row in found}) == len(cases())
    return {row["case_id"]: row for row in found}


def as_rows_have_it(case: dict[str, Any]) -> dict[str, Any]:
    """The case's `expect` in the columns of the view; unknown text is empty, a number is null."""
    expect = case["expect"]
    usage, error, ids = expect["usage"], expect["error"] or {}, expect["request_ids"]
    is_reported = usage["input_tokens"] is not None or usage["output_tokens"] is not None
    entra = expect.get("entra") or {}
    wait = expect["retry_after_ms"]
    return {
        "operation": next((name for name, long in OPERATIONS.items() if long == expect["operation"]), ""),
        "stream": expect["streamed"],
        "deployment": expect["request_model"] or "",
        "model": expect["response_model"] or "",
        "response_id": expect["response_id"] or "",
        "stop_reason": expect["stop_reason"] or "",
        "outcome": expect["outcome"],
        "region": expect["ms_region"] or "",
        "apim_request_id": ids["apim_request_id"] or "",
        "request_id": ids["request_id"] or ids["body_request_id"] or "",
        "status": case["response"]["status"] if case["response"] else None,
        "retry_after_s": None if wait is None else wait / 1000,
        "error_type": error.get("class", ""),
        "error_origin": error.get("origin", ""),
        "error_code": error.get("code") or "",
        "retryable": error.get("retryable"),
        "entra_code": entra.get("aadsts_code", ""),
        "entra_trace_id": entra.get("trace_id", ""),
        "entra_correlation_id": entra.get("correlation_id", ""),
        "input_tokens": usage["total_input_tokens"],
        "output_tokens": usage["output_tokens"],
        "cache_read_tokens": usage["cache_read_input_tokens"],
        "cache_write_tokens": usage["cache_creation_input_tokens"],
        "cache_write_5m_tokens": usage["cache_creation_5m"],
        "cache_write_1h_tokens": usage["cache_creation_1h"],
        "thinking_tokens": usage["thinking_tokens"],
        "web_searches": usage["web_search_requests"],
        "usage_complete": usage["complete"] if is_reported else None,
    }


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_row(case: dict[str, Any], rows: dict[str, dict[str, Any]]) -> None:
    """What a case expects is what KQL gives back, value by value."""
    row = rows[case["id"]]
    wanted = as_rows_have_it(case)
    assert {name: row[name] for name in wanted} == wanted
    uncached, new = row["uncached_input_tokens"], case["expect"]["usage"]["input_tokens"]
    assert uncached == (None if new is None else new + (wanted["cache_write_tokens"] or 0))
    assert row["schema_version"] == "1"
    assert (row["attempt_number"], row["ItemCount"]) == (1, 1)


def test_cases_without_an_answer_are_among_them(rows: dict[str, dict[str, Any]]) -> None:
    """A call that never got an answer has a row as well."""
    silent = [case["id"] for case in cases() if not case["response"]]
    assert set(NO_ANSWER) < set(silent)
    assert all(rows[name]["status"] is None and rows[name]["error_type"] for name in silent)


def test_calls_are_dependencies_too(azure: LocalAzureMonitor) -> None:
    """Each call is one row among the dependencies, in the same trace as its ledger row."""
    kql = f"""{view.TEXT}
        foundry_attempts
        | join kind=inner (AppDependencies | where DependencyType startswith "GenAI") on OperationId
        | summarize rows = count(), calls = dcount(call_id)"""
    with logs_client(azure.url) as client:
        (table,) = client.query_workspace(WORKSPACE, kql, timespan=timedelta(days=36_500)).tables
    ((found, calls),) = (tuple(row) for row in table.rows)
    assert found == calls == len([case for case in cases() if case["expect"]["operation"]])


def test_no_canary(azure: LocalAzureMonitor) -> None:
    """Nothing that a case forbids to record is in any table: no prompt, no answer, no key and no token."""
    with azure.store.cursor() as cursor:
        names = [name for (name,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        text = "".join(str(cursor.table(f"stored.{name}").fetchall()) for name in names)
    assert len(names) > 5
    assert "foundry.attempt" in text
    assert not {canary for case in cases() for canary in canaries(case) if canary in text}
