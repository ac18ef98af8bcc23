"""litellm, which sends with httpx itself and tries again with ``num_retries``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import litellm

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of the provider ``azure_ai/``."""

    def asked(text: str, **options: Any) -> dict[str, Any]:
        message = {"role": "user", "content": text}
        return {
            "model": f"azure_ai/{DEPLOYMENT}",
            "api_base": url,
            "api_key": KEY,
            "max_tokens": MAX_TOKENS,
            "messages": [message],
            **options,
        }

    def plain(text: str, **options: Any) -> object:
        return litellm.completion(**asked(text, **options)).choices[0].message.content

    def streamed(text: str) -> str:
        chunks = litellm.completion(**asked(text, stream=True))
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    async def plain_async(text: str) -> object:
        return (await litellm.acompletion(**asked(text))).choices[0].message.content

    async def streamed_async(text: str) -> str:
        chunks = await litellm.acompletion(**asked(text, stream=True))
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    return {
        "plain": plain,
        "streamed": streamed,
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": partial(plain, num_retries=2),
        "own_retry": partial(plain, num_retries=2),
        "refused": plain,
    }
