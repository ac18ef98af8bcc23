"""strands, whose agents always stream and try again by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from strands import Agent, ModelRetryStrategy
from strands.models.anthropic import AnthropicModel

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of an agent without tools."""

    def agent(max_retries: int, attempts: int) -> Agent:
        client = {"base_url": url, "api_key": KEY, "max_retries": max_retries}
        model = AnthropicModel(client_args=client, model_id=DEPLOYMENT, max_tokens=MAX_TOKENS)
        retries = ModelRetryStrategy(max_attempts=attempts, initial_delay=0, max_delay=0)
        return Agent(model, callback_handler=None, retry_strategy=retries)

    def streamed(text: str, max_retries: int = 2, attempts: int = 1) -> str:
        return str(agent(max_retries, attempts)(text))

    async def streamed_async(text: str) -> str:
        return str(await agent(2, 1).invoke_async(text))

    return {
        "streamed": streamed,
        "async_streamed": streamed_async,
        "sdk_retry": streamed,
        "own_retry": partial(streamed, max_retries=0, attempts=3),
        "refused": streamed,
    }
