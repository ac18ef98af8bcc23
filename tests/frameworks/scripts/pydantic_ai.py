"""pydantic-ai with its own instrumentation on; its documented transport tries again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from anthropic import AsyncAnthropicFoundry
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.retries import AsyncHTTPX2TenacityTransport, RetryConfig
from tenacity import retry_if_exception_type, stop_after_attempt

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS

Agent.instrument_all()


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of an agent without tools."""

    def agent(client: AsyncAnthropicFoundry) -> Agent:
        model = AnthropicModel(DEPLOYMENT, provider=AnthropicProvider(anthropic_client=client))
        return Agent(model, model_settings={"max_tokens": MAX_TOKENS})

    def plain(text: str) -> str:
        return agent(AsyncAnthropicFoundry(base_url=url, api_key=KEY)).run_sync(text).output

    async def plain_async(text: str, **options: Any) -> str:
        async with AsyncAnthropicFoundry(base_url=url, api_key=KEY, **options) as client:
            return (await agent(client).run(text)).output

    async def streamed_async(text: str) -> str:
        async with (
            AsyncAnthropicFoundry(base_url=url, api_key=KEY) as client,
            agent(client).run_stream(text) as run,
        ):
            return await run.get_output()

    async def own_retry(text: str) -> str:
        transport = AsyncHTTPX2TenacityTransport(
            RetryConfig(
                retry=retry_if_exception_type(httpx2.HTTPStatusError),
                stop=stop_after_attempt(3),
                reraise=True,
            ),
            validate_response=lambda response: response.raise_for_status(),
        )
        return await plain_async(text, max_retries=0, http_client=httpx2.AsyncClient(transport=transport))

    return {
        "plain": plain,
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": plain_async,
        "own_retry": own_retry,
        "refused": plain_async,
    }
