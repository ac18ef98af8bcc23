"""The attempts of a block, for the code around it: those in tasks and threads of a framework as well."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import ClassVar, Final, Self, overload

from opentelemetry import context as context_api
from opentelemetry.context import Context

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import SpanBinding

_KEY: Final = context_api.create_key("foundry_telemetry.attempts")
"""In the context of OpenTelemetry, which its threading instrumentation carries into plain threads."""

_MOST: Final = 1000
"""Attempts that a block keeps by default; an agent that runs for an hour makes fewer."""


class attempts(Sequence[Observation]):  # noqa: N801 - used as a verb: `with attempts() as attempts:`
    """Collect the attempts that begin inside the block: ``with attempts() as attempts:``.

    Attempts of child tasks, of ``asyncio.to_thread`` and of executors that copy the context are collected as
    well; those of a plain thread with ``Thread(target=contextvars.copy_context().run, args=(work,))``, or
    with the threading instrumentation of OpenTelemetry. Each is there once it has ended, also behind the
    block, and in blocks around this one too. An empty block is normal: nothing was called, or not recorded.

    Args:
        limit: Keep so many of the attempts, the latest.

    Raises:
        ValueError: `limit` is not positive.
    """

    __slots__ = ("__weakref__", "_ended")

    def __init__(self, *, limit: int = _MOST) -> None:
        if limit < 1:
            raise ValueError(f"attempts(limit={limit!r}): expected 1 or more")
        self._ended: deque[Observation] = deque(maxlen=limit)

    def __enter__(self) -> Self:
        _set((*_blocks(None), self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        # Not `detach`: it logs an error in a context other than the one entered (generator dependencies of
        # web frameworks). So take out this block, wherever it is.
        blocks = _blocks(None)
        for index in reversed(range(len(blocks))):
            if blocks[index] is self:
                _set(blocks[:index] + blocks[index + 1 :])
                return

    @property
    def last(self) -> Observation | None:
        """The attempt that ended last; ``None`` while there is none."""
        ended = self._ended.copy()  # at once: other threads may add to it
        return ended[-1] if ended else None

    @overload
    def __getitem__(self, index: int) -> Observation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Observation, ...]: ...
    def __getitem__(self, index: int | slice) -> Observation | tuple[Observation, ...]:
        return tuple(self._ended.copy())[index]

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._ended.copy())

    def __len__(self) -> int:
        return len(self._ended)

    def __repr__(self) -> str:
        return f"<attempts: {len(self)}>"


class AttemptCollector:
    """Puts finished attempts into the blocks in which they began."""

    signal: ClassVar = Signal.ATTEMPTS
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = False

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """Put one into its blocks."""
        context = binding.context
        if _KEY in context:  # most often there is none, so this is all it costs
            for block in dict.fromkeys(_blocks(context)):
                block._ended.append(observation)  # noqa: SLF001 - its own module


def _blocks(context: Context | None) -> tuple[attempts, ...]:
    """The blocks that are open in a context, or in the current one, outermost first."""
    blocks = context_api.get_value(_KEY, context)
    return blocks if isinstance(blocks, tuple) else ()


def _set(blocks: tuple[attempts, ...]) -> None:
    context_api.attach(context_api.set_value(_KEY, blocks))
