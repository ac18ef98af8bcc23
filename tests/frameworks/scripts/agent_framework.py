"""agent-framework's client for Foundry, whose spans and metrics are on by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent_framework import Agent
from agent_framework_anthropic import AnthropicFoundryClient
from anthropic import AsyncAnthropicFoundry

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of an agent without tools."""
    client = AsyncAnthropicFoundry(base_url=url, api_key=KEY)
    options: Any = {"max_tokens": MAX_TOKENS}
    agent = Agent(AnthropicFoundryClient(model=DEPLOYMENT, anthropic_client=client), default_options=options)

    async def plain(text: str) -> str:
        return (await agent.run(text)).text

    async def streamed(text: str) -> str:
        return "".join([update.text async for update in agent.run(text, stream=True)])

    return {"async": plain, "async_streamed": streamed, "sdk_retry": plain, "refused": plain}
