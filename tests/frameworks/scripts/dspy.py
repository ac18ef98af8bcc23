"""dspy, which sends through litellm and tries again with ``num_retries``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import dspy

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of a language model as such: the answers of the fake service have none of a program's fields."""

    def model(num_retries: int) -> dspy.LM:
        return dspy.LM(
            f"azure_ai/{DEPLOYMENT}",
            api_base=url,
            api_key=KEY,
            max_tokens=MAX_TOKENS,
            cache=False,
            num_retries=num_retries,
        )

    async def plain_async(text: str) -> object:
        return (await model(0).acall(text))[0]

    return {
        "plain": lambda text: model(0)(text)[0],
        "async": plain_async,
        "own_retry": lambda text: model(2)(text)[0],
        "refused": lambda text: model(0)(text)[0],
    }
