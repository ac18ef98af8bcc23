"""How near this process is to the limits of its deployments: requests, new input and output a minute.

*Limit*: declared, or learnt: the lowest throttled minute, unless a busier one was not throttled, for then
another limit was met. *Used*: what the last sixty seconds had. Requests and input count when they were sent,
output when it ended. *Exhaustion*: the moment at which what is used reaches the limit, by the straight line
through the last minutes.

Foundry returns no limits, and all services of a subscription share them: the tab *Limits* computes the same
over all of them. Here all is local, and worked out when metrics are read, not when calls are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, get_args

from msgspec import Struct

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.value import QuotaKind, QuotaSource
from foundry_telemetry.wire.sanitize import clean_deployment

KINDS: Final[tuple[QuotaKind, ...]] = get_args(QuotaKind)

_MINUTE_S: Final = 60
_LINE_S: Final = tuple(range(-240, 1, 30))
"""Where the straight line is drawn through, seconds before now."""
_KEPT_S: Final = _MINUTE_S - _LINE_S[0]
_FAR_S: Final = 86_400.0
"""An exhaustion further away than a day is none."""
_MAX_DEPLOYMENTS: Final = 50
_TOO_MANY: Final = 429


class Limits(Struct, frozen=True, kw_only=True):
    """What a deployment may have a minute; ``None`` where it is not known.

    Raises:
        TypeError: A limit is no whole number.
        ValueError: It is not above 0.
    """

    requests: int | None = None
    uncached_input: int | None = None
    """Tokens: input and cache writes; cache reads do not count."""
    output: int | None = None
    """Tokens."""

    def __post_init__(self) -> None:
        for kind in KINDS:
            value = getattr(self, kind)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise TypeError(f"Limits.{kind} is {value!r}; expected a whole number a minute")
            if value is not None and value <= 0:
                raise ValueError(f"Limits.{kind} is {value!r}; expected a number above 0")


class Reading(NamedTuple):
    """One gauge's worth."""

    deployment: str
    kind: QuotaKind
    used: int
    limit: int | None
    source: QuotaSource | None
    seconds_to_exhaustion: float | None


_AT_START: Final[Mapping[str, Limits]] = {}
_declared = _AT_START


def set_limits(limits: Mapping[str, Limits]) -> None:
    """Declare the limits of deployments; replaces what was declared before.

    Raises:
        TypeError: A value is no `Limits`.
    """
    global _declared  # noqa: PLW0603 - one assignment, so readers need no lock
    for name, value in limits.items():
        if not isinstance(value, Limits):
            raise TypeError(f"set_limits: {name!r} is {value!r}; expected Limits(...)")
    _declared = dict(limits) | {clean_deployment(name) or name: value for name, value in limits.items()}


def is_untouched() -> bool:
    """Whether no limits were declared so far."""
    return _declared is _AT_START


class _Seconds:
    """Amounts by second, of one deployment and kind, and what its minutes taught."""

    def __init__(self) -> None:
        self._amounts: dict[int, int] = {}
        self._minutes: dict[int, int] = {}
        self._limited: set[int] = set()
        self._unthrottled: int | None = None
        self._throttled: int | None = None

    def add(self, second: int, amount: int, *, limited: bool) -> None:
        """Count what happened in a second."""
        minute = second // _MINUTE_S
        self._amounts[second] = self._amounts.get(second, 0) + amount
        self._minutes[minute] = self._minutes.get(minute, 0) + amount
        if limited:
            self._limited.add(minute)

    def forget(self, now_s: int) -> None:
        """Learn from the minutes that are over, and forget what no sum needs."""
        for second in [second for second in list(self._amounts) if second <= now_s - _KEPT_S]:
            del self._amounts[second]
        for minute in [minute for minute in list(self._minutes) if minute < now_s // _MINUTE_S - 1]:
            amount = self._minutes.pop(minute)
            if minute in self._limited:
                self._limited.discard(minute)
                self._throttled = amount if self._throttled is None else min(self._throttled, amount)
            else:
                self._unthrottled = amount if self._unthrottled is None else max(self._unthrottled, amount)

    def used(self, now_s: int) -> int:
        """What the sixty seconds up to `now_s` had."""
        amounts = list(self._amounts.items())  # another thread may add one meanwhile
        return sum(amount for second, amount in amounts if now_s - _MINUTE_S < second <= now_s)

    @property
    def learnt(self) -> int | None:
        """The limit that the minutes speak for."""
        if not self._throttled or (self._unthrottled is not None and self._unthrottled > self._throttled):
            return None
        return self._throttled

    def slope(self, now_s: int) -> float:
        """How much what is used grows in a second, by least squares."""
        values = [self.used(now_s + at) for at in _LINE_S]
        mean_x, mean_y = sum(_LINE_S) / len(_LINE_S), sum(values) / len(values)
        above = sum((x - mean_x) * (y - mean_y) for x, y in zip(_LINE_S, values, strict=True))
        return above / sum((x - mean_x) ** 2 for x in _LINE_S)


class Quota:
    """What one instrumentation has seen of its deployments."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[QuotaKind, _Seconds]] = {}

    def add(self, seen: Observation) -> None:
        """Count a finished attempt; one that was never sent counts nowhere."""
        deployment = seen.deployment
        if deployment is None or seen.outcome == "not_sent":
            return
        if deployment not in self._seen:
            if len(self._seen) >= _MAX_DEPLOYMENTS:
                return
            self._seen[deployment] = {kind: _Seconds() for kind in KINDS}
        kinds = self._seen[deployment]
        limited = seen.status_code == _TOO_MANY
        sent_s = seen.started_ns // 10**9
        ended_s = int(seen.started_ns / 1e9 + seen.duration_s)
        kinds["requests"].add(sent_s, 1, limited=limited)
        kinds["uncached_input"].add(sent_s, seen.usage.uncached_input_tokens or 0, limited=limited)
        kinds["output"].add(ended_s, seen.usage.output_tokens or 0, limited=limited)

    def read(self, now_s: int) -> Iterator[Reading]:
        """The readings of all deployments.

        Args:
            now_s: The present, whole seconds since the epoch.
        """
        for deployment, kinds in list(self._seen.items()):
            declared = _declared.get(deployment)
            for kind, seconds in kinds.items():
                seconds.forget(now_s)
                reported = None if declared is None else getattr(declared, kind)
                limit = seconds.learnt if reported is None else reported
                used = seconds.used(now_s)
                yield Reading(
                    deployment,
                    kind,
                    used,
                    limit,
                    None if limit is None else "learnt" if reported is None else "declared",
                    None if limit is None else _seconds_to_exhaustion(used, limit, seconds.slope(now_s)),
                )


def _seconds_to_exhaustion(used: int, limit: int, slope: float) -> float | None:
    """Seconds until `used` is `limit`; 0 where it is, ``None`` where it never will be within a day."""
    if used >= limit:
        return 0.0
    if slope <= 0 or (limit - used) / slope > _FAR_S:
        return None
    return (limit - used) / slope
