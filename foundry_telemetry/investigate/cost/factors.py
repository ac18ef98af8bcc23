"""The change of a cost as a sum of parts, one for each factor: the Shapley value of each.

The cost of a period is a sum of products: attempts, times tokens of a kind a call, times their rate. Each
number moves from its value before to its value now by one or more *factors*: the attempts by volume and by
model mix, the tokens by growth and by what moved into or out of the cache, the rate by the price list, the
tier and the multiplier.

*Shapley value of a factor*: its mean effect over all orders in which the factors can be moved one after the
other. It needs no order, leaves nothing over, and gives nothing to a factor that did not move. Each product
is linear in each factor, so the mean over all orders is an integral over the straight way from before to
now (Owen 1972), of a polynomial; Gauss and Legendre's rule of four points has it exactly up to degree seven.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

POINTS: Final = (
    (0.06943184420297371, 0.17392742256872693),
    (0.33000947820757187, 0.32607257743127307),
    (0.6699905217924281, 0.32607257743127307),
    (0.9305681557970263, 0.17392742256872693),
)
"""Where on the way, and with which weight: Gauss and Legendre's rule of four points on 0 to 1."""

Effects = Mapping[str, float]
"""By the name of a factor."""


class Moving(Struct, frozen=True):
    """A number that some factors move: the sum of its start and of what each adds."""

    start: float
    moves: Mapping[str, float]
    """By factor, what it adds from before to now."""

    def at(self, way: float) -> float:
        """The number on the way, 0 is before and 1 is now."""
        return self.start + way * sum(self.moves.values())


class Rate(Struct, frozen=True):
    """A price of one token: two factors, each with its own two values, so four prices."""

    prices: tuple[tuple[float, float], tuple[float, float]]
    """First by the list, before and now, then by the shares of the tiers, before and now."""
    first: str
    second: str

    def at(self, way: float) -> float:
        """The price on the way."""
        (old, crossed), (listed, both) = self.prices
        rest = 1 - way
        return rest * (rest * old + way * crossed) + way * (rest * listed + way * both)

    def slopes(self, way: float) -> Iterator[tuple[str, float]]:
        """How fast it moves by each factor."""
        (old, crossed), (listed, both) = self.prices
        rest = 1 - way
        yield self.first, rest * (listed - old) + way * (both - crossed)
        yield self.second, rest * (crossed - old) + way * (both - listed)


class Product(Struct, frozen=True):
    """One product of the sum."""

    numbers: tuple[Moving, ...]
    rate: Rate

    def value(self, way: float) -> float:
        """What it is before (0) or now (1)."""
        found = self.rate.at(way)
        for one in self.numbers:
            found *= one.at(way)
        return found

    def effects(self) -> dict[str, float]:
        """The Shapley value of each factor; they add up to the change."""
        found: dict[str, float] = {}
        for way, weight in POINTS:
            for factor, slope in self._slopes(way):
                found[factor] = found.get(factor, 0.0) + weight * slope
        return found

    def _slopes(self, way: float) -> Iterator[tuple[str, float]]:
        values = [one.at(way) for one in self.numbers]
        rate = self.rate.at(way)
        for place, number in enumerate(self.numbers):
            others = rate
            for other, value in enumerate(values):
                others *= 1.0 if other == place else value
            for factor, move in number.moves.items():
                if move:
                    yield factor, move * others
        product = 1.0
        for value in values:
            product *= value
        for factor, slope in self.rate.slopes(way):
            if slope:
                yield factor, slope * product
