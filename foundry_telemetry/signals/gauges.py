"""What is worked out when a metric reader asks: quota, budgets, losses, and the heartbeat."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from time import monotonic, time
from typing import Final

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from foundry_telemetry.dropped_items import dropped
from foundry_telemetry.limits import budgets
from foundry_telemetry.limits.quota import Quota, Reading
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table as metric_names

BeforeRead = Callable[[], object]
"""Records what waits, so that the instruments report it too."""

_quotas: Final[weakref.WeakKeyDictionary[Meter, Quota]] = weakref.WeakKeyDictionary()


def create_gauges(meter: Meter, before_read: BeforeRead) -> Quota:
    """Create the instruments, unless the meter has them: of one name the SDK keeps the first callback only.

    Args:
        meter: Where they are made.
        before_read: Called before a gauge is read.

    Returns:
        Where attempts are to be queued.
    """
    known = _quotas.get(meter)
    if known is not None:
        return known
    quota = _quotas[meter] = Quota()

    def used(_: CallbackOptions) -> Iterable[Observation]:
        before_read()
        return [Observation(reading.used, _fields(reading)) for reading in _readings(quota)]

    def limits(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(reading.limit, _fields(reading) | {names.QUOTA_SOURCE: str(reading.source)})
            for reading in _readings(quota)
            if reading.limit is not None
        ]

    def times_to_exhaustion(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(reading.seconds_to_exhaustion, _fields(reading))
            for reading in _readings(quota)
            if reading.seconds_to_exhaustion is not None
        ]

    _create_health(meter, before_read)  # first: what waits must be recorded before counters are collected
    meter.create_observable_gauge(metric_names.QUOTA_USED, [used], "{unit}")
    meter.create_observable_gauge(metric_names.QUOTA_LIMIT, [limits], "{unit}")
    meter.create_observable_gauge(metric_names.QUOTA_TIME_TO_EXHAUSTION, [times_to_exhaustion], "s")
    meter.create_observable_counter(metric_names.BUDGET_OVERRUNS, [_overruns], "{overrun}")
    return quota


def _create_health(meter: Meter, before_read: BeforeRead) -> None:
    """Whether the telemetry itself is healthy."""

    def losses(_: CallbackOptions) -> Iterable[Observation]:
        before_read()
        return [
            Observation(count, {names.DROP_REASON: str(reason), names.DROP_SIGNAL: str(signal)})
            for (reason, signal), count in dropped.report().items()
            if count
        ]

    meter.create_observable_counter(metric_names.DROPPED, [losses], "{item}")
    meter.create_observable_gauge(metric_names.HEARTBEAT, [_beat], "s")


class _Start:
    """When this process was instrumented."""

    def __init__(self) -> None:
        self.at_s = monotonic()

    def after_fork(self) -> None:
        """In the child of a fork, which is a process of its own."""
        self.at_s = monotonic()


_start: Final = _Start()


@lru_cache(maxsize=1)
def _version() -> dict[str, str]:
    """Our version, read when it is first reported: that reads a file. Bundled applications may have none."""
    try:
        return {names.TELEMETRY_VERSION: version("foundry-telemetry")}
    except PackageNotFoundError:
        return {}


def _beat(_: CallbackOptions) -> Iterable[Observation]:
    fields = _version() | ({names.LOSSES_COUNTED: "true"} if dropped.is_counted else {})
    return [Observation(monotonic() - _start.at_s, fields)]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start.after_fork)


def _readings(quota: Quota) -> list[Reading]:
    return list(quota.read(int(time())))


def _fields(reading: Reading) -> dict[str, str]:
    return {names.REQUEST_MODEL: reading.deployment, names.QUOTA_KIND: reading.kind}


def _overruns(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(count, {names.BUDGET: name}) for name, count in list(budgets.overruns.items())]
