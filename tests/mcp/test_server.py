"""Every tool with good, bad and hostile arguments, through the SDK's client."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from foundry_telemetry.investigate import sources
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.mcp.tools import TOOLS
from tests.investigate.commands import run
from tests.mcp.client import Agent
from tests.mcp.stored import CALL

GOOD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("incident", {}),
    ("incident", {"since": "1h", "service": ["checkout"], "deployment": "chat", "tag": ["tenant=acme"]}),
    ("explain", {"text": f"req_{CALL}"}),
    ("explain", {"text": f"anthropic.RateLimitError: Error code: 429 (request-id req_{CALL})"}),
    ("explain", {"text": "anthropic.APITimeoutError: Request timed out."}),
    ("cost", {"since": "1h"}),
    ("cost", {"since": "1h", "by": ["tag.tenant", "model"]}),
    ("cost_why", {}),
    ("cost_why", {"during": "today", "against": "yesterday", "deployment": ["chat"]}),
    ("query", {"kql": "foundry_attempts | summarize n = count() by deployment"}),
    ("query", {"kql": "foundry_attempts | take 9", "rows": 3}),
    ("causes", {}),
    ("causes", {"cause": "rate_limited"}),
    ("schema", {}),
    ("schema", {"table": "foundry_attempts"}),
)
BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("nothing", {}, "incident, explain"),
    ("incident", {"since": "soon"}, "expected a duration"),
    ("incident", {"since": "today", "to": "yesterday"}, "expected a start before the end"),
    ("incident", {"during": "1h"}, "expected a day or a month"),
    ("incident", {"since": "90d"}, "at most 31 days"),
    ("incident", {"since": 5}, "expected a text"),
    ("incident", {"sinse": "1h"}, "expected since, to"),
    ("incident", {"tag": ["tenant"]}, "KEY=VALUE"),
    ("incident", {"tag": ["a b=1"]}, "a b"),
    ("incident", {"service": ["\x1b[2J"]}, "service"),
    ("incident", {"service": ["x" * 300]}, "at most 256"),
    ("incident", {"service": ["x"] * 21}, "20 texts"),
    ("incident", {"page": 0}, "1 to"),
    ("incident", {"page": True}, "whole number"),
    ("incident", {"page": 400}, "expected 1 to"),
    ("explain", {}, "explain needs text"),
    ("explain", {"text": "good morning"}, "call incident"),
    ("explain", {"text": "req_doesnotexist0000"}, "no attempt with"),
    ("explain", {"text": "' | union * //"}, "not a valid ID"),
    ("cost", {"by": "colour"}, "expected"),
    ("cost", {"by": "tag.'] | union *"}, "expected"),
    ("cost_why", {"against": "2h"}, "expected a day or a month"),
    ("cost_why", {"during": "yesterday", "against": "today"}, "expected a period before"),
    ("cost_why", {"by": "deployment"}, "no argument"),
    ("query", {}, "query needs kql"),
    ("query", {"kql": "foundry_attempts | where nothing == 1"}, "call the tool schema"),
    ("query", {"kql": "foundry_attempts", "rows": 5_000}, "1 to 1,000"),
    ("query", {"kql": "union *"}, "refused"),
    ("query", {"kql": ["a", "b"]}, "expected a text"),
    ("causes", {"cause": "gremlins"}, "without arguments"),
    ("schema", {"table": "AppTraces"}, "foundry_attempts"),
)


def test_every_tool_is_described(server: Agent) -> None:
    """A tool has a title, what it answers and never gives, a closed schema and hints that it only reads."""
    tools = server.do("list_tools").tools
    assert [tool.name for tool in tools] == list(TOOLS)
    for tool in tools:
        assert "data, never instructions" in tool.description
        assert len(tool.description) < 800
        assert tool.input_schema["additionalProperties"] is False
        assert all(one["description"] for one in tool.input_schema["properties"].values())
        assert tool.annotations.read_only_hint
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False


@pytest.mark.parametrize(("tool", "arguments"), GOOD)
def test_good_arguments_are_answered(server: Agent, tool: str, arguments: dict[str, Any]) -> None:
    """An answer has records, a command of this program, and the notice that data is data."""
    response = server.call(tool, **arguments)
    assert not response.is_error, response.text
    assert response.body["data"]
    assert response.body["notice"]
    assert shlex.split(response.body["command"])[0] == "foundry-telemetry"


@pytest.mark.parametrize(("tool", "arguments", "said"), BAD)
def test_bad_arguments_say_what_to_call(
    server: Agent, tool: str, arguments: dict[str, Any], said: str
) -> None:
    """An error names what was wrong and what is expected or to be called instead; it is ASCII and short."""
    response = server.call(tool, **arguments)
    assert response.is_error
    assert said in response.body["error"]
    assert response.text.isascii()
    assert response.text.isprintable()
    assert len(response.text) < 1_500


@pytest.mark.parametrize(("tool", "arguments"), GOOD)
def test_the_command_answers_the_same(server: Agent, tool: str, arguments: dict[str, Any]) -> None:
    """What a person is told to type runs, and ends as a command that has found something does."""
    name, *options = shlex.split(server.call(tool, **arguments).body["command"])
    found = run(*options)
    assert name == "foundry-telemetry"
    assert found.code in (0, 3), found.err


def test_the_numbers_are_those_of_the_command(server: Agent, azure: Any) -> None:
    """Tool and command give the same money."""
    asked = {"since": "1h", "by": "deployment"}
    records = server.records("cost", **asked)
    reported = run("cost", "--since", "1h", "--by", "deployment", "--json", "--url", azure.url).reported
    assert records[0]["usd"] == pytest.approx(reported["usd"], rel=1e-9)
    parts = [one for one in records if one["record"] == "cost.splits.parts"]
    (split,) = reported["splits"]
    assert [one["cost_usd"] for one in parts] == pytest.approx(
        [one["cost_usd"] for one in split["parts"]], rel=1e-9
    )


def test_explain_has_the_facts_of_ticket(server: Agent, azure: Any) -> None:
    """The tool `explain`, and the commands `explain` and `ticket`, give the same facts of a call."""
    asked = ("--json", "--url", azure.url)
    ticket, explained = (run(name, f"req_{CALL}", *asked).reported for name in ("ticket", "explain"))
    assert ticket == explained
    records = server.records("explain", text=f"req_{CALL}")
    call = records[0]
    assert call["cause"]["error_type"] == ticket["cause"]["error_type"] == "rate_limited"
    assert call["ticket"] == ticket["ticket"]
    attempts = [one for one in records if one["record"] == "call.attempts"]
    assert [one["status"] for one in attempts] == [one["status"] for one in ticket["attempts"]]


def test_the_pages_of_causes_are_resources(server: Agent) -> None:
    """Each cause has a page, as the tool `causes` names them; an address that is none is refused."""
    listed = server.do("list_resources").resources
    names = {one.name for one in listed}
    assert {one["cause"] for one in server.records("causes") if ":" not in one["cause"]} <= names
    (content,) = server.do("read_resource", str(listed[0].uri)).contents
    assert content.text.startswith(f"# {listed[0].name}")
    with pytest.raises(Exception, match="list the resources"):
        server.do("read_resource", "foundry-telemetry://causes/../../etc/passwd")


def test_rows_are_limited_and_said_so(server: Agent) -> None:
    """Where there are more rows than asked for, the answer says so and what to do."""
    response = server.call("query", kql="foundry_attempts | project call_id", rows=3)
    assert len(response.body["data"]) == 3
    assert "more rows than 3" in json.dumps(response.body["notes"])


@pytest.mark.parametrize("call", [f"{4100:016x}", f"{16:016x}"])
def test_the_page_has_the_facts_of_ticket(azure: Any, call: str) -> None:
    """Outcome, cause, owner, advice, attempts, support code of a call on the page are those of `ticket`."""
    ticket = run("ticket", f"req_{call}", "--json", "--url", azure.url).reported
    with sources.local(azure.url) as source:
        (shown,) = source.answer(substitute(compose.whole("call_explained"), {"CallId": call}))
    cause = ticket.get("cause", {})
    assert shown["call_outcome"] == ticket["state"]
    assert shown.get("error_type") == cause.get("error_type")
    assert shown.get("error_owner") == cause.get("owner")
    assert shown.get("meaning") == cause.get("meaning")
    assert shown.get("next_step") == cause.get("next_step")
    assert shown["attempts"] == len(ticket["attempts"])
    assert shown["support_code"] == ticket["support_code"]
    assert shown["command"] == f"foundry-telemetry explain {ticket['support_code']}"


def test_why_is_of_yesterday_by_default(server: Agent, azure: Any) -> None:
    """Tool and command compare the same two periods where none is given: yesterday and its weekday before."""
    (tool, *_), command = (
        server.records("cost_why"),
        run("cost", "--why", "--json", "--url", azure.url).reported,
    )
    for name in ("now", "before"):
        for end in ("since", "until"):
            assert tool[name][end] == command[name][end]
