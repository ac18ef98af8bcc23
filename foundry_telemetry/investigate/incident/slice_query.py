"""The question for slices, `dashboards/investigate/slices.kql`, and how its answer is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from foundry_telemetry.investigate.incident.slices import (
    BINS,
    COUNTS,
    DAY,
    EMPTY,
    NOW,
    OF_ALL,
    OF_SUCCEEDED,
    OTHERS,
    SAME,
    WEEK,
    Dimension,
    Error,
    Slice,
    Sums,
    Unit,
    failed,
    made,
)
from foundry_telemetry.investigate.sources import Row, Source
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import TimeRange, Value, substitute

_A_DAY, _A_WEEK = timedelta(days=1), timedelta(days=7)


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
    width: timedelta | None = None,
) -> list[Slice]:
    """The slices of a time.

    Args:
        source: Who is asked.
        of: The time and its baselines.
        scope: A KQL predicate.
        dimensions: By which slices are made, each by itself.
        units: What the units are.
        bins: Of the time.
        width: Of a bin, in whole seconds; without it the time is divided.

    Raises:
        SourceError: There is no answer.
    """
    pairs = [(number, f"by_{number}", one) for number, one in enumerate(dimensions, 1)]
    seconds = -((of.now.start - of.now.end) // timedelta(seconds=bins))
    values: dict[str, Value] = {
        **of.times,
        "Scope": scope,
        "Step": str(max(width // timedelta(seconds=1) if width else seconds, 1)),
        "Units": units,
        "Keys": "".join(f", {key} = {one.kql}" for _, key, one in pairs),
        "Dimensions": ", ".join(map(str, range(len(pairs) + 1))),
        "Value": _value(pairs) if pairs else "''",
    }
    text = substitute(files.investigation("slices"), values)
    names = {number: one.name for number, _, one in pairs}
    return list(_slices(source.answer(compose.composed(text), _LISTS), names, bins))


_LISTS: Final = frozenset({"period", "error_type", "error_owner", "oldest_ms", "newest_ms", *COUNTS})
_THOUSAND: Final = 1_000
_PERIODS: Final = msgspec.json.Decoder(list[int])
_TEXTS: Final = msgspec.json.Decoder(list[str])
_NUMBERS: Final = msgspec.json.Decoder(list[float])


def _value(pairs: Iterable[tuple[int, str, Dimension]]) -> str:
    """KQL of the value of the dimension of a row, by its number."""
    cases = (f"dimension == {number}, {(one.table or one.text).format(key)}, " for number, key, one in pairs)
    return f"case({''.join(cases)}'')"


def _slices(rows: Sequence[Row], names: Mapping[int, str], bins: int) -> Iterator[Slice]:
    """The slices of rows; a value that is the only one of its unit has the numbers of that."""
    units = [Unit(str(row.get("service", "")), str(row.get("deployment", ""))) for row in rows]
    dimensions = [names.get(row.get("dimension", 0), "") for row in rows]
    keyed = list(zip(rows, units, dimensions, (str(row.get("value", "")) for row in rows), strict=True))
    values = Counter((unit, dimension) for _, unit, dimension, value in keyed if value)
    wholes: dict[Unit, Slice] = {}
    for row, unit, dimension, _ in keyed:
        if not dimension:
            wholes[unit] = _slice(row, unit, "", "", bins)
            yield wholes[unit]
    for row, unit, dimension, value in keyed:
        if not dimension or not value:
            continue
        if values[unit, dimension] == 1 and unit in wholes:
            yield wholes[unit]._replace(dimension=dimension, value=value)
        else:
            yield _slice(row, unit, dimension, value, bins)


def _slice(row: Row, unit: Unit, dimension: str, value: str, bins: int) -> Slice:
    own: list[list[list[int]]] = [[[] for _ in range(bins)] for _ in range(4)]
    for place, period in enumerate(_PERIODS.decode(row["period"])):
        kind, number = divmod(period, _THOUSAND)
        own[kind][min(number, bins - 1)].append(place)
    lists = _lists(row)
    now, same, week = (tuple([_together(lists, one) for one in own[name]]) for name in (NOW, SAME, WEEK))
    return made(unit, dimension, value, now, same, week, _together(lists, own[DAY][0]))


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
    of_succeeded = zip(*[_NUMBERS.decode(row[name]) for name in OF_SUCCEEDED], strict=True)
    succeeded = (place for place, error_type in enumerate(types) if not error_type)
    return _Lists(
        list(zip(types, _TEXTS.decode(row["error_owner"]), strict=True)),
        oldest,
        newest,
        list(zip(*[_NUMBERS.decode(row[name]) for name in OF_ALL], strict=True)),
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
        failed(
            (error, (own[0], own[1], a, b))
            for place, own, a, b in entries
            if (error := lists.errors[place])[0]
        ),
        min(oldest),
        max(newest),
    )


def _total(columns: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return columns[0] if len(columns) == 1 else tuple(map(sum, zip(*columns, strict=True)))


_NONE_SUCCEEDED: Final = (0.0,) * len(OF_SUCCEEDED)
_NO_OTHERS: Final = (0.0,) * len(OTHERS)
