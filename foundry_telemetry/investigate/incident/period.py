"""The period of a finding, asked for its extent alone: minute by minute, and further back if need be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from foundry_telemetry.investigate.incident import slice_query, timeline
from foundry_telemetry.investigate.incident.asked import Asked
from foundry_telemetry.investigate.incident.extents import Slices
from foundry_telemetry.investigate.incident.finding import Period, State
from foundry_telemetry.investigate.incident.judging import Judge
from foundry_telemetry.investigate.incident.scan import Found
from foundry_telemetry.investigate.incident.slices import EMPTY, Slice, Sums, added, shifted, with_column
from foundry_telemetry.investigate.incident.timeline import Model, Stretch
from foundry_telemetry.investigate.sources import Source

_BINS: Final = 480
_LEAST: Final = timedelta(hours=8)
_FURTHER: Final = timedelta(hours=32)
_BEFORE: Final = timedelta(hours=1)
"""Of the time asked about, where calls are counted."""
_GROWS: Final = timedelta(minutes=45)
"""How long a change may grow slowly before it is clear."""
_JOINED: Final = timedelta(minutes=45)
"""Two stretches with less between them are one that comes and goes."""
_QUIET: Final = timedelta(minutes=5)
"""What is shorter is no pause."""
_SILENT: Final = 5.0
"""Times as long without an attempt as is usual; by chance once in 150."""


class Bins:
    """The sums of an extent, in bins of time; `judged` are those that are compared, where they are others."""

    def __init__(
        self, start: datetime, width: timedelta, sums: Sequence[Sums], judged: Sequence[Sums] | None = None
    ) -> None:
        self.start, self.width, self.sums = start, width, sums
        self.judged = sums if judged is None else judged

    def at(self, place: int) -> datetime:
        """When a bin begins."""
        return self.start + place * self.width

    def moment(self, milliseconds: float) -> datetime:
        """A time as sums have it."""
        return self.start + timedelta(milliseconds=milliseconds)


def binned(
    source: Source, scope: str, start: datetime, end: datetime, *, units: str
) -> tuple[timedelta, list[Slice]]:
    """The attempts of a scope in bins, whole minutes each, and how long a bin is."""
    width = timedelta(minutes=max(-((start - end) // timedelta(minutes=_BINS)), 1))
    of = slice_query.window(start, end, baseline=False)
    number = -((start - end) // width)
    return width, slice_query.ask(source, of, scope, units=units, bins=number, width=width)


def bins(asked: Asked, found: Found, scope: str, start: datetime, end: datetime) -> Bins:
    """The bins of a finding."""
    is_mean = found.measure.kind == "mean"
    units = slice_query.BY_UNIT if is_mean else slice_query.TOGETHER
    width, rows = binned(asked.source, scope, start, end, units=units)
    own = [one.now_bins for one in rows]
    judged = _above(rows, found, asked.slices) if is_mean else own
    sums, compared = ([added(each) for each in zip(*bins, strict=True)] for bins in (own, judged))
    empty = [EMPTY] * -((start - end) // width)
    return Bins(start, width, sums or empty, compared or empty)


def _above(rows: Sequence[Slice], found: Found, slices: Slices) -> list[tuple[Sums, ...]]:
    """Typical values as multiples of the baseline of each unit: units are unlike, and their parts vary."""
    judged_by = Judge(found.measure, slices)
    known = {one.unit: before.value for one in found.extent.slices if (before := judged_by.normal(one))}
    normal = math.log(found.compared.baseline or 1.0)
    return [
        tuple(shifted(sums, found.measure.fields, -known.get(one.unit, normal)) for sums in one.now_bins)
        for one in rows
    ]


class Timed(NamedTuple):
    """A period with the sums of the affected, within the time that is asked about."""

    period: Period
    whole: Sums
    """From its beginning to its end."""
    changed: Sums
    """Without the pauses between."""
    width: timedelta = timedelta(minutes=1)
    """Of a bin."""
    after: Sequence[float] = ()
    """How much rather usual each bin since then is."""

    def is_over(self, late: timedelta) -> bool:
        """Whether what came since is usual, where what failed meanwhile is recorded so late."""
        known = max(len(self.after) - round(late / self.width), 0)
        return self.period.state == "ended" and sum(self.after[:known]) >= timeline.PRICE


def period(asked: Asked, found: Found, scope: str, *, is_further: bool = True) -> Timed | None:
    """When a finding began, and whether it goes on; ``None`` where the time is unknown."""
    start, end = asked.start, asked.end
    is_count = found.measure.kind == "count"  # the baseline is of these hours
    for span in (_LEAST, _FURTHER) if is_further and not is_count else (_LEAST,):
        begin = start - _BEFORE if is_count else min(start - (end - start) / 2, end - span)
        got = bins(asked, found, scope, begin, end)
        if is_count:
            got = _with_expected(asked, found, got)
        model = _model(found, got, asked)
        stretches = timeline.stretches(got.judged, model)
        if not stretches:
            return None
        own = _apart(_last_joined(stretches, got), got)
        first = next((place for place, one in enumerate(got.sums) if one["attempts"]), 0)
        if own[0].first > first or span == _FURTHER:
            break
    when = _period(asked, found, got, own, is_earliest=own[0].first <= first and not _is_new(found))
    asked_from = max((start - got.start) // got.width, 0)
    whole = got.sums[max(own[0].first, asked_from) : own[-1].end]
    changed = (one for part in own for one in got.sums[max(part.first, asked_from) : part.end])
    after = timeline.normal_again(got.judged, own, model)
    return Timed(when, added(whole), added(changed), got.width, after)


def _with_expected(asked: Asked, found: Found, got: Bins) -> Bins:
    """The bins with the calls that are expected in each, as `records`."""
    expected = Judge(found.measure, asked.slices).expected(found.extent.slices)
    step = (asked.end - asked.start) / len(expected)
    sums = []
    for place, one in enumerate(got.sums):
        number = min(max((got.at(place) - asked.start) // step, 0), len(expected) - 1)
        sums.append(with_column(one, "records", expected[number] * (got.width / step)))
    return Bins(got.start, got.width, sums)


def _is_new(found: Found) -> bool:
    """Whether the affected were not there before: then they begin where the finding does."""
    parts = (part for one in found.extent.slices for part in one.before)
    return not any(part["attempts"] for part in parts)


def _last_joined(stretches: Sequence[Stretch], got: Bins) -> list[Stretch]:
    """The last stretch, and those before it with little time between."""
    own = [stretches[-1]]
    for one in reversed(stretches[:-1]):
        if (own[0].first - one.end) * got.width > _JOINED:
            break
        own.insert(0, one)
    return own


def _apart(own: Sequence[Stretch], got: Bins) -> list[Stretch]:
    """Stretches without those pauses that are too short to be any: a few attempts happen to be as usual."""
    found = [own[0]]
    for one in own[1:]:
        if (one.first - found[-1].end) * got.width < _QUIET:
            found[-1] = Stretch(found[-1].first, one.end)
        else:
            found.append(one)
    return found


def _period(asked: Asked, found: Found, got: Bins, own: Sequence[Stretch], *, is_earliest: bool) -> Period:
    if found.name == "volume:silent":
        return _silence(asked, found, got, own)
    affected = [
        (place, one) for stretch in own for place in range(*stretch) if _has(found, one := got.sums[place])
    ]
    if not affected:
        affected = [(own[0].first, got.sums[own[0].first])]
    oldest, _ = _times(found, affected[0][1])
    _, last = _times(found, affected[-1][1])
    newest = max(one.newest_ms for one in got.sums)
    return Period(
        since=got.moment(oldest) if math.isfinite(oldest) else got.at(own[0].first),
        is_earliest=is_earliest,
        last=got.moment(last) if math.isfinite(last) else got.at(own[-1].end),
        state=_state(got, own),
        times=len(own),
        newest=got.moment(newest) if math.isfinite(newest) else None,
    )


def _silence(asked: Asked, found: Found, got: Bins, own: Sequence[Stretch]) -> Period:
    before = [one.newest_ms for one in got.sums[: own[0].first + 1] if one["attempts"]]
    earlier = [one.newest_ms for slice_ in found.extent.slices for one in (slice_.same, slice_.day)]
    last = asked.moment(max(earlier)) if max(earlier) > 0 else got.start
    since = got.moment(max(before)) if before else last
    after = any(one["attempts"] for one in got.sums[own[-1].end :])
    newest = max((one.newest_ms for one in got.sums if one["attempts"]), default=0.0)
    state = _state(got, own) if after else "ongoing"
    return Period(
        since=since,
        is_earliest=not before and last is got.start,
        last=since,
        state=state,
        times=len(own),
        newest=got.moment(newest),
    )


def _has(found: Found, sums: Sums) -> bool:
    is_enough = found.measure.edge.is_lower or found.measure.affected(sums) > 0
    return sums["attempts"] > 0 and is_enough


def _times(found: Found, sums: Sums) -> tuple[float, float]:
    """The first and the last affected attempt of a bin."""
    error = found.measure.error
    failed = sums.errors.get(error) if error else None
    return (failed.oldest_ms, failed.newest_ms) if failed else (sums.oldest_ms, sums.newest_ms)


def _state(got: Bins, own: Sequence[Stretch]) -> State:
    tail = sum(1 for one in got.sums[own[-1].end :] if one["attempts"])
    gaps = [later.first - earlier.end for earlier, later in pairwise(own)]
    if len(own) > 1 and len(got.sums) - own[-1].end <= 2 * max(gaps):
        return "intermittent"
    if tail:
        return "ended"
    return "no traffic" if _is_silent(got, own[-1]) else "ongoing"


def _is_silent(got: Bins, stretch: Stretch) -> bool:
    """Whether a stretch has no attempts at its end for far longer than is usual between two of them."""
    attempts = [one["attempts"] for one in got.sums[stretch.first :]]
    end = max((place for place, number in enumerate(attempts, 1) if number), default=0)
    normal = end * got.width / max(sum(attempts), 1.0)
    return (len(attempts) - end) * got.width > max(_QUIET, _SILENT * normal)


def _model(found: Found, got: Bins, asked: Asked) -> Model:
    measure, baseline, edge = found.measure, found.compared.baseline or 0.0, found.measure.edge
    may_grow = _GROWS // got.width
    if measure.kind == "count":
        return timeline.count_model(1 / edge.ratio if edge.is_lower else edge.ratio)
    if measure.kind == "mean":
        step = math.log(edge.ratio) * (-1 if edge.is_lower else 1)
        return timeline.mean_model(measure.fields, 0.0, _variance(found, asked.slices), step, may_grow)
    step = edge.points * (-1 if edge.is_lower else 1)
    counts = measure.independent(added(got.sums))
    return timeline.share_model(counts, baseline, baseline + step, may_grow)


def _variance(found: Found, slices: Slices) -> float:
    """Of the logarithms before, within units."""
    judged_by = Judge(found.measure, slices)
    pairs = [
        (found.measure.affected(one.now), before.variance)
        for one in found.extent.slices
        if (before := judged_by.normal(one))
    ]
    number = sum(count for count, _ in pairs)
    return max(sum(count * own for count, own in pairs) / number, _LEAST_VARIANCE) if number else 1.0


_LEAST_VARIANCE: Final = 0.04
