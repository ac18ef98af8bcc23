"""Gauges of the quota, and the count of budgets that were overrun: worked out when a metric reader asks."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from time import time
from typing import Final

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from foundry_telemetry import budgets
from foundry_telemetry import conventions as names
from foundry_telemetry.quota import Quota, Reading

Asked = Callable[[CallbackOptions], object]
"""Records what waits, so that a gauge tells of it too."""

_quotas: Final[weakref.WeakKeyDictionary[Meter, Quota]] = weakref.WeakKeyDictionary()


def create_gauges(meter: Meter, asked: Asked) -> Quota:
    """Create the instruments, unless the meter has them: of one name the SDK keeps the first callback only.

    Args:
        meter: Where they are made.
        asked: Called before a gauge is read.

    Returns:
        Where attempts are to be noted.
    """
    known = _quotas.get(meter)
    if known is not None:
        return known
    quota = _quotas[meter] = Quota()

    def used(options: CallbackOptions) -> Iterable[Observation]:
        asked(options)
        return [Observation(told.used, _fields(told)) for told in _readings(quota)]

    def limits(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(told.limit, _fields(told) | {names.QUOTA_SOURCE: str(told.source)})
            for told in _readings(quota)
            if told.limit is not None
        ]

    def walls(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(told.seconds_to_wall, _fields(told))
            for told in _readings(quota)
            if told.seconds_to_wall is not None
        ]

    meter.create_observable_gauge(names.METRIC_QUOTA_USED, [used], "{unit}")
    meter.create_observable_gauge(names.METRIC_QUOTA_LIMIT, [limits], "{unit}")
    meter.create_observable_gauge(names.METRIC_QUOTA_WALL, [walls], "s")
    meter.create_observable_counter(names.METRIC_BUDGET_OVERRUNS, [_overruns], "{overrun}")
    return quota


def _readings(quota: Quota) -> list[Reading]:
    return list(quota.read(int(time())))


def _fields(told: Reading) -> dict[str, str]:
    return {names.REQUEST_MODEL: told.deployment, names.QUOTA_KIND: told.kind}


def _overruns(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(count, {names.BUDGET: name}) for name, count in list(budgets.overruns.items())]
