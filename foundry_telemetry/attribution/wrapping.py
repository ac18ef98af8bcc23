"""`attribute` as a decorator. A generator has the tags while it runs, its consumer in between has not.

A ``with`` inside a generator would set them for the consumer too: a generator runs in the context of whoever
asks for its next value.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

Block = AbstractContextManager[None]


def wrapped(block: Block, function: Callable[P, R]) -> Callable[P, R]:
    """`function` with `block` around each of its calls, or around each step of a generator.

    Raises:
        TypeError: It is no function.
    """
    if inspect.isclass(function) or not callable(function):
        raise TypeError(f"attribute(): {function!r:.100}; expected a function to decorate")
    for is_kind, wrap in (
        (inspect.iscoroutinefunction, _of_coroutine),
        (inspect.isasyncgenfunction, _of_async_generator),
        (inspect.isgeneratorfunction, _of_generator),
    ):
        if is_kind(function):
            return cast("Callable[P, R]", wrap(block, function))

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with block:
            return function(*args, **kwargs)

    return call


def _of_coroutine(block: Block, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        with block:
            return await function(*args, **kwargs)

    return call


def _of_generator(block: Block, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from steps(block, function(*args, **kwargs)))

    return call


def steps(block: Block, generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """What `generator` yields, takes and returns, with `block` around each of its steps."""
    step, sent = generator.send, None
    while True:
        try:
            with block:
                item = step(sent)
        except StopIteration as end:
            return end.value
        try:
            sent, step = (yield item), generator.send
        except GeneratorExit:
            with block:
                generator.close()
            raise
        except BaseException as error:  # thrown in by the consumer; the generator may yield on
            sent, step = error, generator.throw


def _of_async_generator(block: Block, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        step, sent = generator.asend, None
        while True:
            try:
                with block:
                    item = await step(sent)
            except StopAsyncIteration:
                return
            try:
                sent, step = (yield item), generator.asend
            except GeneratorExit:
                with block:
                    await generator.aclose()
                raise
            except BaseException as error:  # as above
                sent, step = error, generator.athrow

    return call
