"""What others wrote into the store reaches an agent as data: escaped, marked, without content and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundry_telemetry.mcp import texts
from tests.mcp.client import Agent, Response
from tests.mcp.stored import CONTENT, HIDDEN, INJECTION, SECRETS


@pytest.fixture(scope="module")
def responses(answers: list[list[Response]]) -> list[Response]:
    """All pages of all answers."""
    return [response for pages in answers for response in pages]


def test_no_content_in_any_answer(responses: list[Response]) -> None:
    """Prompts, messages and addresses of other telemetry are never there, whatever is asked."""
    assert not [one.text for one in responses if CONTENT in one.text]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_in_any_answer(responses: list[Response], secret: str) -> None:
    """What looks like a key, a token or a person's address is hidden, as on a terminal."""
    assert not [one.text for one in responses if secret in one.text]
    assert any("(hidden)" in one.text for one in responses)


def test_injected_texts_are_data(responses: list[Response]) -> None:
    """A text that wants to be obeyed stands inside of `data` alone, below the notice that it is data."""
    found = 0
    for one in responses:
        body = one.body
        data = body.pop("data")
        assert body["notice"] == texts.NOTICE
        assert INJECTION[:40] not in str(body)
        found += INJECTION[:40] in str(data)
    assert found >= 5


def test_hidden_characters_are_escaped(responses: list[Response]) -> None:
    """No character without a shape is there, neither in the text nor in what its JSON holds."""
    shown = False
    for one in responses:
        assert one.text.isascii()
        assert one.text.isprintable()
        for text in _texts(one.body):
            assert not any(hidden in text for hidden in HIDDEN)
            shown |= "\\u202e" in text
    assert shown


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def test_content_cannot_be_searched_for(server: Agent) -> None:
    """A query cannot even count rows by what their content is."""
    kql = f"foundry_attempts | where Properties['gen_ai.input.messages'] has '{CONTENT}' | count"
    assert server.call("query", kql=kql).is_error
