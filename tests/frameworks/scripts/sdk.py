"""The anthropic SDK by itself: what the others are compared with. Beside it, instrumentors of the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anthropic import AnthropicFoundry, APIStatusError, AsyncAnthropicFoundry

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def asked(text: str) -> dict[str, Any]:
    """The arguments of a call."""
    message = {"role": "user", "content": text}
    return {"model": DEPLOYMENT, "max_tokens": MAX_TOKENS, "messages": [message]}


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Plain calls of the SDK; the loop around it is the application's."""

    def client(**options: Any) -> AnthropicFoundry:
        return AnthropicFoundry(base_url=url, api_key=KEY, **options)

    def plain(text: str) -> str:
        with client() as one:
            return one.messages.create(**asked(text)).content[0].text

    def streamed(text: str) -> str:
        with client() as one, one.messages.stream(**asked(text)) as stream:
            return "".join(stream.text_stream)

    async def plain_async(text: str) -> str:
        async with AsyncAnthropicFoundry(base_url=url, api_key=KEY) as one:
            return (await one.messages.create(**asked(text))).content[0].text

    async def streamed_async(text: str) -> str:
        async with (
            AsyncAnthropicFoundry(base_url=url, api_key=KEY) as one,
            one.messages.stream(**asked(text)) as stream,
        ):
            return "".join([piece async for piece in stream.text_stream])

    def own_retry(text: str) -> str:
        with client(max_retries=0) as one:
            try:
                return one.messages.create(**asked(text)).content[0].text
            except APIStatusError:
                return one.messages.create(**asked(text)).content[0].text

    return {
        "plain": plain,
        "streamed": streamed,
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": plain,
        "own_retry": own_retry,
        "refused": plain,
    }
