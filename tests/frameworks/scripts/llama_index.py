"""llama-index, which works with anthropic before 1.0 and knows models by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from llama_index.llms.anthropic import Anthropic

from tests.frameworks.scripts import KEY, MAX_TOKENS

_DEPLOYMENT = "claude-sonnet-4-5"


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of a language model."""

    def model() -> Anthropic:
        return Anthropic(model=_DEPLOYMENT, base_url=url, api_key=KEY, max_tokens=MAX_TOKENS)

    async def plain_async(text: str) -> str:
        return (await model().acomplete(text)).text

    async def streamed_async(text: str) -> str:
        pieces = await model().astream_complete(text)
        return "".join([piece.delta async for piece in pieces])

    return {
        "plain": lambda text: model().complete(text).text,
        "streamed": lambda text: "".join(piece.delta for piece in model().stream_complete(text)),
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": lambda text: model().complete(text).text,
        "refused": lambda text: model().complete(text).text,
    }
