"""One cause, one finding: what only follows from another change is said with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from foundry_telemetry.investigate.incident.scan import Found

LATENCY: Final = ("latency", "time_to_first_token", "time_per_output_token")
"""One change of speed moves all three: the two parts show which it is."""

ATTEMPTS: Final = "attempts"
"""Every failure that is retried moves it; alone it is failures of many classes, too few of each."""

_FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "stop_reason:max_tokens": ("output_tokens", "cost", "latency"),
    "stop_reason:refusal": ("output_tokens", "cost", "latency", "stop_reason:tool_use"),
    "stop_reason:tool_use": ("output_tokens", "cost"),
    "input_tokens": ("cost", "time_to_first_token", "latency"),
    "output_tokens": ("cost", "latency"),
    "cache_hit_rate": ("cost", "price", "time_to_first_token", "latency"),
    "price": ("cost",),
    "duplicates": ("volume:more", "cost"),
    "clock_skew": ("volume:more", "volume:silent", "duplicates"),
    "volume:more": ("cost",),
    **dict.fromkeys(LATENCY, (ATTEMPTS,)),
}
"""What follows from a change, in the same units."""


class Merged(NamedTuple):
    """A change, and what moved with it."""

    main: Found
    also: tuple[Found, ...]


def merged(found: Sequence[Found]) -> list[Merged]:
    """The changes that are findings of their own, each with those that follow from it."""
    mains: list[Found] = []
    followers: list[Found] = []
    for one in found:
        causes = [other for other in found if other is not one and _follows(one, other)]
        (followers if causes else mains).append(one)
    return [Merged(one, tuple(other for other in followers if _follows(other, one))) for one in mains]


def _follows(one: Found, cause: Found) -> bool:
    """Whether a change is only another side of a second one."""
    if not one.extent.units & cause.extent.units:
        return False
    if one.name == ATTEMPTS and cause.measure.error is not None:
        return True
    if one.name in LATENCY and cause.name in LATENCY:
        return one.name != cause.name and _rank(one, cause) < _rank(cause, one)
    if one.name in _FOLLOWS.get(cause.name, ()):
        return cause.name not in _FOLLOWS.get(one.name, ()) or cause.compared.gain >= one.compared.gain
    return False


def _rank(one: Found, other: Found) -> tuple[bool, float, str]:
    """Of two changes of speed the wider one counts: streams alone show its parts, all responses latency."""
    return one.extent.units > other.extent.units, one.compared.gain, one.name
