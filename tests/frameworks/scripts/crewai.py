"""crewai, whose anthropic has no client for Foundry: it is given the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crewai import LLM

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of a language model, as the agents of a crew ask it."""

    def model(**options: Any) -> LLM:
        return LLM(
            model=f"anthropic/{DEPLOYMENT}", base_url=url, api_key=KEY, max_tokens=MAX_TOKENS, **options
        )

    async def plain_async(text: str) -> object:
        return await model().acall(text)

    return {
        "plain": lambda text: model().call(text),
        "streamed": lambda text: model(stream=True).call(text),
        "async": plain_async,
        "sdk_retry": lambda text: model().call(text),
        "refused": lambda text: model().call(text),
    }
