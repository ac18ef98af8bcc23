"""A WSGI service: ``gunicorn --workers 2 --preload wsgi_service:app``."""

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from anthropic import AnthropicFoundry

from foundry_telemetry import attribute, configure

configure()  # with --preload once, in the master; its pipelines live on in every worker


@cache
def claude() -> AnthropicFoundry:
    """Made at the first request: a connection must not be shared by the workers of a preloaded master."""
    return AnthropicFoundry()


def app(_environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    with attribute(worker=str(os.getpid())):
        claude().messages.create(
            model="claude-haiku-5-5", max_tokens=10, messages=[{"role": "user", "content": "Hello?"}]
        )
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
