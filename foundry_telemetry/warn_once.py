"""Log lines that are written once: whoever handles them may call back, or raise."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Final

_MOST: Final = 64
"""Different lines of one kind that are written at most."""


class Once:
    """A function that writes a log line, called once for the same arguments. Never raises.

    Args:
        write: Writes the line. A logging handler below it may call Claude, and so come back here.
    """

    def __init__(self, write: Callable[..., object]) -> None:
        wraps(write)(self)
        self._write = write
        self._written: set[tuple[Any, ...]] = set()

    def __call__(self, *args: Any) -> None:
        """Write the line, unless it was written."""
        if args in self._written or len(self._written) >= _MOST:
            return
        self._written.add(args)  # first: the line may come back here
        with suppress(Exception):  # of a logging handler of the application
            self._write(*args)

    def cache_clear(self) -> None:
        """Write every line anew."""
        self._written.clear()
