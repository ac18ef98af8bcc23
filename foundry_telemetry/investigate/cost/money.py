"""Amounts of one screen, all with the same number of decimals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_CENTS: Final = 2
_SMALL: Final = 4
"""Decimals of a screen on which no amount reaches a dollar."""


class Money:
    """Writes US dollars.

    Args:
        amounts: Those of the screen; what was not reported is ``None``.
    """

    def __init__(self, amounts: Iterable[float | None]) -> None:
        largest = max((abs(one) for one in amounts if one is not None), default=0.0)
        self.decimals = _SMALL if 0 < largest < 1 else _CENTS

    def __call__(self, value: float) -> str:
        """``$1,234.50``; ``<$0.01`` for what is less, but is."""
        if value and not self.is_shown(value):
            return f"<${10**-self.decimals:.{self.decimals}f}"
        return f"{'-' if value < 0 else ''}${abs(value):,.{self.decimals}f}"

    def is_shown(self, value: float) -> bool:
        """Whether it is large enough for the decimals of the screen."""
        return round(value, self.decimals) != 0

    def signed(self, value: float) -> str:
        """``+$1.20`` or ``-$0.30``."""
        return f"{'+' if value > 0 and self.is_shown(value) else ''}{self(value)}"
