"""Tags where a context does not go by itself: threads, executors, other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any, Generic, ParamSpec, TypeVar

from foundry_telemetry.attribution import block_of, current_tags

P = ParamSpec("P")
R = TypeVar("R")


class Carried(Generic[P, R]):
    """A function together with the tags it is to run with. Can be pickled, if the function can.

    Args:
        function: What to call.
        tags: The tags in force while it runs, above those of whoever calls it.
    """

    __slots__ = ("_function", "_tags")

    def __init__(self, function: Callable[P, R], tags: Mapping[str, str]) -> None:
        self._function = function
        self._tags = dict(tags)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function with the tags in force."""
        with block_of(self._tags):
            return self._function(*args, **kwargs)


def carry_tags(function: Callable[P, R]) -> Carried[P, R]:
    """`function` with the tags that are in force here, wherever it runs.

    ``Thread(target=carry_tags(work))``, ``pool.submit(carry_tags(work), order)``,
    ``loop.run_in_executor(None, carry_tags(work))``. Tasks of asyncio and ``asyncio.to_thread`` need it not.
    """
    return Carried(function, current_tags())


class CarryingExecutor(Executor):
    """An executor whose work has the tags that were in force where it was handed in.

    Args:
        executor: Runs the work: of threads or processes. It is shut down with this one.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run `fn` in the executor, with the tags of here."""
        return self._executor.submit(carry_tags(fn), *args, **kwargs)

    def map(
        self,
        fn: Callable[..., R],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[R]:
        """As of the executor; `chunksize` is handed on."""
        return self._executor.map(carry_tags(fn), *iterables, timeout=timeout, chunksize=chunksize)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - its form
        """Shut the executor down."""
        self._executor.shutdown(wait, cancel_futures=cancel_futures)
