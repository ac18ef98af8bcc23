"""Values of many rows at once: getters built from their paths at import, as the request path needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NamedTuple

from foundry_telemetry.schema.row import Row

Attributes = dict[str, Any]


class Fields(NamedTuple):
    """Names, and one getter for all their values: half the price of a getter for each."""

    names: tuple[str, ...]
    get: Callable[[Any], tuple[Any, ...]]
    """One value for each name."""


def fields(names: Iterable[str], paths: Iterable[str]) -> Fields:
    """Names with the paths to their values, in the same order."""
    paths = tuple(paths)
    get: Any = attrgetter(*paths) if paths else lambda _: ()
    return Fields(tuple(names), get if len(paths) != 1 else lambda source: (get(source),))


def fields_of(rows: Iterable[Row]) -> Fields:
    """Fields by their names, read from the part of an observation that `Row.root` names."""
    rows = tuple(rows)
    return fields((row.name for row in rows), (row.tail for row in rows))


def read(fields: Fields, source: object) -> Attributes:
    """The fields of `source` that are known."""
    values = fields.get(source)  # one for each name
    if None in values:
        return {name: value for name, value in zip(fields.names, values) if value is not None}  # noqa: B905
    return dict(zip(fields.names, values))  # noqa: B905
