"""pydantic-ai with its own instrumentation on; its documented transport tries again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from anthropic import AsyncAnthropicFoundry
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS

Agent.instrument_all()


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of an agent without tools."""

    def agent(**options: Any) -> Agent:
        client = AsyncAnthropicFoundry(base_url=url, api_key=KEY, **options)
        model = AnthropicModel(DEPLOYMENT, provider=AnthropicProvider(anthropic_client=client))
        return Agent(model, model_settings={"max_tokens": MAX_TOKENS})

    async def plain_async(text: str) -> str:
        return (await agent().run(text)).output

    async def streamed_async(text: str) -> str:
        async with agent().run_stream(text) as run:
            return await run.get_output()

    return {
        "plain": lambda text: agent().run_sync(text).output,
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": plain_async,
        "refused": plain_async,
    }
