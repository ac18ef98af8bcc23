"""What explains a difference. A cause is named with its size: what has no size in dollars explains nothing.

The size lies within the difference and is at least half of it; what is beyond it is "not explained".
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import Struct

from foundry_telemetry import pricing
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.reconcile import texts

_LEAST_SHARE: Final = Decimal("0.5")
"""Of the difference, from which a cause is named."""
_STEADY: Final = Decimal("0.02")
"""How far the days' factors may lie from their mean to be one factor."""
_NONE: Final = Decimal("0.005")
"""A factor so near to 1 is none."""
_DAYS: Final = 3
"""Days of both without which no factor is shown."""
_CENT: Final = Decimal("0.01")
_MOST_MOVED: Final = Decimal("0.25")
"""Of a day's amount, that can be metered on the day before or after: calls around midnight."""
_ZERO: Final = Decimal()
_ZONE: Final = Decimal("1.1")
_LEAST_DISCOUNT: Final = Decimal("0.5")
"""Less than half of the list price is no discount that anybody has."""


class Side(Struct, frozen=True, kw_only=True):
    """A day, both sides, and what the ledger knows that it lacks; US dollars."""

    day: date
    billed: Decimal
    units: Decimal
    ledger: Decimal
    attempts: int
    unpriced: int
    incomplete: Decimal
    """What attempts with incomplete usage cost at least; not in `ledger`."""

    @property
    def difference(self) -> Decimal:
        """Billed less ledger."""
        return self.billed - self.ledger

    @property
    def has_no_telemetry(self) -> bool:
        """Whether something was billed and no attempt recorded."""
        return self.billed > 0 and not self.attempts

    @property
    def has_no_bill(self) -> bool:
        """Whether something was recorded and nothing billed."""
        return self.ledger > 0 and not self.billed


class Cause(Struct, frozen=True):
    """What explains a difference, and how much of it."""

    text: str
    size_usd: Decimal
    """With the sign of the difference."""


class Meaning(NamedTuple):
    """What a factor of all days means."""

    cause: str
    """Empty where it is no discount and no price that is known."""
    advice: str


def meaning(factor: Decimal) -> Meaning:
    """What one factor means, and what to set for it."""
    if abs(factor - _ZONE) <= _STEADY:
        return Meaning(texts.DATA_ZONE, texts.SET_MULTIPLIER)
    if _LEAST_DISCOUNT <= factor < 1:
        cause = texts.DISCOUNT.format(percent=100 * (1 - factor))
        return Meaning(cause, texts.SET_DISCOUNT.format(factor=factor))
    return Meaning("", texts.OTHER_FACTOR)


class Explaining:
    """Explains the days of a comparison and their sum.

    Args:
        sides: The complete days, in order.
        factor: Of `one_factor`.
    """

    def __init__(self, sides: Sequence[Side], factor: Decimal | None) -> None:
        self._sides = sides
        self._factor = factor
        self._named = "" if factor is None else meaning(factor).cause
        self._moved = dict(_moved(sides))

    def day(self, side: Side) -> Cause | None:
        """What explains a day."""
        moved = self._moved.get(side.day, _ZERO)
        return _best(side.difference, (*self._of([side]), Cause(texts.OTHER_DAY, moved)))

    def total(self) -> Cause | None:
        """What explains the sum of all."""
        return _best(sum((side.difference for side in self._sides), _ZERO), self._of(self._sides))

    def _of(self, sides: Sequence[Side]) -> Iterator[Cause]:
        unseen = [side for side in sides if side.has_no_telemetry]
        yield Cause(
            texts.NO_TELEMETRY.format(days=many(len(unseen), texts.DAYS)),
            sum((side.billed for side in unseen), _ZERO),
        )
        unbilled = [side for side in sides if side.has_no_bill]
        yield Cause(
            texts.NOTHING_BILLED.format(days=many(len(unbilled), texts.DAYS)),
            -sum((side.ledger for side in unbilled), _ZERO),
        )
        yield Cause(texts.INCOMPLETE, sum((side.incomplete for side in sides), _ZERO))
        yield Cause(self._named, self._by_factor(sides) if self._named else _ZERO)
        yield _by_price(sides)

    def _by_factor(self, sides: Iterable[Side]) -> Decimal:
        """What the one factor makes out; at most the difference."""
        if self._factor is None:
            return _ZERO
        billed, ledger = (
            sum(values, _ZERO) for values in zip(*((one.billed, one.ledger) for one in sides), strict=True)
        )
        size, difference = ledger * (self._factor - 1), billed - ledger
        if size * difference <= 0 or abs(billed - ledger * self._factor) > _STEADY * billed:
            return _ZERO
        return min(size, difference, key=abs)


def one_factor(sides: Iterable[Side]) -> Decimal | None:
    """One number that turns the ledger into the bill on every day, unless it is 1."""
    factors = [side.billed / side.ledger for side in sides if side.billed > _CENT and side.ledger > _CENT]
    if len(factors) < _DAYS:
        return None
    mean = statistics.fmean(factors)
    rounded = round(Decimal(mean), 4).normalize()
    if max(abs(one - rounded) for one in factors) > _STEADY * rounded or abs(rounded - 1) <= _NONE:
        return None
    return rounded


def _best(difference: Decimal, candidates: Iterable[Cause]) -> Cause | None:
    """The largest cause that lies within the difference and makes out most of it."""
    fitting = [
        cause
        for cause in candidates
        if cause.size_usd * difference > 0
        and abs(difference) * _LEAST_SHARE <= abs(cause.size_usd) <= abs(difference)
    ]
    return max(fitting, key=lambda cause: abs(cause.size_usd), default=None)


def _by_price(sides: Sequence[Side]) -> Cause:
    """The export has both CCU and amounts, and the amounts are not the CCU at their price."""
    price = Decimal(repr(pricing.usd_per_ccu()))
    units = sum((side.units for side in sides), _ZERO)
    billed = sum((side.billed for side in sides), _ZERO)
    text = texts.CCU_PRICE.format(units=f"{units:,.1f}", price=price)
    return Cause(text, billed - units * price if units > 0 else _ZERO)


def _moved(sides: Sequence[Side]) -> Iterator[tuple[date, Decimal]]:
    """What one day has too much and its neighbour too little; a day is part of one pair."""
    paired: set[date] = set()
    for one, following in pairwise(sides):
        first, second = one.difference, following.difference
        size = min(abs(first), abs(second))
        room = min(max(side.billed, side.ledger) for side in (one, following))
        if (
            one.day not in paired
            and one.day + timedelta(days=1) == following.day
            and first * second < 0
            and abs(first + second) <= _LEAST_SHARE * size
            and size <= _MOST_MOVED * room
        ):
            paired |= {one.day, following.day}
            yield one.day, size.copy_sign(first)
            yield following.day, size.copy_sign(second)
