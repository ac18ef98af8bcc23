"""Calls to Claude as applications make them."""

from __future__ import annotations

from typing import Any

import anthropic

from tests.support.families import Face, pieces

URL = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
PROMPT = "What does the harbour master of Lisbon keep under the floor?"
KEY = "canary-key-4f9d21c7aa"
QUESTION: dict[str, Any] = {
    "model": "support-chat-prod",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": PROMPT}],
}


def sdk(**options: Any) -> anthropic.AnthropicFoundry:
    """A client of the SDK."""
    return anthropic.AnthropicFoundry(**{"resource": "my-resource", "api_key": KEY, **options})


def async_sdk(**options: Any) -> anthropic.AsyncAnthropicFoundry:
    """An async client of the SDK."""
    return anthropic.AsyncAnthropicFoundry(**{"resource": "my-resource", "api_key": KEY, **options})


def ask(client: anthropic.AnthropicFoundry, *, stream: bool = False) -> str:
    """One question; the answer's text."""
    if stream:
        with client.messages.stream(**QUESTION) as events:
            return "".join(events.text_stream)
    return client.messages.create(**QUESTION).content[0].text  # type: ignore[union-attr]


async def post(face: Face, url: str = URL, **options: Any) -> Any:
    """One request over a bare client, answer read."""
    return await face.request("POST", url, json=QUESTION, headers={"api-key": KEY}, **options)


async def read_stream(face: Face) -> bytes:
    """One streamed answer over a bare client."""
    body = b""
    async with face.stream("POST", URL, json={**QUESTION, "stream": True}) as response:
        async for piece in pieces(response):
            body += piece
    return body
