"""A wider or a narrower extent: whether attempts beside an extent, or a part of its own, are changed as well.

Of many narrow extents one always happens to be changed most; and what failed before the time that is asked
about raises the baseline of the affected most. So the extents around the clearest one are compared with it by
the same attempts: what explains them better, one value of all, or one of a part while the rest is as usual?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from foundry_telemetry.investigate.incident.dimensions import OF_UNITS
from foundry_telemetry.investigate.incident.extents import Extent
from foundry_telemetry.investigate.incident.judging import Interval, Judge
from foundry_telemetry.investigate.incident.slices import Slice, added
from foundry_telemetry.investigate.incident.statistics import Compared, likelihood

_ALIKE: Final = 0.5
"""Share of the effect that attempts beside an extent must have to be a part of it."""
_BESIDE: Final = 3.0
"""Gain of attempts beside an extent from which a smaller change is the same one."""
_SPLIT: Final = 4.0
"""Gain by which a narrower extent must explain more than a wider one with fewer terms."""
_NARROWER: Final = 8.0
"""The same, where the wider one differs from its baseline more clearly."""

Best = tuple[Extent, Interval, Compared]
"""The clearest extent, when it is changed, and how."""


def settled(every: Sequence[Extent], tried: Iterable[Interval], best: Best, judged_by: Judge) -> Best:
    """The extent that is changed, and no part of another one that is."""
    best = _narrowed(every, best, judged_by)
    extent, own, result = best
    times = [one for one in tried if one.first < own.end and own.first < one.end]
    wider = (one for one in every if _is_wider(one, extent))
    for one in sorted(wider, key=lambda one: len(one.terms)):
        beside = tuple(_beside(one, extent))
        is_part = any(_is_part(judged_by, judged_by.compare(beside, interval), result) for interval in times)
        if is_part or _is_as_likely(judged_by, one, extent, beside, own):
            return one, own, judged_by.compare(one.slices, own)
    return best


def _narrowed(every: Sequence[Extent], best: Best, judged_by: Judge) -> Best:
    """A part of an extent, where the rest of it is as usual."""
    extent, own, _ = best
    found = [(_split(judged_by, extent, one, own), one) for one in every if _is_narrower(one, extent)]
    gain, part = max(found, key=lambda pair: pair[0], default=(0.0, extent))
    if gain < _NARROWER:
        return best
    result = judged_by.compare(part.slices, own)
    return (part, own, result) if judged_by.is_large(result) else best


def _is_as_likely(
    judged_by: Judge, wider: Extent, extent: Extent, beside: Sequence[Slice], interval: Interval
) -> bool:
    """Whether a wider extent with fewer terms explains the changed attempts as well."""
    if judged_by.measure.kind != "share" or len(wider.terms) >= len(extent.terms) or not beside:
        return False
    return 0.0 < _split(judged_by, wider, extent, interval) < _SPLIT


def _split(judged_by: Judge, whole: Extent, part: Extent, interval: Interval) -> float:
    """How much better a share of the part explains a whole than one of the whole, where the rest is usual."""
    if judged_by.measure.kind != "share":
        return 0.0
    rest = tuple(_beside(whole, part))
    others = judged_by.compare(rest, interval) if rest else None
    if others is None or others.baseline is None:
        return 0.0
    (a, n), (b, m) = (_counts(judged_by, slices, interval) for slices in (part.slices, rest))
    if not n or not m:
        return 0.0
    bound = judged_by.measure.edge.of_share(others.baseline)
    normal_share = max(b / m, bound) if judged_by.measure.edge.is_lower else min(b / m, bound)
    apart = likelihood(a, n, a / n) + likelihood(b, m, normal_share)
    return apart - likelihood(a + b, n + m, (a + b) / (n + m))


def _counts(judged_by: Judge, slices: Iterable[Slice], interval: Interval) -> tuple[float, float]:
    sums = added(one for own in slices for one in own.now_bins[slice(*interval)])
    affected, count = judged_by.measure.independent(sums)(sums)
    return min(affected, count), count


def _is_wider(one: Extent, extent: Extent) -> bool:
    """Whether an extent has all attempts of another one and more, and no more terms."""
    if len(one.terms) > len(extent.terms) or one.terms == extent.terms:
        return False
    return _has_all(one, extent)


def _is_narrower(one: Extent, extent: Extent) -> bool:
    """Whether an extent is a part of another one."""
    return one.terms != extent.terms and _has_all(extent, one)


def _has_all(one: Extent, extent: Extent) -> bool:
    own = {slice_.unit: slice_ for slice_ in one.slices}
    return all(_contains(own.get(slice_.unit), slice_) for slice_ in extent.slices)


def _contains(whole: Slice | None, part: Slice) -> bool:
    if whole is None:
        return False
    of_unit = not whole.dimension or whole.dimension in OF_UNITS
    return of_unit or (whole.dimension, whole.value) == (part.dimension, part.value)


def _is_part(judged_by: Judge, beside: Compared, result: Compared) -> bool:
    """Whether attempts beside an extent are rather changed than usual."""
    if beside.baseline is None:
        return False
    is_alike = judged_by.measure.effect(beside) >= _ALIKE * judged_by.measure.effect(result)
    # A share of failures may be another cause of the same class.
    return is_alike or (judged_by.measure.kind == "mean" and beside.gain >= _BESIDE)


def _beside(wider: Extent, extent: Extent) -> Iterator[Slice]:
    """The attempts of an extent that a narrower one does not have."""
    own = {one.unit: one for one in extent.slices}
    for one in wider.slices:
        rest = one.without(own[one.unit]) if one.unit in own else one
        if rest.now["attempts"] > 0:
            yield rest
