"""One answer for all who ask the same of the same rows, at a time or one after the other.

A tab of the page asks for some tables twice, as a chart and as a list, and every tab for the same filters.
Kept are the newest small answers, until rows come or go: then nothing of the old ones is held.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

MOST_ANSWERS: Final = 64
MOST_BYTES: Final = 256_000
"""Of an answer that is kept."""

_LOOK_S: Final = 0.02
"""Seconds from one look at whether the one who waits shall wait on to the next."""

_Answer = TypeVar("_Answer")


class SharedAnswers(Generic[_Answer]):
    """Answers by what was asked.

    Args:
        version: Changes whenever rows come or go.
        size: Bytes of an answer.
    """

    def __init__(self, version: Callable[[], int], size: Callable[[_Answer], float]) -> None:
        self._version = version
        self._size = size
        self._lock = threading.Lock()
        self._of = version()
        self._kept: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._asked: dict[Hashable, threading.Event] = {}

    def answer(self, question: Hashable, ask: Callable[[], _Answer], check: Callable[[], None]) -> _Answer:
        """The answer that is kept, or that somebody else is just being given, or a new one.

        Args:
            question: All that it depends on besides the rows.
            ask: Gives it; what it raises is for this one alone.
            check: Called while another one's answer is awaited; raises to end that.
        """
        version = self._version()
        key = (version, question)
        with self._lock:
            self._forget(version)
            before = self._asked.get(key)
            if before is None and question not in self._kept:
                self._asked[key] = threading.Event()
        if before is not None:
            while not before.wait(_LOOK_S):
                check()
        with self._lock:
            if version == self._of and question in self._kept:
                self._kept.move_to_end(question)
                return self._kept[question]
        if before is not None:  # it had none, or one that is too large
            return ask()
        return self._answered(version, question, ask)

    def _answered(self, version: int, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """A new answer, for those who wait for it too."""
        try:
            found = ask()
            if self._size(found) <= MOST_BYTES:
                with self._lock:
                    self._keep(version, question, found)
            return found
        finally:
            with self._lock:
                waiting = self._asked.pop((version, question), None)
            if waiting is not None:
                waiting.set()

    def _keep(self, version: int, question: Hashable, found: _Answer) -> None:
        if version != self._of:
            return
        self._kept[question] = found
        if len(self._kept) > MOST_ANSWERS:
            self._kept.popitem(last=False)

    def _forget(self, version: int) -> None:
        if version > self._of:
            self._of = version
            self._kept.clear()
