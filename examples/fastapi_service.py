"""A service that streams answers, and gives its user a support code when that fails.

Try it without Azure, then ask it something, and then something that fails:

    python examples/fastapi_service.py --fake
    curl -N 'http://127.0.0.1:8000/chat?question=hello&tenant=acme'
    curl -N 'http://127.0.0.1:8000/chat?question=hello&deployment=claude-sonet-5-5'

For real, set ANTHROPIC_FOUNDRY_RESOURCE, ANTHROPIC_FOUNDRY_API_KEY and APPLICATIONINSIGHTS_CONNECTION_STRING.
"""

import argparse
import json
from collections.abc import AsyncIterator

import fake
import fastapi
import uvicorn
from anthropic import AnthropicError, AsyncAnthropicFoundry
from fastapi.responses import StreamingResponse

from foundry_telemetry import attribute, configure, last_attempt


def event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def support_code() -> str:
    """What the user reads to support, and support to Azure and Anthropic."""
    seen = last_attempt()
    if seen is None:
        return "no attempt was made"
    cause = seen.failure.type if seen.failure else seen.outcome
    return f"{cause} azure={seen.ids.apim_request_id or '-'} anthropic={seen.anthropic_request_id or '-'}"


def make_app() -> fastapi.FastAPI:
    app = fastapi.FastAPI(title="Ask Claude")
    claude = AsyncAnthropicFoundry()

    async def answer(question: str, tenant: str, deployment: str) -> AsyncIterator[str]:
        # Inside the generator: it runs after the endpoint has returned, in a context of its own.
        with attribute(tenant=tenant):
            try:
                async with claude.messages.stream(
                    model=deployment, max_tokens=500, messages=[{"role": "user", "content": question}]
                ) as stream:
                    async for text in stream.text_stream:
                        yield event("text", text)
                yield event("done", "")
            except AnthropicError:
                yield event("failed", f"Sorry. Your support code: {support_code()}")

    @app.get("/chat")
    async def chat(
        question: str, tenant: str = "nobody", deployment: str = "claude-sonnet-5-5"
    ) -> StreamingResponse:
        return StreamingResponse(answer(question, tenant, deployment), media_type="text/event-stream")

    return app


def main() -> None:
    options = argparse.ArgumentParser(description="A service that streams answers of Claude.")
    options.add_argument("--fake", action="store_true", help="play Foundry and Azure inside this process")
    options.add_argument("--port", type=int, default=8000)
    chosen = options.parse_args()
    if chosen.fake:
        fake.play()
    configure()  # before the app is made, so that its requests are traced as well
    uvicorn.run(make_app(), host="127.0.0.1", port=chosen.port)


if __name__ == "__main__":
    main()
