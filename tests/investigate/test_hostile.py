"""Whoever can write to the store can write anything; the commands show it and come to no harm."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundry_telemetry.kql.view import COLUMNS
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.commands import run
from tests.support.kept_azure import empty
from tests.support.telemetry import envelope, fill

pytestmark = pytest.mark.row(73)

ATTACKS = (
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x1b[2J\x1b[H all is well",
    "\u202egnp.exe",
    "line\r\nINCIDENT  Azure",
    '"><script>alert(1)</script>',
    "[next step](javascript:alert(1))",
    "![](https://evil.example/x.png)",
    "=cmd|'/C calc'!A0",
    "' | union AppTraces | take 1 //",
    "{TimeRange:start}",
    "[bold red]markup[/]",
    "`` ` ```",
    "a|b\\|c",
    "\x00",
    "{0}%s",
    "$(reboot)",
    "9" * 400,
    "-1e999",
    "NaN",
)
TEXTS = st.one_of(st.sampled_from(ATTACKS), st.text(max_size=60), st.from_regex(r"-?[0-9]{1,30}(\.[0-9]+)?"))
KEYS = [column.key for column in COLUMNS if column.key and column.key != "anthropic.request.id"]
NUMBER = itertools.count()


@pytest.fixture(scope="module")
def azure(kept_azure: LocalAzureMonitor) -> LocalAzureMonitor:
    """One store for all that is tried."""
    empty(kept_azure)
    return kept_azure


def attempt(ident: str, properties: dict[str, str], tags: dict[str, str]) -> dict[str, Any]:
    """An attempt with these values, a minute ago."""
    reported = {"foundry.call.id": "0a6b321dc337cec9", **properties, "anthropic.request.id": ident}
    at = datetime.now(UTC) - timedelta(minutes=1)
    return envelope("EventData", {"name": "foundry.attempt", "properties": reported}, at, tags=tags)


def harmless(text: str) -> bool:
    """Whether nothing in a text acts on a terminal."""
    return not any(unicodedata.category(one)[0] == "C" for one in text.replace("\n", ""))


LOOSE: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
Stored = tuple[dict[str, str], dict[str, str], dict[str, str]]
"""Properties of an attempt, what its envelope says of its service, and tags of the application."""
ONE = st.tuples(
    st.dictionaries(st.sampled_from(KEYS), TEXTS, max_size=len(KEYS)),
    st.dictionaries(st.sampled_from(("ai.operation.id", "ai.cloud.role", "ai.application.ver")), TEXTS),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
STORED = given(st.lists(ONE, min_size=3, max_size=3))


def assert_answers(azure: LocalAzureMonitor, attempts: list[Stored]) -> None:
    """Store attempts, and ask both commands for them in every form they have."""
    asked: list[tuple[str, ...]] = []
    for properties, tags, own in attempts:
        ident = f"req_{next(NUMBER):020}"
        given = properties | {f"foundry.tag.{key}": value for key, value in own.items()}
        given["foundry.call.id"] = f"{ident[-16:]}{properties.get('foundry.call.id', '')}"
        fill(azure.store, [attempt(ident, given, tags)])
        asked.append(("ticket", ident))
    for command in (*asked, *((*each, "--markdown") for each in asked), ("incident",)):
        said = run(*command, "--url", azure.url)
        assert said.code in (0, 3), said.err
        assert harmless(said.out)
        assert said.err == ""
    for command in (*((*each, "--json") for each in asked), ("incident", "--json")):
        said = run(*command, "--url", azure.url)
        json.loads(said.out, parse_constant=pytest.fail)  # NaN is no JSON
        assert said.out.isascii()


@pytest.mark.slow
@settings(max_examples=4, **LOOSE)
@STORED
def test_stored_values(azure: LocalAzureMonitor, attempts: list[Stored]) -> None:
    """Whatever stands in an attempt, both commands answer, and what they print acts on nothing.

    These are a dozen attempts; `test_many_stored_values`, with `--long`, tries more.
    """
    assert_answers(azure, attempts)


@pytest.mark.long
@settings(max_examples=27, **LOOSE)
@STORED
def test_many_stored_values(azure: LocalAzureMonitor, attempts: list[Stored]) -> None:
    """The same for more attempts."""
    assert_answers(azure, attempts)


def failed_of(azure: LocalAzureMonitor, deployment: str) -> str:
    """Store a failed attempt of a deployment, and give its id."""
    ident = f"req_attack{next(NUMBER):020}"
    failed = {
        "foundry.call.id": f"a{next(NUMBER):015x}",
        "error.type": "overloaded",
        "foundry.error.owner": "model_service",
        "gen_ai.request.model": deployment,
    }
    fill(azure.store, [attempt(ident, failed, {})])
    return ident


@pytest.fixture(scope="module")
def plain(azure: LocalAzureMonitor) -> list[str]:
    """The ticket of an attempt in which nothing is odd."""
    return run("ticket", failed_of(azure, "my-deployment"), "--url", azure.url, COLUMNS="400").lines


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_stays_in_its_line(azure: LocalAzureMonitor, plain: list[str], text: str) -> None:
    """A value that pretends to be several lines, or a line of ours, makes no line of its own."""
    ident = failed_of(azure, text)
    hostile = run("ticket", ident, "--url", azure.url, COLUMNS="400").lines
    assert [line[:8] for line in plain] == [line[:8] for line in hostile]
    assert not any(line.startswith("INCIDENT") for line in hostile)
    markdown = run("ticket", ident, "--markdown", "--url", azure.url).out
    for part in ("<script", "](", "](javascript"):
        outside = "".join(markdown.split("`")[::2])
        assert part not in outside


@pytest.mark.slow
@pytest.mark.parametrize("text", ATTACKS)
def test_what_is_to_be_typed_is_one_word(empty_azure: LocalAzureMonitor, text: str) -> None:
    """The id in a command to copy is one that the command takes, whatever the store calls its calls."""
    failed = {"error.type": "overloaded", "foundry.error.owner": "model_service"}
    calls = [attempt(f"req_{one}", failed | {"foundry.call.id": f"{text}{one}"}, {}) for one in range(9)]
    fill(empty_azure.store, calls)
    said = run("incident", "--url", empty_azure.url, COLUMNS="400")
    (typed,) = [line.partition("$ ")[2] for line in said.lines if line.startswith("details")]
    assert re.fullmatch(rf"foundry-telemetry ticket req_[0-8] --url {empty_azure.url}", typed)


def test_commands_take_nothing_of_a_shell(azure: LocalAzureMonitor) -> None:
    """The name of a resource goes into a command to copy only if a shell reads it as one word."""
    for name, expected in (("my-resource", True), ("x; rm -rf ~", False), ("$(reboot)", False)):
        ident = f"req_shell{next(NUMBER):020}"
        failed = {
            "error.type": "auth_invalid_key",
            "foundry.error.owner": "caller_credential",
            "foundry.resource": name,
        }
        fill(azure.store, [attempt(ident, failed | {"foundry.call.id": f"a{next(NUMBER):015x}"}, {})])
        steps = run("ticket", ident, "--json", "--url", azure.url).reported["cause"]["steps"]
        commands = " ".join(step["command"] or "" for step in steps)
        assert (name in commands) == expected
