"""haystack's generator for Foundry; it streams where a callback takes the pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from haystack.dataclasses import ChatMessage
from haystack.utils import Secret
from haystack_integrations.components.generators.anthropic import AnthropicFoundryChatGenerator

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of a generator by itself."""

    def generator(**options: Any) -> AnthropicFoundryChatGenerator:
        return AnthropicFoundryChatGenerator(
            api_key=Secret.from_token(KEY),
            endpoint=url,
            model=DEPLOYMENT,
            generation_kwargs={"max_tokens": MAX_TOKENS},
            **options,
        )

    def plain(text: str, **options: Any) -> object:
        return generator(**options).run([ChatMessage.from_user(text)])["replies"][0].text

    async def plain_async(text: str) -> object:
        return (await generator().run_async([ChatMessage.from_user(text)]))["replies"][0].text

    return {
        "plain": plain,
        "streamed": lambda text: plain(text, streaming_callback=lambda _: None),
        "async": plain_async,
        "sdk_retry": plain,
        "refused": plain,
    }
