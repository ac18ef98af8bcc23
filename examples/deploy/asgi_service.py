"""An ASGI service: ``uvicorn --workers 2 asgi_service:app``."""

import os

from anthropic import AsyncAnthropicFoundry
from fastapi import FastAPI

from foundry_telemetry import attribute, configure

configure()  # here, so that every worker does it, before it serves

app = FastAPI()
claude = AsyncAnthropicFoundry()


@app.get("/")
async def hello() -> int:
    with attribute(worker=str(os.getpid())):
        await claude.messages.create(
            model="claude-haiku-5-5", max_tokens=10, messages=[{"role": "user", "content": "Hello?"}]
        )
    return os.getpid()
