"""What an attempt leaves behind: nothing for the garbage collector, and nothing that cannot be copied."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections import Counter
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry.testing import FakeFoundry
from tests.support.capture import Capture
from tests.support.families import Face, Family, pieces

PATH = "/anthropic/v1/messages"
CALLS = 8
OURS = (
    "foundry_telemetry.instrumentation",
    "foundry_telemetry.attempt",
    "foundry_telemetry.signals",
    "foundry_telemetry.wire",
)
SHAPES = {"json": (200, False), "stream": (200, True), "abandoned": (200, True), "refused": (429, False)}


async def one_call(face: Face, shape: str) -> None:
    """Make one call to the end, or leave a stream in its middle."""
    streamed = SHAPES[shape][1]
    asked = {"model": "d", "max_tokens": 5, "messages": [], "stream": streamed}
    async with face.stream("POST", PATH, json=asked) as response:
        read = pieces(response)
        async for _ in read:
            if shape == "abandoned":
                break
        await read.aclose()  # type: ignore[attr-defined]
    if face.family.module.__name__ == "httpx":
        vars(response).pop("stream", None)  # it makes a circle of the two itself


def garbage_of(family: Family, foundry: FakeFoundry, shape: str, **options: Any) -> list[object]:
    """What only the collector can free after some calls."""

    async def scenario() -> list[object]:
        async with family.client(base_url=foundry.base_url.removesuffix("/anthropic"), **options) as face:
            gc.disable()  # before all: while another thread collects, `collect()` returns at once
            try:
                await one_call(face, shape)  # fills caches
                gc.collect()
                gc.set_debug(gc.DEBUG_SAVEALL)
                for _ in range(CALLS):
                    await one_call(face, shape)
                gc.collect()
                return gc.garbage[:]
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
                gc.enable()

    found: list[object] = family.run(scenario)
    return found


@pytest.mark.row(91)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ["process", "hooks"])
def test_no_garbage(family: Family, way: str, shape: str, capture: Capture) -> None:
    """Nothing of ours is left for the collector after calls, whatever became of them."""
    options = {**capture.options, "sinks": ()}  # what is recorded here would be kept
    make = foundry_telemetry.async_event_hooks if family.is_async else foundry_telemetry.event_hooks
    with FakeFoundry(SHAPES[shape][0]) as foundry:
        if way == "process":
            foundry_telemetry.instrument(**options)
        more = {} if way == "process" else {"event_hooks": make(**options)}
        garbage = garbage_of(family, foundry, shape, **more)
    ours = Counter(type(one).__qualname__ for one in garbage if type(one).__module__.startswith(OURS))
    # Fewer than the calls: a client of an earlier test, which its loop has let go only now.
    assert [name for name, count in ours.items() if count >= CALLS] == []
    assert len(capture.ledger) >= CALLS


@pytest.mark.row(90)
@pytest.mark.parametrize("status", [200, 429, None])
@pytest.mark.parametrize("way", ["process", "hooks"])
def test_request_is_as_without_us(family: Family, way: str, status: int | None, capture: Capture) -> None:
    """What a request carries of ours keeps nobody from copying or pickling it, in use or used."""
    make = foundry_telemetry.async_event_hooks if family.is_async else foundry_telemetry.event_hooks
    options = {} if way == "process" else {"event_hooks": make(**capture.options)}
    if way == "process":
        foundry_telemetry.instrument(**capture.options)

    async def scenario(base_url: str) -> Any:
        async with family.client(base_url=base_url, **options) as face:
            request = face.raw.build_request("POST", PATH, json={"model": "d"})
            try:
                await face.send(request)
            except family.module.ConnectError as error:
                copy.copy(error)
            return request

    with FakeFoundry(status or 200) as foundry:
        base_url = foundry.base_url.removesuffix("/anthropic") if status else "http://127.0.0.1:9"
        request = family.run(lambda: scenario(base_url))
    assert len(capture.observations) == 1
    for copied in (copy.deepcopy, lambda extensions: pickle.loads(pickle.dumps(extensions))):  # noqa: S301 - our own
        extensions = copied(request.extensions)
        assert {name for name, value in extensions.items() if value is not None} == {"timeout"}
        assert extensions["timeout"] == request.extensions["timeout"]
    assert copy.deepcopy(request).url == request.url
    assert b"foundry_telemetry" not in pickle.dumps(request)


@pytest.mark.row(90)
def test_copy_of_a_client(family: Family, capture: Capture) -> None:
    """A copy of an instrumented client sends through its own transport, whatever becomes of the original."""

    def answer(name: str) -> Any:
        return family.module.MockTransport(lambda _: family.module.Response(200, json={"id": name}))

    original = family.client(transport=answer("original"))
    foundry_telemetry.instrument(original.raw, **capture.options)
    twin = Face(copy.copy(original.raw), family)
    twin.raw._transport = answer("twin")

    async def names(*faces: Face) -> list[str]:
        return [
            (await face.request("POST", f"http://127.0.0.1{PATH}", json={})).json()["id"] for face in faces
        ]

    assert family.run(lambda: names(original, twin)) == ["original", "twin"]
    assert len(capture.observations) == 2  # the copy is instrumented as the original is
    gone = weakref.ref(original.raw)
    original.raw = None
    gc.collect()
    assert gone() is None
    assert family.run(lambda: names(twin)) == ["twin"]
    assert len(capture.observations) == 3
    foundry_telemetry.uninstrument(twin.raw)
    assert family.run(lambda: names(twin)) == ["twin"]
    assert len(capture.observations) == 3


@pytest.mark.row(90)
@pytest.mark.parametrize("step", ["instrument", "uninstrument"])
def test_original_of_a_copy(family: Family, step: str, capture: Capture) -> None:
    """What is done to a copy is done to it alone."""
    original = family.client(transport=family.module.MockTransport(lambda _: family.module.Response(200)))
    foundry_telemetry.instrument(original.raw, **capture.options)
    other = Capture()
    twin = copy.copy(original.raw)
    if step == "instrument":
        foundry_telemetry.instrument(twin, **other.options)
    else:
        foundry_telemetry.uninstrument(twin)

    async def scenario() -> None:
        for face in (original, Face(twin, family)):
            await face.request("POST", f"http://127.0.0.1{PATH}", json={})

    family.run(scenario)
    assert (len(capture.observations), len(other.observations)) == (1, step == "instrument")


@pytest.mark.row(90)
def test_copy_of_a_client_after_uninstrument(family: Family, capture: Capture) -> None:
    """What was undone for the original is undone for its copies."""
    original = family.client(transport=family.module.MockTransport(lambda _: family.module.Response(200)))
    foundry_telemetry.instrument(original.raw, **capture.options)
    twin = Face(copy.copy(original.raw), family)
    foundry_telemetry.uninstrument(original.raw)

    async def scenario() -> int:
        return int((await twin.request("POST", f"http://127.0.0.1{PATH}", json={})).status_code)

    assert family.run(scenario) == 200
    assert capture.observations == []


@pytest.mark.row(58, 90)
def test_client_with_a_method_of_its_own(family: Family, capture: Capture) -> None:
    """Where somebody gave a client its own choice of transports, that chooses, and its calls are seen."""
    client = family.client(transport=family.module.MockTransport(lambda _: family.module.Response(500)))
    other = family.module.MockTransport(lambda _: family.module.Response(200))
    own = client.raw._transport_for_url = lambda _: other
    for _ in range(2):
        foundry_telemetry.instrument(client.raw, **capture.options)

    async def scenario() -> int:
        return int((await client.request("POST", f"http://127.0.0.1{PATH}", json={})).status_code)

    assert family.run(scenario) == 200
    assert len(capture.observations) == 1
    foundry_telemetry.uninstrument(client.raw)
    assert client.raw._transport_for_url is own
    assert family.run(scenario) == 200
    assert len(capture.observations) == 1
