"""The check that nothing a test said, was answered, or signed in with was recorded."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from foundry_telemetry import attribute
from foundry_telemetry.testing import INCIDENTS, FakeResponse, FoundryKit, answer, recorded
from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.kit import content
from tests.testing.kit.calling import KEY, PROMPT, QUESTION, URL, ask, sdk

ANSWER = "Under the floor lie forty-one brass tide gauges, each older than the harbour."
CANARY = "CANARY of sardines 0815"
ENCODINGS = {
    "plain": lambda text: text,
    "JSON": lambda text: json.dumps({"said": text}),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "URL": quote_plus,
    "repr": repr,
    "hex": lambda text: text.encode().hex(),
    **{
        f"base64 at {shift}": lambda text, shift=shift: base64.b64encode(
            b"x" * shift + text.encode()
        ).decode()
        for shift in range(3)
    },
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "a part": lambda text: text[5:60],
}


def refused(foundry: FoundryKit) -> str:
    """The message of the check."""
    with pytest.raises(AssertionError) as caught:
        foundry.assert_no_content()
    return str(caught.value)


@pytest.mark.parametrize("incident", [None, *INCIDENTS])
def test_the_library_passes(foundry: FoundryKit, incident: str | None) -> None:
    """Nothing of prompt, answer and key is recorded by the library itself, whatever happens."""
    if incident:
        foundry.incident(incident)
    with contextlib.suppress(Exception):
        ask(sdk(max_retries=0), stream=True)
    foundry.calls.one()
    foundry.assert_no_content(CANARY)


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize(("what", "text"), [("prompt", PROMPT), ("answer", ANSWER)], ids=["prompt", "answer"])
def test_a_leak_is_found(foundry: FoundryKit, what: str, text: str, encode: Any) -> None:
    """A prompt or an answer in a tag is found, in each encoding and in part; it is said what and where."""
    foundry.respond(ANSWER)
    with attribute(note=encode(text)[:180]):
        ask(sdk(), stream=True)
    whose = {"prompt": "messages[0].content of request 1", "answer": "text of the answer to request 1"}
    assert f"  {whose[what]} ({text[:24]!r}...) stands in attempt 1" in refused(foundry)


def test_secrets_are_found_and_not_shown(foundry: FoundryKit) -> None:
    """A key in a tag is found, and the message does not have it."""
    with attribute(note=f"key={KEY}"):
        ask(sdk())
    message = refused(foundry)
    assert "header 'x-api-key' of request 1 stands in attempt 1" in message
    assert KEY not in message


def test_log_lines_are_searched(foundry: FoundryKit) -> None:
    """What the library logs is searched too."""
    ask(sdk())
    logging.getLogger("foundry_telemetry.azure").warning("it asked %s", PROMPT)
    assert "stands in log line of the library 1" in refused(foundry)


def test_canaries(foundry: FoundryKit) -> None:
    """Texts of the test's own are searched, now or at the end; one too short is refused."""
    with attribute(note=CANARY):
        ask(sdk())
    foundry.assert_no_content()
    foundry.never_record(CANARY)
    assert f"a canary ({CANARY[:24]!r}...) stands in" in refused(foundry)
    for short in ("short", "-------------"):
        with pytest.raises(ValueError, match=f"'{short}' is too short or too plain"):
            foundry.assert_no_content(short)


def test_names_in_a_prompt_are_no_leak(foundry: FoundryKit) -> None:
    """A prompt that names what is recorded anyway, such as the host and the deployment, is no leak."""
    with httpx.Client() as client:
        for text in ("my-resource.services.ai.azure.com", "support-chat-prod", "hi", "-" * 80):
            client.post(URL, json={**QUESTION, "messages": [{"role": "user", "content": text}]})
    foundry.assert_no_content()


def test_samples_of_a_request() -> None:
    """Prompts, system prompt, tools' texts, user ids, tokens with claims that name a person, queries."""
    claims = base64.urlsafe_b64encode(json.dumps({"upn": "ada@example.com", "aud": "x"}).encode()).decode()
    body = {
        "model": "m",
        "system": [{"type": "text", "text": "be brief"}],
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "42"}]}
        ],
        "tools": [{"name": "t", "description": "adds", "input_schema": {"type": "object"}}],
        "metadata": {"user_id": "u-1"},
    }
    request = ReceivedRequest(
        headers={"authorization": f"Bearer h.{claims.rstrip('=')}.s", "user-agent": "u"},
        query="sig=hush",
        body=json.dumps(body).encode(),
    )
    found = {
        sample.what.removesuffix(" of request 1"): sample.text for sample in content.of_request(1, request)
    }
    found.pop("header 'authorization'")
    assert found == {
        "claim 'upn' in header 'authorization'": "ada@example.com",
        "query 'sig'": "hush",
        "messages[0].content[0].content": "42",
        "system[0].text": "be brief",
        "metadata.user_id": "u-1",
        "tools[0].description": "adds",
    }


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (recorded("sse_thinking"), ("thinking", "signature", "text")),
        (recorded("sse_tool_use"), ("partial_json",)),
        (recorded("ok_json_tool_use"), ("a tool's input",)),
        (recorded("err_401_role_missing"), ("message",)),
        (answer("x").encoded("gzip"), ()),
        (FakeResponse(chunks=(b"\xff",)), ()),
    ],
    ids=["thinking", "tool in stream", "tool", "error", "compressed", "no JSON"],
)
def test_samples_of_a_response(response: FakeResponse, words: tuple[str, ...]) -> None:
    """Texts, thinking with its signature, tool inputs and messages of errors."""
    what = [sample.what for sample in content.of_response(1, response)]
    assert all(any(each.startswith(word) for each in what) for word in words)
    assert bool(what) == bool(words)


def test_body_that_is_no_json() -> None:
    """A body that cannot be read is a text as a whole."""
    (sample,) = content.of_request(1, ReceivedRequest(body=b"not json, but a prompt"))
    assert sample.text == "not json, but a prompt"


def test_long_texts_are_searched_at_both_ends() -> None:
    """Of a text of any length a bounded part is searched: its beginning and its end."""
    words = " ".join(str(number) for number in range(100_000))
    assert len(list(content.pieces(words))) < 600
    sample = content.Sample("prompt", words)
    for part in (words[100:160], words[-160:-100]):
        assert content.find([sample], [("somewhere", f"... {part} ...")], "") == [
            content.Find(sample, "somewhere")
        ]
