"""Since when, and whether it goes on: the times at which an extent is changed, bin by bin.

Each bin is explained better by the baseline or by the changed value; a state that holds over bins is the
likeliest path through both (Viterbi), with a price for each change of state, so that one odd call is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from foundry_telemetry.investigate.incident.slices import Sums

PRICE: Final = 5.0
"""Of a change of state, as logarithm of a likelihood ratio."""
_EARLIER: Final = 1.5
"""Gain from which a stretch begins earlier than where it is fully changed."""
_ROUNDS: Final = 6
"""In which the changed value is learnt; most settle in two."""
_COARSE: Final = 100
"""Bins that every stretch is tried over, to begin with."""

Likelihood = Callable[[Sums, float], float]
"""Of a bin, with a value, as a logarithm."""


class Model(NamedTuple):
    """How a measure is judged bin by bin."""

    likelihood: Likelihood
    value: Callable[[Sequence[Sums]], float]
    """Of several bins, as far as it is beyond the edge."""
    normal: float
    may_grow: int = 0
    """Bins that a change may need to grow."""


class Stretch(NamedTuple):
    """Bins in a row that are changed: the first, and the one after the last."""

    first: int
    end: int


def share_model(
    counts: Callable[[Sums], tuple[float, ...]], normal: float, edge: float, may_grow: int = 0
) -> Model:
    """Of a share; ``edge`` bounds the changed one."""
    lower = edge < normal
    normal = min(max(normal, 1e-4), 1 - 1e-4)

    def likelihood(sums: Sums, share: float) -> float:
        affected, count = counts(sums)
        return affected * math.log(share) + (count - affected) * math.log1p(-share)

    def value(bins: Sequence[Sums]) -> float:
        affected, count = map(sum, zip(*map(counts, bins), strict=True))
        share = affected / count if count else edge
        share = min(share, edge) if lower else max(share, edge)
        return min(max(share, 1e-3), 1 - 1e-3)

    return Model(likelihood, value, normal, may_grow)


def mean_model(
    fields: Sequence[str], normal: float, variance: float, edge: float, may_grow: int = 0
) -> Model:
    """Of a typical value; all are logarithms."""
    lower = edge < normal

    def likelihood(sums: Sums, mean: float) -> float:
        count, total, squares = (sums[name] for name in fields)
        return -(squares - 2 * mean * total + count * mean * mean) / (2 * variance)

    def value(bins: Sequence[Sums]) -> float:
        count, total = (sum(one[name] for one in bins) for name in fields[:2])
        mean = total / count if count else edge
        return min(mean, edge) if lower else max(mean, edge)

    return Model(likelihood, value, normal, may_grow)


def count_model(edge: float) -> Model:
    """Of calls in a bin, as a multiple of those that are expected: the column `records`."""
    lower = edge < 1

    def likelihood(sums: Sums, ratio: float) -> float:
        expected = max(ratio * sums["records"], 1e-6)
        return sums["calls"] * math.log(expected) - expected

    def value(bins: Sequence[Sums]) -> float:
        expected = sum(one["records"] for one in bins)
        ratio = sum(one["calls"] for one in bins) / expected if expected else edge
        return max(min(ratio, edge) if lower else max(ratio, edge), 1e-3)

    return Model(likelihood, value, 1.0)


def stretches(bins: Sequence[Sums], model: Model) -> list[Stretch]:
    """Where the bins are changed."""
    begun = _clearest(bins, model)
    if begun is None:
        return []
    found = [begun]
    for _ in range(_ROUNDS):
        value = model.value([one for stretch in found for one in bins[stretch.first : stretch.end]])
        gains = [model.likelihood(one, value) - model.likelihood(one, model.normal) for one in bins]
        again = _path(gains)
        if again == found or not again:
            break
        found = again
    return [_begun_earlier(bins, found[0], model), *found[1:]]


def normal_again(bins: Sequence[Sums], own: Sequence[Stretch], model: Model) -> list[float]:
    """How much better each bin after some stretches is explained by the baseline than by their value."""
    value = model.value([one for stretch in own for one in bins[stretch.first : stretch.end]])
    after = bins[own[-1].end :]
    return [model.likelihood(one, model.normal) - model.likelihood(one, value) for one in after]


def _begun_earlier(bins: Sequence[Sums], stretch: Stretch, model: Model) -> Stretch:
    """A stretch with what comes before it and is changed already by a part: it may have grown slowly."""
    value = model.value(bins[stretch.first : stretch.end])
    half = (value + model.normal) / 2
    total = best = 0.0
    first = stretch.first
    for place in range(stretch.first - 1, max(stretch.first - 1 - model.may_grow, -1), -1):
        total += model.likelihood(bins[place], half) - model.likelihood(bins[place], model.normal)
        if total > max(best, _EARLIER):
            best, first = total, place
        if total < -2 * _EARLIER:
            break
    return Stretch(first, stretch.end)


def _clearest(bins: Sequence[Sums], model: Model) -> Stretch | None:
    """The stretch that is best explained by a value of its own."""
    width = -(-len(bins) // _COARSE)
    edges = [*range(0, len(bins), width), len(bins)]
    best, found = 0.0, None
    value = model.value(bins)
    for _ in range(3):
        gains = [model.likelihood(one, value) - model.likelihood(one, model.normal) for one in bins]
        sums = [0.0, *accumulate(gains)]
        low = 0
        best, found = 0.0, None
        for end in edges[1:]:
            if sums[end] - sums[low] > best:
                best, found = sums[end] - sums[low], Stretch(low, end)
            if sums[end] < sums[low]:
                low = end
        if found is None:
            return None
        value = model.value(bins[found.first : found.end])
    return found


def _path(gains: Sequence[float]) -> list[Stretch]:
    """The likeliest states: the gains of changed bins, less the price of each change of state."""
    normal, changed = 0.0, -PRICE
    came_from: list[tuple[bool, bool]] = []
    for gain in gains:
        from_usual = (normal >= changed - PRICE, normal - PRICE > changed)
        came_from.append(from_usual)
        normal, changed = (
            normal if from_usual[0] else changed - PRICE,
            (normal - PRICE if from_usual[1] else changed) + gain,
        )
    state = changed > normal
    states = []
    for stay_usual, begun in reversed(came_from):
        states.append(state)
        state = not begun if state else not stay_usual
    states.reverse()
    found, place = [], 0
    for is_changed, group in groupby(states):
        length = len(list(group))
        if is_changed:
            found.append(Stretch(place, place + length))
        place += length
    return found
