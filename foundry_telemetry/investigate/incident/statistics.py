"""How clearly attempts differ from their baseline: a gain, and values before and now.

*Gain*: the logarithm of a likelihood ratio: how much better the attempts are explained by a value of their own
than by the baseline at the edge of what is usual. *Edge*: the baseline with its tolerance; what stays within it
has no gain, however many attempts there are. The probability of a gain of ``g`` by chance is less than
``exp(-g)``, also for few attempts: shares by the binomial, counts by the Poisson distribution, typical values
by Student's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Compared(NamedTuple):
    """Now against before."""

    gain: float
    now: float
    baseline: float | None
    count: float
    """Of now: what the share or the mean is of."""
    hits: float = 0.0
    score: float = 0.0
    """The gain as if the baseline were known exactly: by it, extents are compared with each other."""


NOTHING = Compared(0.0, 0.0, None, 0.0)


class Counted(NamedTuple):
    """A share: hits of so many, and the share that is usual with what it was measured on."""

    hits: float
    count: float
    usual: float
    usual_count: float


class Summed(NamedTuple):
    """Logarithms of a value: how many, their sum and squares, and what is usual."""

    count: float
    total: float
    squares: float
    usual: float
    """Mean of the logarithms."""
    usual_count: float
    usual_variance: float


def share_gain(parts: Iterable[Counted], ratio: float, points: float, *, lower: bool = False) -> Compared:
    """Whether a share is beyond its edge: `ratio` times the usual one, and `points` more (or less)."""
    hits = count = expected = usual_count = 0.0
    for part in parts:
        hits, count = hits + part.hits, count + part.count
        expected, usual_count = expected + part.usual * part.count, usual_count + part.usual_count
    if not count:
        return NOTHING
    share, usual = hits / count, expected / count
    edge = min(usual / ratio, usual - points) if lower else max(usual * ratio, usual + points)
    edge = min(max(edge, 1e-9), 1 - 1e-9)
    beyond = share < edge if lower else share > edge
    if not beyond:
        return Compared(0.0, share, usual, count, hits)
    against_edge = count * _divergence(share, edge)
    both = (hits + usual * usual_count) / (count + usual_count)
    against_usual = count * _divergence(share, both) + usual_count * _divergence(usual, both)
    return Compared(min(against_edge, against_usual), share, usual, count, hits, against_edge)


def mean_gain(parts: Iterable[Summed], ratio: float, *, lower: bool = False) -> Compared:
    """Whether a typical value is more than `ratio` times the usual one (or less than its inverse)."""
    count = total = squares = expected = weighted = usual_count = 0.0
    for part in parts:
        count, total, squares = count + part.count, total + part.total, squares + part.squares
        expected, weighted = expected + part.usual * part.count, weighted + part.usual_variance * part.count
        usual_count += part.usual_count
    if not count or not usual_count:
        return NOTHING
    mean, usual = total / count, expected / count
    distance = (usual - mean if lower else mean - usual) - math.log(ratio)
    values = math.exp(mean), math.exp(usual)
    if distance <= 0:
        return Compared(0.0, *values, count, count)
    own = max(squares - count * mean * mean, 0.0)
    freedom = max(count + usual_count - 2, 1.0)
    variance = max((own + weighted / count * (usual_count - 1)) / freedom, _LEAST_VARIANCE)
    squared = distance * distance / (variance * (1 / count + 1 / usual_count))
    exact = distance * distance * count / (2 * max(weighted / count, _LEAST_VARIANCE))
    return Compared(freedom / 2 * math.log1p(squared / freedom), *values, count, count, exact)


_LEAST_VARIANCE = 0.01
"""Of logarithms: values that hardly vary still do so by a tenth."""


def count_gain(count: float, expected: float, ratio: float, *, lower: bool = False) -> float:
    """Whether there are more than `ratio` times what is expected (or less than its inverse)."""
    edge = expected / ratio if lower else expected * ratio
    if edge <= 0 or (count >= edge if lower else count <= edge):
        return 0.0
    return (count * math.log(count / edge) if count else 0.0) - (count - edge)


def _divergence(share: float, other: float) -> float:
    """How badly one share explains what another one gave, for each attempt (Kullback and Leibler)."""
    gain = 0.0
    if share > 0:
        gain += share * math.log(share / max(other, 1e-12))
    if share < 1:
        gain += (1 - share) * math.log((1 - share) / max(1 - other, 1e-12))
    return max(gain, 0.0)
