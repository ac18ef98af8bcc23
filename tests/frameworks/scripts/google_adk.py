"""google-adk, whose agents send through litellm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of an agent without tools."""

    async def plain(text: str, mode: StreamingMode = StreamingMode.NONE, **options: Any) -> str:
        model = LiteLlm(f"azure_ai/{DEPLOYMENT}", api_base=url, api_key=KEY, max_tokens=MAX_TOKENS, **options)
        runner = InMemoryRunner(LlmAgent(name="agent", model=model), app_name="app")
        session = await runner.session_service.create_session(app_name="app", user_id="user")
        message = types.Content(role="user", parts=[types.Part(text=text)])
        run = runner.run_async(
            user_id="user",
            session_id=session.id,
            new_message=message,
            run_config=RunConfig(streaming_mode=mode),
        )
        last = [event.content.parts[0].text async for event in run if event.is_final_response()]
        return "".join(last[-1:])

    async def streamed(text: str) -> str:
        return await plain(text, StreamingMode.SSE)

    async def own_retry(text: str) -> str:
        return await plain(text, num_retries=2)

    return {"async": plain, "async_streamed": streamed, "own_retry": own_retry, "refused": plain}
