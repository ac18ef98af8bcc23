"""The content of a call on the Calls screen: what was kept, to whoever may read it, and to nobody else."""

from __future__ import annotations

import pytest

from dashboards.builder import querypack
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.content.stored_calls import call, workspace

QUERY = substitute(compose.whole("call_content"), {"CallId": "a" * 16})


def said(azure: LocalAzureMonitor) -> list[tuple[object, ...]]:
    """What the panel shows of the first call."""
    answer = azure.query(QUERY)
    assert [name for name, _ in answer.columns] == ["attempt_number", "role", "part_type", "content"]
    return list(answer.rows)


def test_messages_in_their_order() -> None:
    """System prompt, messages, answer; of this call and no other."""
    with workspace(call("a"), call("b")) as azure:
        rows = said(azure)
    assert [(role, kind) for _, role, kind, _ in rows] == [
        ("system", "text"),
        ("user", "text"),
        ("assistant", "text"),
    ]
    assert [str(content).splitlines()[0] for *_, content in rows] == [
        "be kind",
        "question of a",
        "answer to a",
    ]


@pytest.mark.parametrize("is_logged", [True, False])
def test_nothing_to_show(is_logged: bool) -> None:
    """A call that was not logged, or whose values are gone, has no row: a pointer is no content."""
    with workspace(call("a", is_logged=is_logged)) as azure:
        azure.store.delete("AppGenAIContent", "TRUE", [])
        assert said(azure) == []


def test_only_the_workbook_asks() -> None:
    """Grafana asks as one identity for all who look, so it has no such panel, nor has a saved query."""
    assert compose.question("call_content") in files.workbook()
    assert compose.question("call_content") not in (files.folder() / files.GRAFANA).read_text("utf-8")
    assert "call_content" not in querypack.TITLES
