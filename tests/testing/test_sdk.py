"""The Anthropic SDK takes the fake for the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from foundry_telemetry.testing import FakeFoundry, Item, error, recorded, stream
from tests.support.families import sdk_httpx

REQUEST: dict[str, Any] = {
    "model": "my-deployment",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "Which city is the capital of France?"}],
}
REAL_URL = "https://example-resource.services.ai.azure.com/anthropic"


@pytest.fixture(params=["server", "transport"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """The fake on loopback, and inside the process."""
    place = Place(request.param == "server")
    yield place
    place.close()


class Place:
    """Where a fake is played, and the clients for it."""

    def __init__(self, on_loopback: bool) -> None:
        self._on_loopback = on_loopback
        self._open: list[Any] = []
        self.foundry = FakeFoundry()

    def play(self, *script: Item) -> dict[str, Any]:
        """Play a script, and give the options of a client for it."""
        self.foundry = FakeFoundry(script)
        if not self._on_loopback:
            return {"base_url": REAL_URL, "api_key": "any"}
        self._open.append(self.foundry.__enter__())
        return {"base_url": self.foundry.base_url, "api_key": "any"}

    def client(self, *script: Item) -> AnthropicFoundry:
        """A sync client of this script."""
        options = self.play(*script)
        if not self._on_loopback:
            options["http_client"] = sdk_httpx.Client(transport=self.foundry.transport(sdk_httpx))
        self._open.append(AnthropicFoundry(**options))
        client: AnthropicFoundry = self._open[-1]
        return client

    def async_client(self, *script: Item) -> AsyncAnthropicFoundry:
        """An async client of this script, to be closed by the caller."""
        options = self.play(*script)
        if not self._on_loopback:
            options["http_client"] = sdk_httpx.AsyncClient(transport=self.foundry.transport(sdk_httpx))
        return AsyncAnthropicFoundry(**options)

    def close(self) -> None:
        """Close clients and servers, the last first."""
        for each in reversed(self._open):
            each.__exit__(None, None, None)


def test_messages(place: Place) -> None:
    """A message parses, names the deployment and carries its request id."""
    message = place.client(200).messages.create(**REQUEST)
    assert (message.model, message.usage.input_tokens) == ("my-deployment", 14)
    assert message.content[0].text == "The capital of France is Paris."
    assert str(message._request_id).startswith("req_")


def test_streams(place: Place) -> None:
    """Both forms of streaming give the text and the final counters."""
    client = place.client(stream(["Par", "is"], usage={"output_tokens": 42}))
    with client.messages.stream(**REQUEST) as events:
        assert list(events.text_stream) == ["Par", "is"]
        assert events.get_final_message().usage.output_tokens == 42
    with client.messages.create(**REQUEST, stream=True) as raw:
        assert [event.type for event in raw][-1] == "message_stop"


def test_token_counts(place: Place) -> None:
    """Counting tokens is answered with a count."""
    counted = place.client(200).messages.count_tokens(model="m", messages=REQUEST["messages"])
    assert counted.input_tokens == 14


def test_async(place: Place) -> None:
    """The async client is answered likewise, streamed and whole."""

    async def scenario() -> None:
        async with place.async_client(200) as client:
            assert (await client.messages.create(**REQUEST)).stop_reason == "end_turn"
            async with client.messages.stream(**REQUEST) as events:
                text = "".join([part async for part in events.text_stream])
        assert text == "The capital of France is Paris."

    asyncio.run(scenario())


def test_retries_are_real_and_short(place: Place) -> None:
    """The SDK sends again after a 429 and a 500, and counts up its header."""
    place.client(429, error(429), 200).messages.create(**REQUEST)
    counts = [request.headers["x-stainless-retry-count"] for request in place.foundry.requests]
    assert counts == ["0", "1", "2"]


def test_credentials_are_captured(place: Place) -> None:
    """The key the client sent is in the request, for a test to check."""
    place.client(200).messages.create(**REQUEST)
    assert place.foundry.requests[0].headers["api-key"] == "any"
    assert place.foundry.requests[0].json["messages"] == REQUEST["messages"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (413, anthropic.APIStatusError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (502, anthropic.InternalServerError),
        (529, anthropic.APIStatusError),
    ],
)
def test_errors_are_the_sdks(place: Place, status: int, kind: type[anthropic.APIStatusError]) -> None:
    """Each status raises the SDK's class for it, with Azure's id at hand."""
    with pytest.raises(kind) as raised:
        place.client(status).with_options(max_retries=0).messages.create(**REQUEST)
    assert raised.value.status_code == status
    assert raised.value.response.headers["apim-request-id"]


def test_an_error_inside_a_stream(place: Place) -> None:
    """A recorded error event, with ids of its own, raises out of the stream."""
    client = place.client(recorded("sse_error_overloaded", fresh=True))
    with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
        list(client.messages.create(**REQUEST, stream=True))


def test_broken_streams(place: Place) -> None:
    """A reset in a stream is the client library's read error; a stream that stops short is none."""
    with pytest.raises(sdk_httpx.ReadError):
        list(place.client("sse_connection_reset").messages.create(**REQUEST, stream=True))
    cut_short = list(place.client("sse_truncated").messages.create(**REQUEST, stream=True))
    assert cut_short[-1].type != "message_stop"


def test_a_lost_connection_is_tried_again(place: Place) -> None:
    """A connection that fails before an answer is the SDK's connection error after its retries."""
    client = place.client("read_error", 200).with_options(max_retries=0)
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**REQUEST)
    assert client.messages.create(**REQUEST).stop_reason == "end_turn"
