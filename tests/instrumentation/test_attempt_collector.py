"""`attempts()`: the attempts of a block, wherever a framework makes them."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.instrumentation.threading import ThreadingInstrumentor

import foundry_telemetry
from foundry_telemetry import attempts
from foundry_telemetry.instrumentation.calls import failed_attempts
from tests.instrumentation.replay import Step, replay, steps_named
from tests.instrumentation.sdk import call, close, make_client, middleware_of
from tests.support.capture import Capture
from tests.support.families import Family, httpx

URL = "https://my-resource.services.ai.azure.com/anthropic/v1/messages"
BODY = b'{"model":"my-deployment","max_tokens":8}'


@pytest.fixture
def client(instrumented: Capture) -> Iterator[httpx.Client]:
    """A client that is always answered."""
    with httpx.Client(transport=replay(httpx, steps_named("ok_json_basic"))) as made:
        yield made


def send(client: httpx.Client) -> None:
    """One call."""
    client.post(URL, content=BODY)


def in_thread(client: httpx.Client) -> None:
    """One call in a thread that has the context."""
    thread = threading.Thread(target=contextvars.copy_context().run, args=(send, client))
    thread.start()
    thread.join()


def in_plain_thread(client: httpx.Client) -> None:
    """One call in a thread as it comes."""
    thread = threading.Thread(target=send, args=(client,))
    thread.start()
    thread.join()


def in_executor(client: httpx.Client) -> None:
    """One call in an executor that is given the context."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, send, client).result()


def in_task(client: httpx.Client) -> None:
    """One call in a child task of a child task."""

    async def child() -> None:
        send(client)

    async def parent() -> None:
        await asyncio.create_task(child())

    asyncio.run(parent())


def in_to_thread(client: httpx.Client) -> None:
    """One call in a thread of asyncio."""

    async def parent() -> None:
        await asyncio.to_thread(send, client)

    asyncio.run(parent())


WAYS = (send, in_thread, in_executor, in_task, in_to_thread)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_wherever_it_is_made(
    way: Callable[[httpx.Client], None], client: httpx.Client, instrumented: Capture
) -> None:
    """The caller has the attempt, whichever task or thread with its context has made it."""
    with attempts() as made:
        way(client)
    assert list(made) == instrumented.observations
    assert made.last is instrumented.observations[-1]


def test_plain_thread(client: httpx.Client) -> None:
    """A plain thread has no context, so it fills nothing; with the threading instrumentation it does."""
    with attempts() as made:
        in_plain_thread(client)
    assert not made
    ThreadingInstrumentor().instrument()
    try:
        with attempts() as made:
            in_plain_thread(client)
    finally:
        ThreadingInstrumentor().uninstrument()
    assert len(made) == 1


def test_async_code(family: Family, instrumented: Capture) -> None:
    """The block is the same in a coroutine, and has a whole call: each attempt, in order."""

    async def scenario() -> attempts:
        steps = [Step(429), *steps_named("ok_json_basic")]
        async with family.client(transport=replay(family.module, steps)) as client:
            with attempts() as made:
                for _ in range(2):
                    await client.request("POST", URL, content=BODY)
            return made

    made = family.run(scenario)
    assert [(seen.attempt_number, seen.outcome) for seen in made] == [(1, "error"), (2, "ok")]
    assert len({seen.support_code for seen in made}) == 1


def test_tasks_side_by_side(instrumented: Capture) -> None:
    """Blocks of sibling tasks have their own attempts, and the block around both has all."""

    async def one(client: Any, number: int) -> list[int | None]:
        with attempts() as made:
            await asyncio.create_task(client.post(URL, json={"model": "m", "max_tokens": number}))
        return [seen.max_tokens for seen in made]

    async def scenario() -> tuple[list[Any], set[int | None]]:
        transport = replay(httpx, steps_named("ok_json_basic"))
        async with httpx.AsyncClient(transport=transport) as client:
            with attempts() as everything:
                found = await asyncio.gather(*(one(client, number) for number in range(1, 6)))
            return found, {seen.max_tokens for seen in everything}

    found, everything = asyncio.run(scenario())
    assert found == [[number] for number in range(1, 6)]
    assert everything == set(range(1, 6))


def test_nested(client: httpx.Client) -> None:
    """An inner block fills the outer ones too; what comes before and after it is the outer one's alone."""
    with attempts() as outer:
        send(client)
        with attempts() as inner:
            send(client)
        send(client)
    send(client)
    assert (len(outer), len(inner)) == (3, 1)
    assert inner[0] is outer[1]


def test_the_same_block_twice(client: httpx.Client) -> None:
    """A block may be entered again, also inside itself; no attempt is in it twice."""
    block = attempts()
    with block:
        send(client)
        with block:
            send(client)
        send(client)
    with block:
        send(client)
    assert len(block) == 4


def test_empty(capture: Capture) -> None:
    """Without a call, and without us, the block is there and empty, and asking it raises nothing."""
    with attempts() as made, httpx.Client(transport=replay(httpx, [Step(200)])) as client:
        send(client)
    assert (len(made), bool(made), made.last, list(made), made[:]) == (0, False, None, [], ())
    with pytest.raises(IndexError):
        made[0]


def test_bounded(client: httpx.Client) -> None:
    """A block keeps the latest attempts, so many as it was set to."""
    with attempts(limit=3) as made, attempts() as everything:
        for _ in range(5):
            send(client)
    assert list(made) == list(everything)[-3:]
    assert made[-1] is made.last
    assert made[1:] == tuple(everything)[-2:]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_makes_no_sense(limit: int) -> None:
    """The mistake is named where it is made."""
    with pytest.raises(ValueError, match=rf"limit={limit}"):
        attempts(limit=limit)


def test_frozen(client: httpx.Client) -> None:
    """What is in a block cannot be changed, and stays as it was when more comes."""
    with attempts() as made:
        send(client)
        before = list(made)
        send(client)
    assert len(before) == 1
    with pytest.raises(AttributeError):
        before[0].outcome = "error"


def test_ends_behind_the_block(instrumented: Capture) -> None:
    """A stream that began inside and is read, or dropped, behind the block belongs to it all the same."""
    with httpx.Client(transport=replay(httpx, steps_named("sse_text"))) as client:
        with attempts() as made:
            responses = [
                client.send(client.build_request("POST", URL, json={"stream": True}), stream=True)
                for _ in range(2)
            ]
        assert not made
        responses.pop().read()
        assert [seen.outcome for seen in made] == ["ok"]
        responses.clear()
        gc.collect()
        foundry_telemetry.uninstrument()  # tells of what was dropped
    assert [seen.outcome for seen in made] == ["ok", "abandoned"]


def test_left_in_another_context(client: httpx.Client) -> None:
    """A generator that is closed elsewhere, as web frameworks do, takes its own block out, and no other."""

    def dependency() -> Iterator[attempts]:
        with attempts() as made:
            yield made

    running = dependency()
    inner = next(running)
    with attempts() as outer:
        send(client)
        contextvars.copy_context().run(running.close)
        send(client)
    assert (len(inner), len(outer)) == (2, 2)


def test_a_block_that_raises(client: httpx.Client) -> None:
    """In the handler of an exception the attempts are there: that is where a support code is wanted."""
    made = attempts()
    with pytest.raises(KeyError), made:
        send(client)
        raise KeyError
    assert made.last is not None
    send(client)
    assert len(made) == 1


def test_a_token_provider_that_raises(capture: Capture) -> None:
    """An attempt that was never sent is one of the block as well."""

    def provider() -> str:
        raise RuntimeError("AADSTS700016")

    client = make_client(
        False,
        steps=steps_named("ok_json_basic"),
        azure_ad_token_provider=provider,
        middleware=[middleware_of(capture)],
        max_retries=0,
        open_telemetry=False,
    )

    async def scenario() -> attempts:
        with attempts() as made:
            with pytest.raises(RuntimeError):
                await call(client)
            await close(client)
        return made

    assert [seen.outcome for seen in asyncio.run(scenario())] == ["not_sent"]


def test_without_a_block(client: httpx.Client) -> None:
    """Who opens no block has nothing kept of the calls."""
    send(client)
    with attempts() as made:
        pass
    assert not made
    assert not failed_attempts.waiting
