"""Rounded parts that add up to their rounded sum."""

from __future__ import annotations

import math
from collections.abc import Sequence


def rounded_parts(values: Sequence[float], total: float, decimals: int) -> list[float]:
    """Each value rounded down or up, so that they add up to a rounded total (largest remainder).

    Args:
        values: What is to be rounded.
        total: What they add up to, but for its rounding; the difference goes to the largest remainders.
        decimals: To how many.
    """
    scale = 10**decimals
    floors = [math.floor(value * scale) for value in values]
    missing = round(total * scale) - sum(floors)
    by_remainder = sorted(range(len(values)), key=lambda place: floors[place] - values[place] * scale)
    for number in range(abs(missing)):
        step = 1 if missing > 0 else -1
        floors[by_remainder[(number * step if step > 0 else -1 - number) % len(values)]] += step
    return [floor / scale for floor in floors]
