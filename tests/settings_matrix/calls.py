"""The process of a cell: ``python calls.py WAY`` sets telemetry up, calls Claude three times, and ends.

It says on standard output how far it came, one JSON object a line: ``{"at": "imports"}``, ``"set-up"``, each
call with a digest of its bytes, and ``"end"``. What is raised goes to standard error as for any application.
"""

from __future__ import annotations

import asyncio
import faulthandler
import hashlib
import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, Final

DEADLINE_S: Final = 90
"""Seconds after which a process that has not ended stands still, on the slowest of machines."""

CALLS: Final = 3
"""Calls of a process."""

ASKED: Final[Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
CONNECTION_STRING: Final = "MATRIX_CONNECTION_STRING"
"""Not under the usual name, which is one of those that are tried."""
OPTIONS: Final[Any] = {
    "enable_live_metrics": False,
    "enable_performance_counters": False,
    "sampling_ratio": 1.0,
}
"""Of the distro, as `configure` has it: no traffic that nobody asked for, and not five spans a second."""


def say(at: str, **facts: object) -> None:
    """Tell the test."""
    print(json.dumps({"at": at, **facts}), flush=True)  # noqa: T201


def plain() -> None:
    """No telemetry."""


def distro() -> None:
    """The distro alone."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    configure_azure_monitor(connection_string=os.environ[CONNECTION_STRING], **OPTIONS)


def configure() -> None:
    """Ours."""
    import foundry_telemetry

    foundry_telemetry.configure(connection_string=os.environ[CONNECTION_STRING])


def instrument() -> None:
    """Ours beside the distro."""
    import foundry_telemetry

    distro()
    foundry_telemetry.instrument()


WAYS: Final[dict[str, Callable[[], None]]] = {
    each.__name__: each for each in (plain, distro, configure, instrument)
}


def call(way: str) -> None:
    """Call Claude: in a span of the application and plainly, streamed, and in an event loop."""
    from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

    def digest(body: bytes) -> str:
        return hashlib.sha256(body).hexdigest()

    async def ask() -> bytes:
        async with AsyncAnthropicFoundry() as client:
            return (await client.messages.with_raw_response.create(**ASKED)).http_response.content

    with AnthropicFoundry() as client, surroundings(way):
        say("plain", bytes=digest(client.messages.with_raw_response.create(**ASKED).http_response.content))
        with client.messages.with_streaming_response.create(stream=True, **ASKED) as answer:
            say("streamed", bytes=digest(b"".join(answer.iter_bytes())))
    say("async", bytes=digest(asyncio.run(ask())))


def surroundings(way: str) -> Any:
    """What an application has around a call; the three events of the distro alone are its control."""
    from contextlib import ExitStack

    stack = ExitStack()
    if way == "plain":
        return stack
    from opentelemetry import trace

    tracer = trace.get_tracer("app")
    stack.enter_context(tracer.start_as_current_span("app", attributes={"app.a": 1, "app.b": "b" * 64}))
    span = trace.get_current_span()
    span.add_event("app", {"app.a": 1, "app.b": 2})
    span.add_link(span.get_span_context(), {"app.a": 1, "app.b": 2})
    if way == "distro":
        for number in range(CALLS):
            event = {"microsoft.custom_event.name": "control", "number": number}
            logging.getLogger("app").warning("event", extra=event)
        return stack
    import foundry_telemetry

    stack.enter_context(foundry_telemetry.attribute(feature="a", team="b", plan="c"))
    return stack


def main(way: str) -> None:
    """Run the process of a cell."""
    faulthandler.dump_traceback_later(DEADLINE_S, exit=True)
    logging.basicConfig(level=logging.INFO)
    import anthropic  # noqa: F401 - most applications have it imported before anything is set up

    if way in ("configure", "instrument"):
        import foundry_telemetry  # noqa: F401
    say("imports")
    WAYS[way]()
    say("set-up")
    call(way)
    say("end")


if __name__ == "__main__":
    main(sys.argv[1])
