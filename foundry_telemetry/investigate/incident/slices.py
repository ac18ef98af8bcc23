"""What attempts measured, by slices: counts and sums of each service, deployment and value of a dimension.

*Unit*: one service and deployment. *Dimension*: something attempts have a value of. *Slice*: the attempts of
a unit with one value of one dimension; the dimension ``""`` has all of the unit's. Sums add up: slices of
several units are added, and one is taken away from all to get the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Final, NamedTuple

from msgspec import Struct

NOW, SAME, WEEK, DAY = range(4)
"""Periods, as `dashboards/investigate/slices.kql` counts them in thousands; all but `DAY` in bins."""
BINS: Final = 12
"""Of the time, and of the same hours before."""

OF_ALL: Final = ("attempts", "calls", "retries", "offsets", "offset_sum", "answered")
OF_SUCCEEDED: Final = (
    *(
        f"{name}_{column}"
        for name in ("latency", "pace", "first", "token", "input", "output", "usd", "price")
        for column in ("n", "sum", "squares")
    ),
    *("cache_n", "cache_hits"),
    *("stops", "max_tokens", "refusals", "tool_uses"),
)
COUNTS: Final = (*OF_ALL, *OF_SUCCEEDED)
"""Columns of the query that add up: those of all attempts, and those of attempts that succeeded."""
OTHERS: Final = ("copies", "records")
"""Of another query."""

_PLACES: Final = {name: place for place, name in enumerate((*COUNTS, *OTHERS))}
_NOTHING: Final = (0.0,) * len(_PLACES)

Error = tuple[str, str]
"""A failure class and its owner; both empty for what is no failure."""


class Unit(NamedTuple):
    """A service and a deployment."""

    service: str
    deployment: str


class Failed(NamedTuple):
    """Attempts that failed with one error."""

    attempts: float
    calls: float
    """First attempts among them: those of one call fail together, these by themselves."""
    oldest_ms: float
    newest_ms: float

    def without(self, part: Failed) -> Failed:
        """The rest of it."""
        return self._replace(attempts=self.attempts - part.attempts, calls=self.calls - part.calls)


class Sums(Struct, frozen=True, gc=False):
    """Counts and sums of some attempts of one period."""

    numbers: tuple[float, ...] = _NOTHING
    errors: Mapping[Error, Failed] = {}
    oldest_ms: float = float("inf")
    newest_ms: float = float("-inf")

    def __getitem__(self, name: str) -> float:
        """One of the columns."""
        return self.numbers[_PLACES[name]]


@cache
def columns(names: tuple[str, ...]) -> Callable[[Sums], tuple[float, ...]]:
    """A function that gives some columns of sums."""
    places = tuple(_PLACES[name] for name in names)
    if len(places) == 1:
        return lambda sums: (sums.numbers[places[0]],)
    take = itemgetter(*places)
    return lambda sums: take(sums.numbers)


EMPTY: Final = Sums()

Bins = tuple[Sums, ...]


class Slice(NamedTuple):
    """The attempts of a unit with one value of a dimension, in bins of now and of the same hours before."""

    unit: Unit
    dimension: str
    value: str
    now_bins: Bins
    same_bins: Bins
    week_bins: Bins
    day: Sums
    """The other hours of the day before."""
    now: Sums
    same: Sums
    week: Sums

    @property
    def before(self) -> Bins:
        """All that there is of the baseline."""
        return self.same, self.week, self.day

    @property
    def all(self) -> Bins:
        """All that there is."""
        return (self.now, *self.before)

    def without(self, part: Slice) -> Slice:
        """The rest of it, as slice of the unit; bins of the baseline stay those of the whole unit."""
        now = tuple(map(without, self.now_bins, part.now_bins))
        same, week, day = map(without, self.before, part.before)
        bins = now, self.same_bins, self.week_bins
        return Slice(self.unit, "", "", *bins, day, added(now), same, week)


def made(  # noqa: PLR0917 - as it is stored
    unit: Unit, dimension: str, value: str, now: Bins, same: Bins, week: Bins, day: Sums
) -> Slice:
    """A slice with its sums over bins."""
    return Slice(unit, dimension, value, now, same, week, day, added(now), added(same), added(week))


class Dimension(Struct, frozen=True, kw_only=True):
    """Something attempts have a value of, as the query computes it."""

    name: str
    kql: str
    text: str = "{}"
    """The value as text, where that is made of what `kql` gives."""
    table: str = ""
    """The same in less time: it is asked for each value of each cell."""

    def is_(self, value: str) -> str:
        """The predicate of a value, a literal."""
        return f"{self.text.format(self.kql)} == {value}"


def counted(**numbers: float) -> Sums:
    """Sums of some columns."""
    return Sums(tuple(numbers.get(name, 0.0) for name in _PLACES))


def with_column(sums: Sums, name: str, value: float) -> Sums:
    """The same sums with another value of one column."""
    place = _PLACES[name]
    numbers = (*sums.numbers[:place], value, *sums.numbers[place + 1 :])
    return Sums(numbers, sums.errors, sums.oldest_ms, sums.newest_ms)


def shifted(sums: Sums, fields: Sequence[str], by: float) -> Sums:
    """The same sums with each of some logarithms, given by number, sum and squares, moved by so much."""
    if sums is EMPTY:
        return sums
    count, total, squares = (sums[name] for name in fields)
    moved = with_column(sums, fields[1], total + count * by)
    return with_column(moved, fields[2], squares + 2 * by * total + count * by * by)


def added(parts: Iterable[Sums]) -> Sums:
    """The sums of several."""
    parts = [part for part in parts if part is not EMPTY]
    if len(parts) <= 1:
        return parts[0] if parts else EMPTY
    return Sums(
        tuple(map(sum, zip(*[part.numbers for part in parts], strict=True))),
        failed(pair for part in parts for pair in part.errors.items()),
        min([part.oldest_ms for part in parts]),
        max([part.newest_ms for part in parts]),
    )


def without(whole: Sums, part: Sums) -> Sums:
    """The rest of a whole."""
    numbers = tuple(one - other for one, other in zip(whole.numbers, part.numbers, strict=True))
    errors = {
        error: failed.without(part.errors[error]) if error in part.errors else failed
        for error, failed in whole.errors.items()
    }
    return Sums(numbers, errors, whole.oldest_ms, whole.newest_ms)


def failed(pairs: Iterable[tuple[Error, tuple[float, float, float, float]]]) -> dict[Error, Failed]:
    """What failed, by error; a pair for each that is known of one."""
    found: dict[Error, list[float]] = {}
    for error, (attempts, calls, oldest, newest) in pairs:
        known = found.get(error)
        if known is None:
            found[error] = [attempts, calls, oldest, newest]
        else:
            known[0] += attempts
            known[1] += calls
            known[2] = oldest if oldest < known[2] else known[2]  # noqa: FURB136 - called very often
            known[3] = newest if newest > known[3] else known[3]  # noqa: FURB136
    return {error: Failed(*own) for error, own in found.items()}
