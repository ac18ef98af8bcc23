"""`ticket --with-content`: what was kept of a call, to whoever may read it, and what was seen otherwise."""

from __future__ import annotations

import pytest

from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.investigate.ticket.call import find
from foundry_telemetry.investigate.ticket.content import Content, read_content
from foundry_telemetry.investigate.ticket.ids import read_id
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.content.stored_calls import AT, call, refusing, timedelta, workspace
from tests.investigate.commands import run


def ticket(azure: LocalAzureMonitor, *options: str) -> str:
    """What the command writes of the first call."""
    said = run("ticket", "a" * 16, "--url", azure.url, *options)
    assert said.code == 0, said.err
    return said.out


def test_only_where_it_is_asked_for() -> None:
    """Without the option nothing of the content is read, in no format."""
    with workspace(call("a")) as azure:
        shown = [ticket(azure, *options) for options in ((), ("--json",), ("--markdown",))]
    assert not [one for one in shown if "question" in one or "answer to" in one or "be kind" in one]


def test_messages_and_answers() -> None:
    """Messages of this call and no other are shown, with where they were read."""
    with workspace(call("a"), call("b")) as azure:
        lines = ticket(azure, "--with-content").splitlines()
        markdown = ticket(azure, "--with-content", "--markdown")
        reported = run("ticket", "a" * 16, "--url", azure.url, "--with-content", "--json").reported
    shown = [line.strip() for line in lines[-5:]]
    assert shown[0] == "content   attempt 1, from AppGenAIContent, cut to fit".strip()
    assert shown[1:3] == ["system: be kind", "user: question of a"]
    assert shown[4] == "assistant: answer to a"
    assert "\n    assistant: answer to a" in markdown
    (kept,) = reported["content"]["attempts"]
    assert kept["table"] == "AppGenAIContent"
    assert kept["output"][0]["parts"][0]["content"] == "answer to a"
    assert "of b" not in "".join(lines)


def test_nothing_acts_on_a_terminal() -> None:
    """Escapes and marks of direction are shown as their numbers."""
    with workspace(call("a")) as azure:
        for options in ((), ("--markdown",)):
            shown = ticket(azure, "--with-content", *options)
            assert "second line \\u001b[2J\\u202e" in shown
            assert shown.replace("\n", "").isprintable()


def test_nothing_was_kept() -> None:
    """Of a call without content the reasons are named."""
    with workspace(call("a", is_logged=False)) as azure:
        assert "No content of this call was found" in ticket(azure, "--with-content")


def test_values_that_are_gone() -> None:
    """Where the events are there and their values are not, that is said."""
    with workspace(call("a")) as azure:
        assert azure.store.delete("AppGenAIContent", '"SpanId" = ?', ["a" * 16]) == 1
        shown = " ".join(ticket(azure, "--with-content").split())
    assert "Content of 1 attempt was kept, but AppGenAIContent did not return it" in shown


def content_of(source: Source) -> Content:
    """Of the first call."""
    window = TimeRange(AT - timedelta(days=1), AT + timedelta(days=1), timedelta(hours=1))
    found = find(source, read_id("a" * 16), window, len)
    assert found is not None
    return read_content(source, found.call)


@pytest.mark.parametrize(
    ("status", "seen"), [(403, "Privileged Monitoring Data Reader"), (400, "does not have this table")]
)
def test_a_reader_without_the_role(status: int, seen: str) -> None:
    """Where the table may not be read, or is not there, that is said, with how much was kept."""
    with workspace(call("a")) as azure, refusing(azure, status) as source:
        content = content_of(source)
    assert content.attempts == ()
    assert content.note is not None
    assert "Content of 1 attempt was kept, but AppGenAIContent was not readable" in content.note
    assert seen in content.note
    assert "somebody" not in content.note
