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

_quotas: Final[weakref.WeakSet[Quota]] = weakref.WeakSet()


def create_gauges(meter: Meter, quota: Quota, asked: Asked) -> None:
    """Create the instruments.

    Of several instruments with one name the SDK keeps the first callback only, so each tells of all quotas.

    Args:
        meter: Where they are made.
        quota: What the instrumentation has seen.
        asked: Called before a gauge is read.
    """
    _quotas.add(quota)

    def used(options: CallbackOptions) -> Iterable[Observation]:
        asked(options)
        return [Observation(told.used, _fields(told)) for told in _readings()]

    def limits(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(told.limit, _fields(told) | {names.QUOTA_SOURCE: str(told.source)})
            for told in _readings()
            if told.limit is not None
        ]

    def walls(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(told.seconds_to_wall, _fields(told))
            for told in _readings()
            if told.seconds_to_wall is not None
        ]

    meter.create_observable_gauge(names.METRIC_QUOTA_USED, [used], "{unit}")
    meter.create_observable_gauge(names.METRIC_QUOTA_LIMIT, [limits], "{unit}")
    meter.create_observable_gauge(names.METRIC_QUOTA_WALL, [walls], "s")
    meter.create_observable_counter(names.METRIC_BUDGET_OVERRUNS, [_overruns], "{overrun}")


def _readings() -> list[Reading]:
    now_s = int(time())
    return [told for quota in list(_quotas) for told in quota.read(now_s)]


def _fields(told: Reading) -> dict[str, str]:
    return {names.REQUEST_MODEL: told.deployment, names.QUOTA_KIND: told.kind}


def _overruns(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(count, {names.BUDGET: name}) for name, count in list(budgets.overruns.items())]
