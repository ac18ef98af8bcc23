"""What no recording has: failures of the connection, streams that end early, prices and tags of your own."""

from __future__ import annotations

import asyncio
import gc
import importlib
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from opentelemetry import trace

import foundry_telemetry
from foundry_telemetry.testing import FakeFoundry, FakeResponse, case, recorded
from tests.contract.envelopes import clients
from tests.contract.envelopes.clients import ASKED, AT, HOSTS, KEYS, httpx
from tests.support.patience import PATIENCE_S

Play = Callable[[int], object]


def _answers(*script: str, **asked: Any) -> Play:
    """Recorded answers to one bare client, one after another."""

    def play(_: int) -> None:
        with clients.bare(list(script)) as client, suppress(httpx.TransportError):
            for _ in script:
                client.post(AT["foundry"], json={**ASKED, **asked}, headers=KEYS["api_key"])

    return play


def _tagged(*script: str, **asked: Any) -> Play:
    """The same for a tenant and a person, in one block within another."""

    def play(now: int) -> None:
        with (
            foundry_telemetry.attribute(tenant="acme", user="jane@example.com"),
            foundry_telemetry.attribute(feature="search"),
        ):
            _answers(*script, **asked)(now)

    return play


def _within_a_span(now: int) -> None:
    """Two calls in a span of the application."""
    with trace.get_tracer("application").start_as_current_span("work"):
        _answers("ok_json_basic", "err_429_foundry_rate_limit")(now)


def _elsewhere(url: str) -> Play:
    """A call to a host that nobody named, or to another path of Foundry."""

    def play(_: int) -> None:
        with clients.bare("ok_json_basic") as client:
            client.post(url, json=ASKED, headers={**KEYS["api_key"], "anthropic-version": "2023-06-01"})

    return play


def _by_hand(_: int) -> None:
    """A client with the public hooks, which is instrumented besides."""
    hooks = foundry_telemetry.event_hooks(hosts=HOSTS)
    transport = FakeFoundry("ok_json_basic").transport(httpx)
    with httpx.Client(transport=transport, event_hooks=hooks) as client:
        client.post(AT["foundry"], json=ASKED, headers=KEYS["api_key"])


def _middleware() -> Any:
    """`FoundryMiddleware`, in whichever room its module is."""
    for room in ("instrumentation", "attach"):
        with suppress(ModuleNotFoundError):
            return importlib.import_module(f"foundry_telemetry.{room}").FoundryMiddleware(hosts=HOSTS)
    raise LookupError("no room of foundry_telemetry has FoundryMiddleware")


def _credential(*, spans: bool) -> Play:
    """A token provider that raises what Entra said."""

    def provider() -> str:
        raise RuntimeError(case("noresp_credential_error").expect["client_exception_message"])

    def play(_: int) -> None:
        client = clients.sdk(
            "ok_json_basic",
            azure_ad_token_provider=provider,
            middleware=[_middleware()],
            spans=spans,
        )
        with client, suppress(RuntimeError):
            client.messages.create(**ASKED)

    return play


def _over_a_socket(script: Any, send: Callable[[Any, str], object]) -> Play:
    """Calls over a real connection to a server on loopback."""

    def play(_: int) -> None:
        with FakeFoundry(script) as foundry, httpx.Client() as client, suppress(httpx.TransportError):
            send(client, f"{foundry.base_url}/v1/messages")

    return play


def _post(client: Any, url: str, **asked: Any) -> None:
    client.post(url, json={**ASKED, **asked}, headers=KEYS["api_key"])


def _stream(client: Any, url: str) -> None:
    _post(client, url, stream=True)


def _close_early(client: Any, url: str) -> None:
    """Close a stream after its first piece."""
    asked = {**ASKED, "stream": True}
    with client.stream("POST", url, json=asked, headers=KEYS["api_key"]) as response:
        next(response.iter_lines())


def _drop(client: Any, url: str) -> None:
    """Forget a stream after its first piece."""

    def begin() -> None:
        asked = {**ASKED, "stream": True}
        request = client.build_request("POST", url, json=asked, headers=KEYS["api_key"])
        next(client.send(request, stream=True).iter_lines())

    begin()
    gc.collect()  # httpx ties response and stream into a cycle


def _nobody_listens(_: int) -> None:
    """A call to a server that has stopped."""
    with FakeFoundry("ok_json_basic") as foundry:
        pass
    with httpx.Client() as client, suppress(httpx.ConnectError):
        _post(client, f"{foundry.base_url}/v1/messages")


def _cancelled(before: int | Literal["headers"]) -> Play:
    """A task that is cancelled while it waits: for the headers, or for a later event of the stream."""

    async def scenario() -> None:
        sent = recorded("sse_text")
        events = tuple(event + b"\n\n" for event in sent.body.split(b"\n\n") if event)
        reply = FakeResponse(headers=sent.headers, chunks=events).paused(threading.Event(), before=before)
        foundry = FakeFoundry(reply)
        client = clients.async_sdk(foundry)
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in await client.messages.create(**ASKED, stream=True):
                begun.set()

        task = asyncio.create_task(read())
        async with asyncio.timeout(PATIENCE_S):
            await (asyncio.to_thread(foundry.wait_for_requests, 1) if before == "headers" else begun.wait())
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await client.close()

    return lambda _: asyncio.run(scenario())


OTHERS: dict[str, Play] = {
    "credential_refused": _credential(spans=False),
    "credential_refused_with_spans": _credential(spans=True),
    "socket_json": _over_a_socket("ok_json_basic", _post),
    "socket_stream": _over_a_socket("sse_text", _stream),
    "socket_refuses": _nobody_listens,
    "socket_reset": _over_a_socket("read_error", _post),
    "socket_closed": _over_a_socket("remote_protocol_error", _post),
    "socket_cut": _over_a_socket(recorded("sse_text").cut(after_bytes=600), _stream),
    "stream_closed": _over_a_socket("sse_text", _close_early),
    "stream_dropped": _over_a_socket("sse_text", _drop),
    "cancelled_before_headers": _cancelled("headers"),
    "cancelled_in_stream": _cancelled(3),
    "within_a_span": _within_a_span,
    "hooks_beside": _by_hand,
    "unnamed_host": _elsewhere("https://nobody.example.com/anthropic/v1/messages"),
    "other_path": _elsewhere(f"{clients.FOUNDRY}/v1/models"),
    "effort": _answers("ok_json_basic", output_config={"effort": "high"}),
    "tags": _tagged("ok_json_basic", "err_529_overloaded"),
    "own_rates": _answers(
        "ok_json_cache_thinking",
        "ok_json_server_tools",
        "ok_json_beta_compaction",
        "ok_json_basic",
        model="priced-by-hand",
    ),
    "own_rates_of_stream": _answers(
        "sse_cache", "sse_server_tool", "sse_truncated", "sse_beta_compaction", model="priced-by-hand"
    ),
    "own_multiplier": _answers("ok_json_cache_thinking", "sse_truncated", model="dearer-by-half"),
    "budget_overrun": _tagged("ok_json_basic", "ok_json_cache_thinking", model="priced-by-hand"),
    "declared_limits": _answers(*["ok_json_basic"] * 5, model="limited"),
    "learnt_limits": _answers(*["ok_json_basic"] * 3, "err_429_foundry_rate_limit", model="learning"),
}
"""By name."""
