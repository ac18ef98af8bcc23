"""instructor, around a client of the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import instructor
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Without a model of the answer: the fake service fills in none."""

    def asked(text: str) -> dict[str, Any]:
        message = {"role": "user", "content": text}
        return {"model": DEPLOYMENT, "max_tokens": MAX_TOKENS, "messages": [message], "response_model": None}

    def plain(text: str, **options: Any) -> str:
        with AnthropicFoundry(base_url=url, api_key=KEY, **options) as client:
            answer: Any = instructor.from_anthropic(client).messages.create(**asked(text))
            return answer.content[0].text

    async def plain_async(text: str) -> str:
        async with AsyncAnthropicFoundry(base_url=url, api_key=KEY) as client:
            answer: Any = await instructor.from_anthropic(client).messages.create(**asked(text))
            return answer.content[0].text

    return {"plain": plain, "async": plain_async, "sdk_retry": plain, "refused": plain}
