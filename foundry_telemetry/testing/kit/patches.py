"""Attributes replaced for the length of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patches:
    """What was replaced, and what stood there."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def set(self, owner: Any, name: str, value: object) -> None:
        """Replace an attribute of a module, class or object."""
        before = vars(owner).get(name, self)
        setattr(owner, name, value)

        def undo() -> None:
            if vars(owner).get(name) is not value:  # somebody has replaced ours, and keeps what it replaced
                return
            if before is self:  # it was inherited
                delattr(owner, name)
            else:
                setattr(owner, name, before)

        self._undo.append(undo)

    def undo(self) -> None:
        """Put everything back, the last first."""
        while self._undo:
            self._undo.pop()()
