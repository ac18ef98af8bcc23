"""Request and response logs as `doctor` sees them: on or off, where they go, and their table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from foundry_telemetry.config import content as config
from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.content import set_up
from foundry_telemetry.investigate.doctor import content, stored
from tests.content.stored_calls import call, workspace
from tests.investigate.doctor.scenes import named, scene

VARIABLE = "APPLICATIONINSIGHTS_CONNECTION_STRING"


@pytest.fixture(autouse=True)
def no_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests set up is not of this process."""
    monkeypatch.setattr(set_up, "_made", [])


@pytest.mark.parametrize(
    ("variables", "state", "words"),
    [
        ({}, "ok", "logs are off"),
        ({"FOUNDRY_TELEMETRY_CONTENT": "0"}, "ok", "logs are off"),
        (
            {"FOUNDRY_TELEMETRY_CONTENT": "1"},
            "ok",
            "1 of calls and all that failed or were refused,",
        ),
        ({"FOUNDRY_TELEMETRY_CONTENT": "perhaps"}, "failure", "expected 1 or 0"),
        (
            {
                "FOUNDRY_TELEMETRY_CONTENT": "1",
                "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT",
            },
            "warning",
            "keeps them off",
        ),
    ],
)
def test_by_the_environment(variables: dict[str, str], state: str, words: str) -> None:
    """Off, on, kept off or wrong: each is reported, and where content goes."""
    found = named(content.check(scene(variables=variables)), "content")
    assert found.state == state
    assert words in found.seen


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that would refuse to start is told before."""
    monkeypatch.setattr(config, "_PACKAGES", {"no_such_module": "google-re2"})
    found = named(content.check(scene(variables={"FOUNDRY_TELEMETRY_CONTENT": "1"})), "content")
    assert found.state == "failure"
    assert "google-re2" in found.seen


def test_of_a_service() -> None:
    """What a service has set up in code is what is reported."""
    set_up.content_listener(ContentPolicy(share=0.1, failures=False, sink=print), None)
    found = named(content.check(scene()), "content")
    assert "0.1 of calls, redacted, to a function of your own" in found.seen


def test_the_local_table() -> None:
    """Rows of the last day are counted; without any and with content off nothing is said."""
    with workspace(call("a"), call("b")) as azure, workspace() as empty:
        found = named(stored.check(scene(variables={VARIABLE: azure.connection_string})), "content table")
        others = stored.check(scene(variables={VARIABLE: empty.connection_string}))
        assert "content table" not in {finding.check for finding in others}
    assert (found.state, found.seen) == ("ok", "AppGenAIContent: 2 rows in 24 h")


class RefusedError(Exception):
    """As the client of a workspace raises it."""

    def __init__(self, status_code: int) -> None:
        super().__init__("of somebody else's words")
        self.status_code = status_code


@pytest.mark.parametrize(
    ("status", "state", "words"), [(403, "ok", "protected"), (400, "skipped", "not have it")]
)
def test_a_table_that_is_not_readable(status: int, state: str, words: str) -> None:
    """Refused is what a protected table does; absent is what it is before the first content."""

    def ask(_: str) -> list[Mapping[str, Any]]:
        raise RefusedError(status)

    found = named(content.check_table(ask, is_local=False, is_on=True), "content table")
    assert found.state == state
    assert words in found.seen
    assert "somebody" not in found.seen


def test_a_table_in_azure() -> None:
    """What a query cannot tell is named with the command that can."""
    found = named(content.check_table(lambda _: [{"rows": 3}], is_local=False, is_on=False), "content table")
    assert found.state == "skipped"
    assert "3 rows in 24 h" in found.seen
    assert "protectionLevel" in str(found.fix)
