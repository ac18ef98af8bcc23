"""Tags of web requests: from a resolver, for as long as the request is served, and into no other one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI
from starlette.responses import StreamingResponse

import foundry_telemetry
from foundry_telemetry.attribution import attribute, current_tags
from foundry_telemetry.attribution.web import AsgiAttribution, WsgiAttribution
from foundry_telemetry.observation import NO_TAGS
from foundry_telemetry.testing import FakeFoundry, message
from tests.support.capture import Capture
from tests.support.families import httpx
from tests.support.patience import PATIENCE_S

REQUESTS = 200
TENANT = b"x-tenant"
BODY = {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "CANARY"}]}


def tenant_of(scope: Any) -> dict[str, str]:
    """The resolver of the tests."""
    reported = dict(scope["headers"]).get(TENANT)
    return {} if reported is None else {"tenant": reported.decode()}


async def tenant_later(scope: Any) -> dict[str, str]:
    """The same, async."""
    await asyncio.sleep(0)
    return tenant_of(scope)


def app_calling(base_url: str, client: httpx.AsyncClient, gate: asyncio.Barrier, resolver: Any) -> FastAPI:
    """A service that calls Claude in the request, in its streamed body, and in a background task."""
    app = FastAPI()
    app.add_middleware(AsgiAttribution, resolver=resolver)

    async def call() -> None:
        await client.post(f"{base_url}/v1/messages", json=BODY)

    async def body() -> AsyncIterator[bytes]:
        yield b"begun"
        await gate.wait()  # all requests are in their bodies now
        await call()
        yield b"ended"

    @app.get("/")
    async def answer(background: BackgroundTasks) -> StreamingResponse:
        background.add_task(call)
        await asyncio.gather(call(), asyncio.create_task(call()))
        return StreamingResponse(body(), background=background)

    return app


@pytest.mark.slow
@pytest.mark.parametrize("resolver", [tenant_of, tenant_later])
def test_no_tag_leaks_under_200_concurrent_requests(instrumented: Capture, resolver: Any) -> None:
    """Each of 200 requests under way at once has its own tenant on its four calls, and no other's.

    The calls are made in the endpoint, a task of it, its streamed body and its background task. What Foundry
    receives names no tenant, neither in a header nor in baggage.
    """

    async def main(foundry: FakeFoundry) -> None:
        gate = asyncio.Barrier(REQUESTS)
        limits = httpx.Limits(max_connections=20)
        async with httpx.AsyncClient(limits=limits, timeout=PATIENCE_S) as claude:
            app = app_calling(foundry.base_url, claude, gate, resolver)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as user:
                requests = (
                    user.get("/", headers={"x-tenant": f"tenant-{number}", "baggage": "who=tenant-x"})
                    for number in range(REQUESTS)
                )
                answers = await asyncio.gather(*requests)
        assert {answer.text for answer in answers} == {"begunended"}
        assert current_tags() is NO_TAGS

    with FakeFoundry(lambda _: message("well")) as foundry:
        asyncio.run(main(foundry))
        received = foundry.requests
    reported = Counter(seen.tags["tenant"] for seen in instrumented.observations)
    assert reported == {f"tenant-{number}": 4 for number in range(REQUESTS)}
    assert Counter(event["foundry.tag.tenant"] for event in instrumented.ledger) == reported
    assert len(received) == 4 * REQUESTS
    for request in received:
        assert "tenant-" not in repr(request.headers)
        assert "baggage" not in request.headers


def test_without_a_tenant(instrumented: Capture) -> None:
    """A request that the resolver knows nothing of has no tags; neither has the lifespan."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["type"], dict(current_tags())))

    async def main() -> None:
        served = AsgiAttribution(app, lambda scope: tenant_of(scope) or None)
        for kind in ("http", "websocket", "lifespan"):
            await served({"type": kind, "headers": []}, None, None)  # type: ignore[arg-type]
        await served({"type": "websocket", "headers": [(TENANT, b"acme")]}, None, None)  # type: ignore[arg-type]

    asyncio.run(main())
    assert seen == [("http", {}), ("websocket", {}), ("lifespan", {}), ("websocket", {"tenant": "acme"})]


def fails(_: object) -> Any:
    """A resolver that raises, with something secret in its text."""
    raise LookupError("CANARY")


BAD = [
    fails,
    lambda _: {"Tenant!": "a"},
    lambda _: {"tenant": 7},
    lambda _: 7,
    lambda _: dict.fromkeys("abcdefghi", "v"),
]


@pytest.mark.parametrize("resolver", BAD)
def test_a_resolver_that_fails_costs_the_tags(resolver: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it raises or gives, both kinds of request are served, without tags, and a warning says why."""
    seen: list[Any] = []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(current_tags()))

    def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(dict(current_tags()))
        return [b"ok"]

    asyncio.run(AsgiAttribution(asgi, resolver)({"type": "http", "headers": []}, None, None))  # type: ignore[arg-type, misc]
    assert WsgiAttribution(wsgi, resolver)({}, None) == [b"ok"]  # type: ignore[arg-type]
    assert seen == [{}, {}]
    assert len([record for record in caplog.records if "resolver" in record.getMessage()]) == 2
    assert "CANARY" not in caplog.text


def test_an_application_that_fails() -> None:
    """What the application raises comes through, and the tags are gone."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("mine")

    def wsgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        asyncio.run(AsgiAttribution(asgi, tenant_of)({"type": "http", "headers": []}, None, None))  # type: ignore[arg-type, misc]
    with pytest.raises(LookupError, match="mine"):
        WsgiAttribution(wsgi, lambda _: {"tenant": "acme"})({}, None)  # type: ignore[arg-type]
    assert current_tags() is NO_TAGS


def test_tags_outside_stay() -> None:
    """Tags in force around the application, such as those of the process, stay and are added to."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(current_tags()))

    with attribute(**{f"k{number}": "v" for number in range(8)}):
        served = AsgiAttribution(app, lambda _: {"tenant": "acme"})
        asyncio.run(served({"type": "http", "headers": []}, None, None))  # type: ignore[arg-type, misc]
        assert len(current_tags()) == 8
    with attribute(service="api"):
        asyncio.run(served({"type": "http", "headers": []}, None, None))  # type: ignore[arg-type, misc]
    assert seen == [{"tenant": "acme"}, {"service": "api", "tenant": "acme"}]


class Body:
    """A WSGI answer that is produced late, and knows with which tags."""

    def __init__(self, seen: list[str], *, fails: bool = False) -> None:
        self._seen = seen
        self._fails = fails

    def __iter__(self) -> Iterator[bytes]:
        for piece in (b"a", b"b"):
            self._seen.append(current_tags()["tenant"])
            yield piece
        if self._fails:
            raise LookupError("mine")

    def close(self) -> None:
        """Called by the server."""
        self._seen.append(f"closed {current_tags()['tenant']}")


@pytest.mark.parametrize("fails_late", [False, True])
def test_wsgi_body(fails_late: bool) -> None:
    """A body has the tags while it is produced and closed; the server in between has not."""
    seen: list[str] = []
    app = WsgiAttribution(
        lambda environ, _: Body(seen, fails=fails_late), lambda environ: {"tenant": environ["HTTP_X_TENANT"]}
    )
    one, other = app({"HTTP_X_TENANT": "a"}, None), app({"HTTP_X_TENANT": "b"}, None)  # type: ignore[arg-type]
    assert seen == []
    pieces, others = iter(one), iter(other)
    with suppress(LookupError):
        while True:
            assert next(pieces, None) == next(others, None)
            assert current_tags() is NO_TAGS
            if len(seen) == 4 and not fails_late:
                break
    for answer in (one, other):
        answer.close()  # type: ignore[attr-defined]
    assert seen == ["a", "b", "a", "b", "closed a", "closed b"]


def test_the_face_is_untouched() -> None:
    """`attribute` at the top is the one of the room."""
    assert foundry_telemetry.attribute is attribute
