"""The number that a factor moved, before and now, over the attempts of a slice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from foundry_telemetry.investigate.cost import split_change as split
from foundry_telemetry.investigate.cost.cells import Cells, Side, Sums, Unit

Measure = Literal["calls", "tokens per call", "share", "per call", "factor", "usd per call"]


class Evidence(Struct, frozen=True, kw_only=True):
    """One number."""

    measure: Measure
    name: str
    """What it counts: ``new input``, ``of input read from the cache``; the name of a model."""
    before: float | None
    now: float | None


_Counts = Mapping[str, float]


def _mean(name: str) -> Callable[[_Counts], float | None]:
    return lambda counts: _ratio(counts[name], counts["attempts"])


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


_INPUT: Final = ("new_input", "cache_read", "cache_write_5m", "cache_write_1h")
_MEASURES: Final[Mapping[str, tuple[Measure, str, Callable[[_Counts], float | None]]]] = {
    split.VOLUME: ("calls", "calls", lambda one: one["call"]),
    "new_input": ("tokens per call", "new input", _mean("new_input")),
    "cache_read": ("tokens per call", "cache reads", _mean("cache_read")),
    "cache_write": ("tokens per call", "cache writes", _mean("cache_write")),
    "output": ("tokens per call", "output", _mean("output")),
    "thinking": ("tokens per call", "thinking", _mean("thinking")),
    "web_searches": ("per call", "web searches", _mean("web_searches")),
    split.CACHE: ("share", "of input read from cache", lambda one: _ratio(one["cache_read"], one["input"])),
    split.WRITE_KIND: (
        "share",
        "of cache writes kept 1 h",
        lambda one: _ratio(one["cache_write_1h"], one["cache_write"]),
    ),
    split.LIST: ("usd per call", "cost", _mean("usd")),
    split.TIER: (
        "share",
        "of calls in a dearer tier",
        lambda one: _ratio(one["tier"], one["attempts"]),
    ),
    split.MULTIPLIER: ("factor", "of the list price", lambda one: _ratio(one["usd"], one["unmultiplied"])),
    split.RETRIES: ("per call", "billed retries", lambda one: _ratio(one["retry"], one["call"])),
    split.ABANDONED: ("per call", "abandoned responses", lambda one: _ratio(one["abandoned"], one["call"])),
    split.UNLISTED: ("usd per call", "cost", _mean("usd")),
}


def evidence(factor: str, cells: Cells, units: frozenset[Unit]) -> Evidence | None:
    """The number of a factor."""
    if factor == split.MIX:
        return _of_models(cells, units)
    measure, name, of = _MEASURES[factor]
    before, now = (_counts(side, units) for side in (cells.before, cells.now))
    return Evidence(measure=measure, name=name, before=of(before), now=of(now))


def _counts(side: Side, units: frozenset[Unit]) -> _Counts:
    found: dict[str, float] = defaultdict(float)
    for (unit, kind), sums in side.items():
        if unit in units:
            found[kind] += sums.attempts
            _add(found, sums)
    found["input"] = sum(found[name] for name in _INPUT)
    found["cache_write"] = found["cache_write_5m"] + found["cache_write_1h"]
    return found


def _add(found: dict[str, float], sums: Sums) -> None:
    found["attempts"] += sums.attempts
    found["usd"] += sums.usd
    found["unmultiplied"] += sums.unmultiplied_usd
    found["tier"] += sum(one["attempts"] for (_, tier), one in sums.by_list.items() if tier)
    for name, count in sums.tokens.items():
        found[name] += count


def _of_models(cells: Cells, units: frozenset[Unit]) -> Evidence | None:
    """The share of calls of the model that gained most."""
    sides = [_by_model(side, units) for side in (cells.before, cells.now)]
    wholes = [sum(side.values()) for side in sides]
    names: Iterable[str] = sorted(sides[0].keys() | sides[1].keys())
    shares = {
        name: tuple(_ratio(side[name], whole) or 0.0 for side, whole in zip(sides, wholes, strict=True))
        for name in names
    }
    if not shares:
        return None
    name = max(shares, key=lambda one: shares[one][1] - shares[one][0])
    before, now = shares[name]
    return Evidence(measure="share", name=f"of calls answered by {name}", before=before, now=now)


def _by_model(side: Side, units: frozenset[Unit]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for (unit, kind), sums in side.items():
        if unit in units and kind == "call":
            found[unit.model or unit.deployment] += sums.attempts
    return found
