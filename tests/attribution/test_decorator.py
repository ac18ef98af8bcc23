"""`attribute` as a decorator: a block around each call, or around each step of a generator."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Any

import pytest

from foundry_telemetry.attribution import attribute, current_tags
from foundry_telemetry.observation import NO_TAGS

ACME = {"tenant": "acme"}
tagged = attribute(tenant="acme")


@pytest.fixture(autouse=True)
def _leaves_no_tags() -> Iterator[None]:
    """No test may leave a tag behind."""
    yield
    assert current_tags() is NO_TAGS


def test_function() -> None:
    """A function has the tags while it runs, keeps its name, its signature and what it returns or raises."""

    @tagged
    def work(number: int, *, fails: bool = False) -> dict[str, str]:
        """Does it."""
        if fails:
            raise LookupError(number)
        return {**current_tags(), "n": str(number)}

    assert work(3) == {**ACME, "n": "3"}
    with pytest.raises(LookupError, match="4"):
        work(4, fails=True)
    assert (work.__name__, work.__doc__) == ("work", "Does it.")
    assert list(inspect.signature(work).parameters) == ["number", "fails"]


def test_recursion_and_nesting() -> None:
    """One decorator may stand around itself; an inner one adds its tags and takes them away again."""

    @tagged
    def down(depth: int) -> list[dict[str, str]]:
        return [dict(current_tags()), *(down(depth - 1) if depth else [])]

    @attribute(team="blue")
    def outer() -> tuple[Any, dict[str, str]]:
        return down(2), dict(current_tags())

    assert outer() == ([{**ACME, "team": "blue"}] * 3, {"team": "blue"})


def test_coroutine() -> None:
    """A coroutine function stays one; concurrent calls do not mix, and cancelling takes the tags away."""

    @tagged
    async def work(gate: asyncio.Event) -> dict[str, str]:
        await gate.wait()
        return dict(current_tags())

    async def main() -> None:
        gate = asyncio.Event()
        other = attribute(tenant="other")(work.__wrapped__)  # type: ignore[attr-defined]
        both = asyncio.gather(work(gate), other(gate))
        gate.set()
        assert await both == [ACME, {"tenant": "other"}]
        task = asyncio.create_task(work(asyncio.Event()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert current_tags() is NO_TAGS

    assert inspect.iscoroutinefunction(work)
    asyncio.run(main())


@tagged
def echo(first: str) -> Generator[tuple[str, object], str, str]:
    """Gives the tags it runs with and what it was sent or what was thrown at it."""
    reported: object = first
    while reported != "end":
        try:
            reported = yield current_tags().get("tenant", "none"), reported
        except LookupError as error:
            reported = repr(error)
    return "ended"


def test_generator() -> None:
    """A generator has the tags in each step, its consumer in between has not; send and throw go through."""
    assert inspect.isgeneratorfunction(echo)
    steps = echo("a")
    assert next(steps) == ("acme", "a")
    assert current_tags() is NO_TAGS
    assert steps.send("b") == ("acme", "b")
    assert steps.throw(LookupError("c")) == ("acme", "LookupError('c')")
    assert current_tags() is NO_TAGS
    with pytest.raises(StopIteration) as end:
        steps.send("end")
    assert end.value.value == "ended"


def test_generator_that_is_left() -> None:
    """A generator that is closed early runs its `finally` with the tags; what it raises comes through."""
    seen: list[dict[str, str]] = []

    @tagged
    def work() -> Iterator[int]:
        try:
            yield 1
            raise LookupError("mine")
        finally:
            seen.append(dict(current_tags()))

    left = work()
    next(left)
    left.close()  # type: ignore[attr-defined]
    with pytest.raises(LookupError, match="mine"):
        list(work())
    assert seen == [ACME, ACME]


def test_async_generator() -> None:
    """The same for async generators: step by step, `asend`, `athrow`, `aclose`."""
    seen: list[dict[str, str]] = []

    @tagged
    async def work() -> AsyncGenerator[object, object]:
        reported: object = "first"
        try:
            while reported != "end":
                try:
                    await asyncio.sleep(0)
                    reported = yield (dict(current_tags()), reported)
                except LookupError as error:
                    reported = repr(error)
        finally:
            await asyncio.sleep(0)
            seen.append(dict(current_tags()))

    async def main() -> None:
        steps = work()
        assert await anext(steps) == (ACME, "first")
        assert current_tags() is NO_TAGS
        assert await steps.asend("b") == (ACME, "b")
        assert await steps.athrow(LookupError("c")) == (ACME, "LookupError('c')")
        assert current_tags() is NO_TAGS
        await steps.aclose()
        ended = work()
        await anext(ended)
        with pytest.raises(StopAsyncIteration):
            await ended.asend("end")

    assert inspect.isasyncgenfunction(work)
    asyncio.run(main())
    assert seen == [ACME, ACME]


@pytest.mark.parametrize("thing", [7, "work", type("Service", (), {})])
def test_only_functions(thing: Any) -> None:
    """What is no function is refused where it is decorated, by value."""
    with pytest.raises(TypeError, match=r"attribute\(\): .* expected a function"):
        tagged(thing)


def test_methods() -> None:
    """A method gets its object, and so do static and class methods that are decorated below."""

    class Service:
        name = "s"

        @tagged
        def own(self) -> str:
            return self.name + current_tags()["tenant"]

        @classmethod
        @tagged
        def of_class(cls) -> str:
            return cls.name + current_tags()["tenant"]

    assert (Service().own(), Service.of_class()) == ("sacme", "sacme")
