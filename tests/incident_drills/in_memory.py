"""What `dashboards/investigate/slices.kql` answers, computed in memory: for thousands of windows.

Attempts are added up in cells of time, for each unit, dimension and value; a window is made of its cells. A
test holds that the slices are those of the query.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from foundry_telemetry.investigate.incident.slices import (
    BINS,
    COUNTS,
    EMPTY,
    Failed,
    Slice,
    Sums,
    Unit,
    added,
    made,
)
from tests.support.telemetry import Envelope

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_PROPERTIES: Final = {
    "model": "gen_ai.response.model",
    "region": "foundry.region",
    "resource": "foundry.resource",
    "auth_scheme": "foundry.auth.scheme",
    "client": "foundry.client",
    "operation": "gen_ai.operation.name",
    "stream": "gen_ai.request.stream",
    "tag tenant": "foundry.tag.tenant",
    "tag feature": "foundry.tag.feature",
}
_TAGS: Final = {"version": "ai.application.ver", "instance": "ai.cloud.roleInstance"}

Key = tuple[Unit, str, str]
"""Unit, dimension and value."""


class Cells:
    """Attempts, added up.

    Args:
        start: When time begins; times in sums are milliseconds since then.
        width: Of a cell. Windows begin and end with cells.
        group: Cells that are added up once and kept, for the day before.
    """

    def __init__(self, start: datetime, width: timedelta, group: int = 12) -> None:
        self._start, self._width, self._group = start, width, group
        self._cells: dict[Key, dict[int, Sums]] = {}
        self._groups: dict[Key, dict[int, Sums]] = {}

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """Take in the envelopes of some attempts; those of a time before what is asked for."""
        new: defaultdict[tuple[Key, int], list[Sums]] = defaultdict(list)
        for one in envelopes:
            at = datetime.fromisoformat(one["time"]) - self._start
            sums = _sums(one, at / timedelta(milliseconds=1))
            for key in _keys(one):
                new[key, at // self._width].append(sums)
        for (key, place), parts in new.items():
            own = self._cells.setdefault(key, {})
            own[place] = added((own.get(place, EMPTY), *parts))
            self._groups.setdefault(key, {}).pop(place // self._group, None)

    def forget(self, before: datetime) -> None:
        """Drop what is older."""
        first = (before - self._start) // self._width
        for kept, limit in ((self._cells, first), (self._groups, first // self._group)):
            for key in list(kept):
                kept[key] = {place: sums for place, sums in kept[key].items() if place >= limit}
                if not kept[key]:
                    del kept[key]

    def slices(self, start: datetime, end: datetime) -> list[Slice]:
        """The slices of a window of no more than a day; only whole units have bins of the baseline."""
        first, number = (start - self._start) // self._width, (end - start) // self._width
        a_day, a_week = _DAY // self._width, _WEEK // self._width
        found = []
        for (unit, dimension, value), cells in self._cells.items():
            bins = [self._bins(cells, first - back, number) for back in (0, a_day, a_week)]
            if dimension:
                bins[1:] = [(added(one), *[EMPTY] * (BINS - 1)) for one in bins[1:]]
            day = added(self._parts((unit, dimension, value), first - a_day + number, first))
            if day is not EMPTY or any(one is not EMPTY for own in bins for one in own):
                found.append(made(unit, dimension, value, *bins, day))
        return found

    def _bins(self, cells: dict[int, Sums], first: int, number: int) -> tuple[Sums, ...]:
        each = number // BINS
        return tuple(
            added(cells.get(place, EMPTY) for place in range(begin, begin + each))
            for begin in range(first, first + number, each)
        )

    def _parts(self, key: Key, first: int, end: int) -> Iterator[Sums]:
        """Some cells, whole groups of them together."""
        cells, groups = self._cells[key], self._groups.setdefault(key, {})
        whole = range(-(-first // self._group), end // self._group)
        for place in (*range(first, whole.start * self._group), *range(whole.stop * self._group, end)):
            yield cells.get(place, EMPTY)
        for number in whole:
            if number not in groups:
                own = range(number * self._group, (number + 1) * self._group)
                groups[number] = added(cells.get(place, EMPTY) for place in own)
            yield groups[number]


def _keys(one: Envelope) -> Iterator[Key]:
    tags, properties = one["tags"], one["data"]["baseData"]["properties"]
    unit = Unit(tags["ai.cloud.role"], properties["gen_ai.request.model"])
    yield unit, "", ""
    yield from ((unit, dimension, properties.get(name, "")) for dimension, name in _PROPERTIES.items())
    yield from ((unit, dimension, tags.get(name, "")) for dimension, name in _TAGS.items())
    most = int(properties["gen_ai.request.max_tokens"])
    yield unit, "max_tokens", str(2 ** math.ceil(math.log2(most)))


def _sums(one: Envelope, at_ms: float) -> Sums:
    properties = one["data"]["baseData"]["properties"]
    error = properties.get("error.type", "")
    owner = properties.get("foundry.error.owner", "")
    own = _counts(properties, is_ok=not error and properties["gen_ai.operation.name"] == "chat")
    numbers = tuple(float(own.get(name, 0.0)) for name in COUNTS) + _OTHERS
    failed = Failed(1.0, float(own["calls"]), at_ms, at_ms)
    return Sums(numbers, {(error, owner): failed} if error else {}, at_ms, at_ms)


def _counts(properties: dict[str, Any], *, is_ok: bool) -> dict[str, float]:
    """The columns of one attempt; those that are missing are 0. All clocks are right."""

    def number(name: str) -> float:
        return float(properties.get(name, "nan"))

    found: dict[str, float] = {
        "attempts": 1,
        "calls": number("foundry.attempt.number") <= 1,
        "retries": number("foundry.attempt.number") > 1,
        "answered": "http.response.status_code" in properties,
    }
    if not is_ok:
        return found
    took, first = number("foundry.duration_ms"), number("foundry.time_to_first_token_ms")
    output, read = number("gen_ai.usage.output_tokens"), number("gen_ai.usage.cache_read.input_tokens")
    weighted = number("gen_ai.usage.input_tokens") - 0.9 * (0.0 if math.isnan(read) else read) + 5 * output
    values = {
        "latency": took,
        "pace": took / (output + 50) if output > 0 else math.nan,
        "first": first,
        "token": (took - first) / output if output > _FEW_TOKENS else math.nan,
        "input": number("gen_ai.usage.input_tokens"),
        "output": output,
        "usd": number("foundry.cost.usd"),
        "price": 1e6 * number("foundry.cost.usd") / weighted,
    }
    for name, value in values.items():
        if value > 0:
            log = math.log(value)
            found |= {f"{name}_n": 1, f"{name}_sum": log, f"{name}_squares": log * log}
    reason = properties.get("anthropic.message.stop_reason", "")
    return found | {
        "cache_n": not math.isnan(read),
        "cache_hits": read > 0,
        "stops": bool(reason),
        "max_tokens": reason == "max_tokens",
        "refusals": reason == "refusal",
        "tool_uses": reason == "tool_use",
    }


_OTHERS: Final = (0.0,) * (len(EMPTY.numbers) - len(COUNTS))
"""Columns of other questions."""
_FEW_TOKENS: Final = 7
