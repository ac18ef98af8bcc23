"""langchain-anthropic, whose models try again with ``with_retry``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_anthropic import ChatAnthropic

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of a chat model."""

    def model(**options: Any) -> ChatAnthropic:
        return ChatAnthropic(model=DEPLOYMENT, base_url=url, api_key=KEY, max_tokens=MAX_TOKENS, **options)

    def plain(text: str) -> object:
        return model().invoke(text).content

    async def plain_async(text: str) -> object:
        return (await model().ainvoke(text)).content

    async def streamed_async(text: str) -> str:
        return "".join([str(chunk.text) async for chunk in model().astream(text)])

    def own_retry(text: str) -> object:
        return model(max_retries=0).with_retry(wait_exponential_jitter=False).invoke(text).content

    return {
        "plain": plain,
        "streamed": lambda text: "".join(str(chunk.text) for chunk in model().stream(text)),
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": plain,
        "own_retry": own_retry,
        "refused": plain,
    }
