"""Which calls the kit answers, and which it lets pass."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from foundry_telemetry import instrument
from foundry_telemetry.testing import FakeFoundry, FoundryKit, ReceivedRequest, answer, stream
from tests.support.families import FAMILIES, Family
from tests.testing.kit.calling import QUESTION, URL, ask, async_sdk, post, read_stream, sdk

MODULES = pytest.mark.parametrize("module", [httpx, httpx2], ids=lambda module: module.__name__)


class Elsewhere(BaseHTTPRequestHandler):
    """A server that is not Foundry."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(203)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def elsewhere() -> Any:
    """The address of a real server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_clients_made_before_and_after(family: Family) -> None:
    """A client is answered whether it was made before the kit or after it, whole and streamed."""

    async def scenario() -> None:
        async with family.client() as before:
            with FoundryKit() as foundry:
                async with family.client() as after:
                    for client in (before, after):
                        assert (await post(client)).json()["model"] == "support-chat-prod"
                        assert b"message_stop" in await read_stream(client)
                foundry.calls.exactly(4)
                assert all(call.matches(error=None, output_tokens=8) for call in foundry.calls)
                assert [request.wants_stream for request in foundry.requests] == [False, True, False, True]

    family.run(scenario)


def test_sdk(foundry: FoundryKit) -> None:
    """The SDK's sync and async clients are answered, plain and streaming."""
    foundry.respond("Sardines.")
    assert ask(sdk()) == ask(sdk(), stream=True) == "Sardines."

    async def scenario() -> None:
        async with async_sdk() as client, client.messages.stream(**QUESTION) as events:
            assert [text async for text in events.text_stream] == ["Sardines."]

    asyncio.run(scenario())
    foundry.calls.exactly(3)
    assert [call.last.stream for call in foundry.calls] == [False, True, True]


def test_other_traffic_passes(foundry: FoundryKit, family: Family, elsewhere: str) -> None:
    """What is no call to Foundry goes to its own server; one that is similar is named in the message."""

    async def scenario() -> None:
        async with family.client() as client:
            assert (await post(client, f"{elsewhere}/v1/things")).status_code == 203
            assert (await post(client, f"{elsewhere}/v1/messages")).status_code == 203

    family.run(scenario)
    foundry.calls.none()
    assert foundry.requests == []
    with pytest.raises(
        AssertionError, match=rf"not known as Foundry.*POST {elsewhere}/v1/messages; add the host"
    ):
        foundry.calls.one()


@pytest.mark.parametrize("who", ["kit", "application"])
def test_named_hosts(who: str, family: Family) -> None:
    """A gateway is answered when the test names it, or the application does."""

    async def scenario() -> None:
        with FoundryKit(hosts=["gw.example.com"] if who == "kit" else []) as foundry:
            if who == "application":
                instrument(hosts=["gw.example.com"], sinks=[lambda _: None])
            async with family.client() as client:
                assert (await post(client, "https://gw.example.com/v1/messages")).status_code == 200
            foundry.calls.one().has(server_address="gw.example.com")

    family.run(scenario)


@pytest.mark.parametrize("when", ["before", "during"])
def test_hosts_of_both_count(when: str, family: Family) -> None:
    """A host that the test names counts beside those of an application, whenever that is instrumented."""
    if when == "before":
        instrument(hosts=["app.example.com"], sinks=[lambda _: None])

    async def scenario() -> None:
        with FoundryKit(hosts=["gw.example.com"]) as foundry:
            if when == "during":
                instrument(hosts=["app.example.com"], sinks=[lambda _: None])
            async with family.client() as client:
                for host in ("gw", "app"):
                    await post(client, f"https://{host}.example.com/v1/messages")
            foundry.calls.exactly(2)
            assert len(foundry.requests) == 2

    family.run(scenario)


def test_own_answers_stay(foundry: FoundryKit, family: Family) -> None:
    """A client over a mock, or over another fake, keeps its answers; they are recorded all the same."""
    module = family.module
    mock = module.MockTransport(lambda _: module.Response(418))
    fake = FakeFoundry(529).transport(module)

    async def scenario() -> None:
        for transport in (mock, fake):
            async with family.client(transport=transport) as client:
                await post(client)

    family.run(scenario)
    assert foundry.requests == []
    assert [call.get("status") for call in foundry.calls] == [418, 529]


def wrapper(module: ModuleType, base: type, method: str, *, slots: bool) -> type:
    """A transport that tries again once, over one that it wraps."""

    class Retries(base):  # type: ignore[misc]
        __slots__ = ("inner",) if slots else ()

        def __init__(self) -> None:
            own = "AsyncHTTPTransport" if "async" in method else "HTTPTransport"
            self.inner = getattr(module, own)()

        def handle_request(self, request: Any) -> Any:
            response = self.inner.handle_request(request)
            return response if response.status_code == 200 else self.inner.handle_request(request)

        async def handle_async_request(self, request: Any) -> Any:
            response = await self.inner.handle_async_request(request)
            return response if response.status_code == 200 else await self.inner.handle_async_request(request)

    return Retries


@pytest.mark.parametrize("slots", [False, True], ids=["attributes", "slots"])
def test_wrappers_stay(foundry: FoundryKit, family: Family, slots: bool) -> None:
    """A transport that wraps another, such as for retries, works as in life; the inner is answered for."""
    base = family.module.AsyncBaseTransport if family.is_async else family.module.BaseTransport
    kind = wrapper(family.module, base, "async" if family.is_async else "sync", slots=slots)
    foundry.script(529, 200)

    async def scenario() -> None:
        async with family.client(transport=kind()) as client:
            assert (await post(client)).status_code == 200

    family.run(scenario)
    assert len(foundry.requests) == 2


@MODULES
def test_subclasses_stay(foundry: FoundryKit, module: Any) -> None:
    """A subclass of the family's own transport keeps what it adds."""

    class Marks(module.HTTPTransport):
        def handle_request(self, request: Any) -> Any:
            request.headers["x-mark"] = "seen"
            return super().handle_request(request)

    with module.Client(transport=Marks()) as client:
        client.post(URL, json=QUESTION)
    assert foundry.requests[0].headers["x-mark"] == "seen"


@MODULES
def test_foreign_sockets_are_answered_for(foundry: FoundryKit, module: Any) -> None:
    """A transport of another library, which wraps none, would open a socket; so it is not used."""

    class Foreign(module.BaseTransport):
        def handle_request(self, _: Any) -> Any:
            raise AssertionError("a socket would be opened")

    with module.Client(transport=Foreign()) as client:
        assert client.post(URL, json=QUESTION).status_code == 200
    foundry.calls.one()


def test_script(foundry: FoundryKit) -> None:
    """A script is played in order, and a new one begins anew; a callable answers each request."""
    client = sdk(max_retries=0)
    foundry.script("err_529_overloaded", answer("One."))
    with pytest.raises(Exception, match="529"):
        ask(client)
    assert ask(client) == ask(client) == "One."
    foundry.script(stream(["Two", "."]))
    assert ask(client, stream=True) == "Two."

    def respond(request: ReceivedRequest) -> Any:
        return answer(f"You asked {request.model}.")

    foundry.script(respond)
    assert ask(client) == "You asked support-chat-prod."


@pytest.mark.parametrize(
    ("items", "kind", "message"),
    [
        ((), ValueError, "empty script"),
        (("sse_txt",), ValueError, "'sse_text'"),
        ((200, print), TypeError, "script item 2 is <built-in function print>"),
    ],
    ids=["empty", "unknown", "callable among others"],
)
def test_bad_script_changes_nothing(
    foundry: FoundryKit, items: Any, kind: type[Exception], message: str
) -> None:
    """A script that is not understood is refused by what is wrong with it, and the old one goes on."""
    foundry.respond("Still here.")
    with pytest.raises(kind, match=message):
        foundry.script(*items)
    assert ask(sdk()) == "Still here."


def test_one_kit_at_a_time(foundry: FoundryKit) -> None:
    """A second kit in the same process is refused, and the first goes on."""
    with pytest.raises(RuntimeError, match=r"another FoundryKit is active in this process.*pytest-xdist"):
        FoundryKit().__enter__()
    ask(sdk())
    foundry.calls.one()


def test_many_at_once(foundry: FoundryKit) -> None:
    """Calls of many tasks and threads are each recorded once, each a call of its own."""

    async def scenario() -> None:
        async with FAMILIES[1].client() as client:
            await asyncio.gather(*(post(client) for _ in range(20)))

    asyncio.run(scenario())
    threads = [threading.Thread(target=ask, args=(sdk(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert foundry.calls.exactly(28).where(attempts=1, error=None).count == 28
