"""What attempts measured, by slices: counts and sums of each service, deployment and value of a dimension.

*Unit*: one service and deployment. *Dimension*: something attempts have a value of. *Slice*: the attempts of
a unit with one value of one dimension; the dimension ``""`` has all of the unit's. Sums add up: slices of
several units are added, and one is taken away from all to get the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from foundry_telemetry.investigate.sources import Row, Source
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import TimeRange, Value, substitute

NOW, SAME, WEEK, DAY = range(4)
"""Periods, as `dashboards/investigate/slices.kql` counts them in thousands; all but `DAY` in bins."""
BINS: Final = 12
"""Of the time, and of the same hours before."""

_OF_ALL: Final = ("attempts", "calls", "offsets", "offset_sum", "answered")
_OF_SUCCEEDED: Final = (
    *(
        f"{name}_{column}"
        for name in ("latency", "pace", "first", "token", "input", "output", "usd")
        for column in ("n", "sum", "squares")
    ),
    *("cache_n", "cache_hits"),
    *("stops", "max_tokens", "refusals", "tool_uses"),
)
COUNTS: Final = (*_OF_ALL, *_OF_SUCCEEDED)
"""Columns of the query that add up: those of all attempts, and those of attempts that succeeded."""
_OTHERS: Final = ("copies", "records")
"""Of another query."""

_PLACES: Final = {name: place for place, name in enumerate((*COUNTS, *_OTHERS))}
_NOTHING: Final = (0.0,) * len(_PLACES)
_A_DAY, _A_WEEK = timedelta(days=1), timedelta(days=7)

Error = tuple[str, str]
"""A failure class and its owner; both empty for what is no failure."""


class Unit(NamedTuple):
    """A service and a deployment."""

    service: str
    deployment: str


class Failed(NamedTuple):
    """Attempts that failed with one error."""

    attempts: float
    oldest_ms: float
    newest_ms: float


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


def added(parts: Iterable[Sums]) -> Sums:
    """The sums of several."""
    parts = [part for part in parts if part is not EMPTY]
    if len(parts) <= 1:
        return parts[0] if parts else EMPTY
    return Sums(
        tuple(map(sum, zip(*[part.numbers for part in parts], strict=True))),
        _failed(pair for part in parts for pair in part.errors.items()),
        min([part.oldest_ms for part in parts]),
        max([part.newest_ms for part in parts]),
    )


def without(whole: Sums, part: Sums) -> Sums:
    """The rest of a whole."""
    numbers = tuple(one - other for one, other in zip(whole.numbers, part.numbers, strict=True))
    errors = {
        error: failed._replace(attempts=failed.attempts - part.errors[error].attempts)
        if error in part.errors
        else failed
        for error, failed in whole.errors.items()
    }
    return Sums(numbers, errors, whole.oldest_ms, whole.newest_ms)


def _failed(pairs: Iterable[tuple[Error, tuple[float, float, float]]]) -> dict[Error, Failed]:
    """What failed, by error; a pair for each that is known of one."""
    found: dict[Error, list[float]] = {}
    for error, (attempts, oldest, newest) in pairs:
        known = found.get(error)
        if known is None:
            found[error] = [attempts, oldest, newest]
        else:
            known[0] += attempts
            known[1] = oldest if oldest < known[1] else known[1]  # noqa: FURB136 - called very often
            known[2] = newest if newest > known[2] else known[2]  # noqa: FURB136
    return {error: Failed(*own) for error, own in found.items()}


# --- the question -----------------------------------------------------------------------------------------


class Window(NamedTuple):
    """A time, and what it is compared with."""

    now: TimeRange
    day: TimeRange
    """From the beginning of what is compared with."""
    same: TimeRange
    """The same hours a day before; as many days before as the time is long."""
    week: TimeRange

    @property
    def times(self) -> dict[str, TimeRange]:
        """By the names that queries have for them."""
        return {"Window": self.now, "Day": self.day, "Same": self.same, "Week": self.week}


def window(start: datetime, end: datetime, *, baseline: bool = True) -> Window:
    """A time with its baselines, or without."""
    grain = timedelta(minutes=1)
    if not baseline:
        empty = TimeRange(start, start, grain)
        return Window(TimeRange(start, end, grain), TimeRange(start, end, grain), empty, empty)
    days, weeks = (-((start - end) // length) * length for length in (_A_DAY, _A_WEEK))
    same = TimeRange(start - days, end - days, grain)
    return Window(
        TimeRange(start, end, grain),
        TimeRange(min(start - _A_DAY, same.start), end, grain),
        same,
        TimeRange(start - weeks, end - weeks, grain),
    )


BY_UNIT: Final = "service = AppRoleName, deployment"
TOGETHER: Final = "service = '', deployment = ''"


def ask(
    source: Source,
    of: Window,
    scope: str,
    dimensions: Sequence[Dimension] = (),
    *,
    units: str = BY_UNIT,
    bins: int = BINS,
) -> list[Slice]:
    """The slices of a time.

    Args:
        source: Who is asked.
        of: The time and its baselines.
        scope: A KQL predicate.
        dimensions: By which slices are made, each by itself.
        units: What the units are.
        bins: Of the time.

    Raises:
        SourceError: There is no answer.
    """
    pairs = [(number, f"by_{number}", one) for number, one in enumerate(dimensions, 1)]
    values: dict[str, Value] = {
        **of.times,
        "Scope": scope,
        "Step": str(max(-((of.now.start - of.now.end) // timedelta(seconds=bins)), 1)),
        "Units": units,
        "Keys": "".join(f", {key} = {one.kql}" for _, key, one in pairs),
        "Dimensions": ", ".join(map(str, range(len(pairs) + 1))),
        "Value": f"case({''.join(f'dimension == {n}, {one.text.format(key)}, ' for n, key, one in pairs)}'')"
        if pairs
        else "''",
    }
    text = substitute(files.investigation("slices"), values)
    names = {number: one.name for number, _, one in pairs}
    return [_slice(row, names, bins) for row in source.answer(compose.composed(text), _LISTS)]


_LISTS: Final = frozenset({"period", "error_type", "error_owner", "oldest_ms", "newest_ms", *COUNTS})
_THOUSAND: Final = 1_000
_PERIODS: Final = msgspec.json.Decoder(list[int])
_TEXTS: Final = msgspec.json.Decoder(list[str])
_NUMBERS: Final = msgspec.json.Decoder(list[float])


def _slice(row: Row, names: Mapping[int, str], bins: int) -> Slice:
    unit = Unit(str(row.get("service", "")), str(row.get("deployment", "")))
    own: list[list[list[int]]] = [[[] for _ in range(bins)] for _ in range(4)]
    for place, period in enumerate(_PERIODS.decode(row["period"])):
        kind, number = divmod(period, _THOUSAND)
        own[kind][min(number, bins - 1)].append(place)
    lists = _lists(row)
    now, same, week = (tuple([_together(lists, places) for places in own[name]]) for name in (NOW, SAME, WEEK))
    dimension = names.get(row.get("dimension", 0), "")
    return made(
        unit, dimension, str(row.get("value", "")), now, same, week, _together(lists, own[DAY][0])
    )


class _Lists(NamedTuple):
    """The lists of a row, by place."""

    errors: list[Error]
    oldest_ms: list[float]
    newest_ms: list[float]
    of_all: list[tuple[float, ...]]
    of_succeeded: Mapping[int, tuple[float, ...]]
    """Of what succeeded alone."""


def _lists(row: Row) -> _Lists:
    types = _TEXTS.decode(row["error_type"])
    oldest, newest = (_NUMBERS.decode(row[name]) for name in ("oldest_ms", "newest_ms"))
    of_succeeded = zip(*[_NUMBERS.decode(row[name]) for name in _OF_SUCCEEDED], strict=True)
    succeeded = (place for place, error_type in enumerate(types) if not error_type)
    return _Lists(
        list(zip(types, _TEXTS.decode(row["error_owner"]), strict=True)),
        oldest,
        newest,
        list(zip(*[_NUMBERS.decode(row[name]) for name in _OF_ALL], strict=True)),
        dict(zip(succeeded, of_succeeded, strict=True)),
    )


def _together(lists: _Lists, places: Sequence[int]) -> Sums:
    """The sums of some places."""
    if not places:
        return EMPTY
    of_all = [lists.of_all[place] for place in places]
    succeeded = [lists.of_succeeded[place] for place in places if place in lists.of_succeeded]
    oldest, newest = ([column[place] for place in places] for column in (lists.oldest_ms, lists.newest_ms))
    entries = zip(places, of_all, oldest, newest, strict=True)
    return Sums(
        (*_total(of_all), *(_total(succeeded) if succeeded else _NONE_SUCCEEDED), *_NO_OTHERS),
        _failed((error, (own[0], a, b)) for place, own, a, b in entries if (error := lists.errors[place])[0]),
        min(oldest),
        max(newest),
    )


def _total(columns: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return columns[0] if len(columns) == 1 else tuple(map(sum, zip(*columns, strict=True)))


_NONE_SUCCEEDED: Final = (0.0,) * len(_OF_SUCCEEDED)
_NO_OTHERS: Final = (0.0,) * len(_OTHERS)
