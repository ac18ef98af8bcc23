"""One answer for all who ask the same of the same rows, at a time or one after the other.

A tab of the page asks for some tables twice, as a chart and as a list, and every tab for the same filters.
Kept are the newest answers of few rows, until rows come or go.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import Final, Generic, TypeVar

MOST_ANSWERS: Final = 64
MOST_ROWS: Final = 1_000
"""Rows of an answer that is kept."""

_LOOK_S: Final = 0.02
"""Seconds from one look at whether the one who waits shall wait on to the next."""

_Answer = TypeVar("_Answer")


class SharedAnswers(Generic[_Answer]):
    """Answers by what was asked.

    Args:
        version: Changes whenever rows come or go.
        rows: What an answer has as rows.
    """

    def __init__(self, version: Callable[[], Hashable], rows: Callable[[_Answer], Sized]) -> None:
        self._version = version
        self._rows = rows
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._asked: dict[Hashable, threading.Event] = {}

    def answer(self, question: Hashable, ask: Callable[[], _Answer], check: Callable[[], None]) -> _Answer:
        """The answer that is kept, or that somebody else is just being given, or a new one.

        Args:
            question: All that it depends on besides the rows.
            ask: Gives it; what it raises is for this one alone.
            check: Called while another one's answer is awaited; raises to end that.
        """
        key = (self._version(), question)
        with self._lock:
            before = self._asked.get(key)
            if before is None and key not in self._kept:
                self._asked[key] = threading.Event()
        if before is not None:
            while not before.wait(_LOOK_S):
                check()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if before is not None:  # it had none, or one that is too large
            return ask()
        try:
            found = ask()
            self._keep(key, found)
            return found
        finally:
            with self._lock:
                self._asked.pop(key).set()

    def _keep(self, key: Hashable, found: _Answer) -> None:
        if len(self._rows(found)) > MOST_ROWS:
            return
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > MOST_ANSWERS:
                self._kept.popitem(last=False)
