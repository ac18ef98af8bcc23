"""`foundry_telemetry.attribution`: tags follow the context and never leak out of their block."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from foundry_telemetry.attribution import attribute, current_tags
from foundry_telemetry.observation import NO_TAGS


@pytest.fixture(autouse=True)
def _leaves_no_tags() -> Iterator[None]:
    """No test may leave a tag behind."""
    yield
    assert current_tags() is NO_TAGS


def test_no_tags() -> None:
    """Outside every block the tags are the one empty mapping, and after a block they are so again."""
    assert current_tags() is NO_TAGS
    with attribute(tenant="acme"):
        assert current_tags() == {"tenant": "acme"}
    assert current_tags() is NO_TAGS
    with attribute():
        assert current_tags() is NO_TAGS


def test_nesting() -> None:
    """Inner tags are added to the outer ones and win; an empty value takes one away; leaving restores."""
    with attribute(tenant="acme", feature="search"):
        with attribute(feature="chat", team="blue"):
            assert current_tags() == {"tenant": "acme", "feature": "chat", "team": "blue"}
            with attribute(feature="", team=" \n"):
                assert current_tags() == {"tenant": "acme"}
            assert current_tags() == {"tenant": "acme", "feature": "chat", "team": "blue"}
        assert current_tags() == {"tenant": "acme", "feature": "search"}


def test_exception_passes_and_restores() -> None:
    """An exception leaves the block as it came, and the tags go with the block."""
    error = LookupError("mine")
    with pytest.raises(LookupError) as caught, attribute(tenant="acme"):
        raise error
    assert caught.value is error
    assert current_tags() is NO_TAGS


def test_tags_that_were_kept_stay() -> None:
    """What `current_tags()` returns stays as it was, and can be copied: an Observation may keep it."""
    with attribute(tenant="acme"):
        kept = current_tags()
        assert copy.deepcopy(kept) == kept
        with attribute(tenant="other"):
            assert kept == {"tenant": "acme"}
    assert kept == {"tenant": "acme"}


def test_one_object_many_blocks() -> None:
    """One object may be entered again and again, also inside itself."""
    tagged = attribute(tenant="acme")
    with tagged:
        with tagged, attribute(team="blue"):
            assert current_tags() == {"tenant": "acme", "team": "blue"}
        assert current_tags() == {"tenant": "acme"}
    with tagged:
        assert current_tags() == {"tenant": "acme"}


# --- tasks, threads, generators ---------------------------------------------------------------------------


def test_tasks_do_not_mix() -> None:
    """Tasks that take turns inside their blocks each see their own tags, with one object shared as well."""
    shared = attribute(service="api")

    async def work(name: str, mine: asyncio.Event, other: asyncio.Event) -> None:
        with shared, attribute(tenant=name):
            mine.set()
            await other.wait()
            assert current_tags() == {"service": "api", "tenant": name}
        assert current_tags() is NO_TAGS

    async def main() -> None:
        left, right = asyncio.Event(), asyncio.Event()
        await asyncio.gather(work("left", left, right), work("right", right, left))

    asyncio.run(main())


def test_task_inherits_and_keeps() -> None:
    """A task started inside a block has its tags, even after the block; what it sets stays its own."""

    async def child(go: asyncio.Event) -> dict[str, str]:
        await go.wait()
        with attribute(step="two"):
            return dict(current_tags())

    async def main() -> None:
        go = asyncio.Event()
        with attribute(tenant="acme"):
            task = asyncio.create_task(child(go))
        go.set()
        assert await task == {"tenant": "acme", "step": "two"}
        with attribute(tenant="thread"):
            assert await asyncio.to_thread(lambda: dict(current_tags())) == {"tenant": "thread"}

    asyncio.run(main())


def test_cancelled_task_restores() -> None:
    """Cancellation inside the block takes the tags away like any other end."""

    async def main() -> None:
        inside = asyncio.Event()
        after: list[object] = []

        async def work() -> None:
            try:
                with attribute(tenant="acme"):
                    inside.set()
                    await asyncio.Event().wait()
            finally:
                after.append(current_tags())

        task = asyncio.create_task(work())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert after == [NO_TAGS]

    asyncio.run(main())


def test_threads_do_not_mix() -> None:
    """A plain thread starts without tags and cannot disturb those of another."""
    seen: dict[str, list[dict[str, str]]] = {}
    barrier = threading.Barrier(2)

    def work(name: str) -> None:
        seen[name] = [dict(current_tags())]
        with attribute(tenant=name):
            barrier.wait()
            seen[name].append(dict(current_tags()))
            barrier.wait()
        seen[name].append(dict(current_tags()))

    with attribute(tenant="main"):
        threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert current_tags() == {"tenant": "main"}
    assert seen == {name: [{}, {"tenant": name}, {}] for name in ("a", "b")}


def test_left_in_another_context() -> None:
    """A block left in another context, as web frameworks do it, raises nothing and disturbs nobody there."""
    block = attribute(tenant="acme")
    contextvars.copy_context().run(block.__enter__)
    assert current_tags() is NO_TAGS
    with attribute(tenant="other"):
        block.__exit__(None, None, None)
        assert current_tags() == {"tenant": "other"}
    block.__exit__(None, None, None)


def test_generator_that_ends_inside_a_younger_block() -> None:
    """Blocks may end in any order: none brings back the tags of one that is over."""

    @contextmanager
    def dependency() -> Iterator[None]:
        with attribute(inner="yes"):
            yield

    older, younger = dependency(), attribute(tenant="acme")
    older.__enter__()
    younger.__enter__()
    older.__exit__(None, None, None)
    assert current_tags() == {"tenant": "acme"}
    younger.__exit__(None, None, None)
    assert current_tags() is NO_TAGS


def test_async_generator() -> None:
    """A block inside an async generator that is abandoned raises nothing when the loop closes it."""

    async def pieces() -> AsyncIterator[int]:
        with attribute(tenant="acme"):
            yield 1
            yield 2

    async def main() -> None:
        async for _ in pieces():
            break

    asyncio.run(main())


# --- keys and values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a", "tenant", "a1_b", "a" * 32, "self", "tags"])
def test_good_keys(key: str) -> None:
    """A key of lower-case letters, digits and underscores is taken, those of our own arguments included."""
    with attribute(**{key: "v"}):
        assert current_tags() == {key: "v"}


@pytest.mark.parametrize("key", ["", "A", "1a", "_a", "a-b", "a.b", "a b", "a\n", "é", "a" * 33])
def test_bad_keys(key: str) -> None:
    """Any other key is refused, by value, and no tag is set."""
    with pytest.raises(ValueError, match=r"attribute\(\): key .*expected") as caught, attribute(**{key: "v"}):
        pytest.fail("the block must not run")
    assert repr(key) in str(caught.value)


@pytest.mark.parametrize("value", [None, 7, True, b"acme", ["acme"]])
def test_values_must_be_text(value: Any) -> None:
    """A value that is no string is refused, by name and value, and the message says what to write."""
    with (
        pytest.raises(TypeError, match=r"expected a string, such as tenant=") as caught,
        attribute(tenant=value),
    ):
        pytest.fail("the block must not run")
    assert f"tenant={value!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("acme", "acme"),
        ("Ünïcode 東京 🙂", "Ünïcode 東京 🙂"),
        ("two words ", "two words"),
        ("a\r\nb\x00c\x1b[31m\x7f\x85d", "abc[31md"),
        ("a\u202eb\u2066c\u200fd\u061ce\ufefff", "abcdef"),
        ("a\u2028b\u2029c\ud800d", "abcd"),
        ("x" * 200, "x" * 128),
        ("\x00" * 200 + "y" * 130, "y" * 128),
    ],
)
def test_values_are_cleaned(raw: str, clean: str) -> None:
    """Control characters, bidi marks, line separators and lone surrogates go; 128 characters stay."""
    with attribute(tenant=raw):
        assert current_tags() == {"tenant": clean}


def test_at_most_eight() -> None:
    """Eight tags may be in force at a time, outer ones included; a ninth is refused and changes nothing."""
    with attribute(**{f"k{number}": "v" for number in range(8)}):
        with attribute(k0="other"):
            assert len(current_tags()) == 8
        with pytest.raises(ValueError, match=r"'k7', 'k8'\]; expected at most 8"), attribute(k8="v"):
            pytest.fail("the block must not run")
        assert len(current_tags()) == 8
        with attribute(k0="", k8="v"):
            assert len(current_tags()) == 8
