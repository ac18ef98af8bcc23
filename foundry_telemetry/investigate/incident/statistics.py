"""How clearly attempts differ from their baseline: a gain, and values before and now.

*Gain*: the logarithm of a likelihood ratio: how much better the attempts are explained by a value of their
own than by the baseline at the edge of what is usual. *Edge*: the baseline with its tolerance; what stays
within it has no gain, however many attempts there are. The probability of a gain of ``g`` by chance is less
than ``exp(-g)``, also for few attempts: shares by the binomial, counts by the Poisson distribution, typical
values by Student's. *Score*: the gain as if the baseline were known exactly; by it, extents are compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct


class Compared(Struct, frozen=True, gc=False):
    """Now against before."""

    gain: float
    score: float
    now: float
    baseline: float | None
    count: float
    """Of now: what the share or the mean is of."""
    affected: float


NOTHING: Final = Compared(0.0, 0.0, 0.0, None, 0.0, 0.0)

_LEAST_VARIANCE: Final = 0.01
"""Of logarithms: values that hardly vary still do so by a tenth."""
_LEAST_SHARE: Final = 1e-9


class Edge(NamedTuple):
    """What is still usual: as a ratio, and for shares also as a difference; the further one counts."""

    ratio: float
    points: float = 0.0
    is_lower: bool = False
    """Whether less than usual is what matters."""

    def of_share(self, normal: float) -> float:
        """The share up to which, or down to which, a share is usual."""
        bound = (
            min(normal / self.ratio, normal - self.points)
            if self.is_lower
            else max(normal * self.ratio, normal + self.points)
        )
        return min(max(bound, _LEAST_SHARE), 1 - _LEAST_SHARE)


def of_share(affected: float, count: float, normal: float, usual_count: float, edge: Edge) -> Compared:
    """Whether a share is beyond its edge."""
    share = affected / count
    bound = edge.of_share(normal)
    if share >= bound if edge.is_lower else share <= bound:
        return Compared(0.0, 0.0, share, normal, count, affected)
    score = count * _divergence(share, bound)
    both = (affected + normal * usual_count) / (count + usual_count)
    gain = count * _divergence(share, both) + usual_count * _divergence(normal, both)
    return Compared(min(score, gain), score, share, normal, count, affected)


class Sample(Struct, frozen=True, gc=False):
    """Logarithms of a value."""

    count: float
    total: float
    squares: float


def of_mean(sample: Sample, normal: float, usual_count: float, usual_variance: float, edge: Edge) -> Compared:
    """Whether a typical value is beyond its edge; ``usual`` is the mean of the logarithms before."""
    count, mean = sample.count, sample.total / sample.count
    distance = (normal - mean if edge.is_lower else mean - normal) - math.log(edge.ratio)
    now, before = math.exp(mean), math.exp(normal)
    if distance <= 0:
        return Compared(0.0, 0.0, now, before, count, count)
    own = max(sample.squares - count * mean * mean, 0.0)
    freedom = max(count + usual_count - 2, 1.0)
    variance = max((own + usual_variance * (usual_count - 1)) / freedom, _LEAST_VARIANCE)
    squared = distance * distance / (variance * (1 / count + 1 / usual_count))
    score = distance * distance * count / (2 * max(usual_variance, _LEAST_VARIANCE))
    return Compared(freedom / 2 * math.log1p(squared / freedom), score, now, before, count, count)


def of_count(count: float, normal: Sequence[float], edge: Edge) -> Compared:
    """Whether there are more, or fewer, than the edge of what is usual; the counts before vary as well.

    The time before that is nearest counts, and others with it where they are like it but for chance: a Sunday
    says nothing about a Monday.
    """
    ratio = 1 / edge.ratio if edge.is_lower else edge.ratio
    nearest = (min if edge.is_lower else max)(normal, default=0.0)
    bound = nearest * ratio
    if not nearest or (count >= bound if edge.is_lower else count <= bound):
        return Compared(0.0, 0.0, count, nearest or None, count, count)
    alike = [one for one in normal if (one - nearest) ** 2 <= _ALIKE * (one + nearest)]
    mean = sum(alike) / len(alike)
    rate = (count + sum(alike)) / (ratio + len(alike))
    gain = _times_log(count, ratio * rate) + _times_log(sum(alike), len(alike) * rate)
    score = _times_log(count, mean * ratio) - (count - mean * ratio)
    return Compared(gain, score, count, mean, count, count)


_ALIKE: Final = 2.0
"""Squares of a difference of two counts, as a multiple of its variance by chance, that are none."""


def _times_log(count: float, expected: float) -> float:
    return count * math.log(count / expected) if count else 0.0


def likelihood(affected: float, count: float, share: float) -> float:
    """Of so many affected, as a logarithm, where each is by this share."""
    rest = count - affected
    gain = affected * math.log(max(share, _LEAST_SHARE)) if affected else 0.0
    return gain + (rest * math.log(max(1 - share, _LEAST_SHARE)) if rest else 0.0)


def _divergence(share: float, other: float) -> float:
    """How badly one share explains what another one gave, for each attempt (Kullback and Leibler)."""
    gain = 0.0
    if share > 0:
        gain += share * math.log(share / max(other, _LEAST_SHARE))
    if share < 1:
        gain += (1 - share) * math.log((1 - share) / max(1 - other, _LEAST_SHARE))
    return max(gain, 0.0)
