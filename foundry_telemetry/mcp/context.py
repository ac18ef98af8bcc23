"""What tools share: who is asked, and the present. Nothing is opened before a tool needs it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from foundry_telemetry.investigate import time_range
from foundry_telemetry.investigate.time_range import Span

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source


class Context:
    """Use it in a ``with`` block.

    Args:
        source: ``local`` or ``azure``, as ``--source`` has it.
        workspace: As ``--workspace``.
        url: As ``--url``.
    """

    def __init__(self, source: str | None, workspace: str | None, url: str | None) -> None:
        self._chosen = (source, workspace, url)
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._source: Source | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def source(self) -> Source:
        """Who is asked.

        Raises:
            SourceError: What is needed for it is missing or has another form.
        """
        from foundry_telemetry.investigate.sources import choose  # noqa: PLC0415 - at first use

        with self._lock:
            if self._source is None:
                self._source = self._stack.enter_context(choose(*self._chosen, os.environ))
            return self._source


def span(given: Mapping[str, Any], default: str, longest: timedelta | None = None) -> Span:
    """The range of time that the arguments of a tool mean.

    Raises:
        RangeError: They mean none.
    """
    start, end, during = (
        time_range.read(given[name]) if name in given else None for name in ("since", "to", "during")
    )
    return time_range.span(start, end, datetime.now(UTC), default=default, longest=longest, during=during)


def against(given: Mapping[str, Any]) -> Span | None:
    """The period that another one is compared with, where it is given.

    Raises:
        RangeError: It is no day and no month.
    """
    if "against" not in given:
        return None
    return time_range.period(time_range.read(given["against"]), datetime.now(UTC), "--against")
