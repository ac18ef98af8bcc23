"""How large values and rows are, about, and how large an answer may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Final

MOST_ROWS: Final = 500_000
"""Rows that Log Analytics gives at most."""

MOST_BYTES: Final = 64_000_000
"""Bytes of values that Log Analytics gives at most."""

_CELL: Final = 8
"""Bytes that a value counts which is no text."""
_MANY: Final = 2_000
"""Rows whose sum is not worth its time."""


def of_cell(cell: object) -> int:
    """Bytes that a value counts."""
    if isinstance(cell, str):
        return len(cell)
    return len(cell) * of_cell(cell[0]) if isinstance(cell, list) and cell else _CELL


def of_rows(rows: Sequence[tuple[object, ...]]) -> float:
    """Bytes that rows count; of many there is no end."""
    return math.inf if len(rows) > _MANY else sum(map(of_cell, chain.from_iterable(rows)))
