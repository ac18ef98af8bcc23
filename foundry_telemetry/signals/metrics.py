"""The totals. Attempts are queued as they end, and recorded when a metric reader asks.

Recording one attempt in the SDK costs more than all the rest of recording it. So the request path only
takes a note, as it does with spans for their processor, and the notes are recorded in the thread of the
reader, right before it collects, so that none of them is late.
"""

from __future__ import annotations

import os
import weakref
from collections import deque
from collections.abc import Mapping
from itertools import count
from time import time_ns
from typing import ClassVar, Final

from msgspec import Struct
from opentelemetry import metrics
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, Span, SpanContext, set_span_in_context

from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.value import CHAT, SCOPE
from foundry_telemetry.signals import standard_metrics
from foundry_telemetry.signals.gauges import create_gauges
from foundry_telemetry.signals.metric_series import Instruments, SeriesByKind
from foundry_telemetry.signals.providers import is_placeholder
from foundry_telemetry.signals.series import Moment
from foundry_telemetry.signals.span import SpanBinding

_MAX_PENDING: Final = 4096
"""Attempts that wait for a reader; one more is recorded at once, where it happened."""


class PendingMeasurement(Struct, frozen=True):
    """An attempt that waits for a reader."""

    observation: Observation
    where: SpanContext
    ours: bool
    """Whether the call's span is ours."""
    standard: bool
    """Whether the standard metrics are ours, as far as the call shows."""


class Metrics:
    """The instruments of one meter.

    Args:
        provider: Where they are made; the global one by default. While that is one of the API alone, notes
            would wait for nobody.
    """

    signal: ClassVar = Signal.METRICS
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = False

    def __init__(self, provider: MeterProvider | None = None) -> None:
        meter = metrics.get_meter(SCOPE, meter_provider=provider)
        self._pending: deque[PendingMeasurement] = deque()
        self._provider = provider
        self._watched = False
        self._batches = count()
        self.standard = standard_metrics.StandardMetrics(meter, self._meter_provider)
        self._series = SeriesByKind(Instruments(meter), self.standard)
        self._quota = create_gauges(meter, _before_read)
        _all.add(self)

    def _meter_provider(self) -> MeterProvider:
        return self._provider or metrics.get_meter_provider()

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """Take a note of one finished attempt, if anybody may ever ask."""
        if not self._watched:
            self._watched = not is_placeholder(self._meter_provider())
            if not self._watched:
                return
        where = INVALID_SPAN_CONTEXT if binding.span is None else binding.where
        measurement = PendingMeasurement(observation, where, binding.ours, binding.standard)
        if len(self._pending) < _MAX_PENDING:
            self._pending.append(measurement)
            _with_pending.add(self)
        else:
            self._record(measurement, next(self._batches))

    def record_pending(self) -> None:
        """Record what is pending."""
        try:
            self.standard.look_up()
        except Exception as error:  # then nobody else is known, or who was known before
            internal_errors.add_quietly(error, Signal.METRICS)  # a reader holds a lock
        batch = next(self._batches)
        while self._pending:
            try:
                measurement = self._pending.popleft()
            except IndexError:  # another reader was faster
                break
            try:
                self._record(measurement, batch)
            except Exception as error:  # one that cannot be recorded keeps none of the others waiting
                internal_errors.add_quietly(error, Signal.METRICS)  # a reader holds a lock

    def after_fork(self) -> None:
        """In the child of a fork: what was pending before is the parent's to report."""
        self._pending.clear()

    def _record(self, measurement: PendingMeasurement, batch: int) -> None:
        observation = measurement.observation
        moment = Moment(_context(measurement.where), time_ns(), batch)
        series = self._series.of(observation)
        if observation.operation == CHAT:
            self._quota.add(observation)
        series.record_attempt(observation, moment)
        if observation.operation != CHAT:  # counting tokens consumes none
            return
        series.record_consumption(observation, moment)
        if measurement.standard:
            ends_call = measurement.ours or _ends_call(observation)
            self.standard.record(series.standard, observation, moment, ends_call=ends_call)


def _context(where: SpanContext) -> Context:
    """A context for exemplars; a span context is all they need, so that notes keep no span alive."""
    span: Span = NonRecordingSpan(where)
    return set_span_in_context(span, Context())


def _ends_call(observation: Observation) -> bool:
    """Whether nobody will try again. A stream that broke is not sent again; a redirect is not the end."""
    if observation.status_code is not None and 300 <= observation.status_code < 400:  # noqa: PLR2004
        return False
    in_stream = observation.stream and observation.outcome in ("stream_error", "truncated")
    return observation.failure is None or in_stream or not observation.failure.retryable


_all: Final[weakref.WeakSet[Metrics]] = weakref.WeakSet()
_with_pending: Final[set[Metrics]] = set()
"""Those with notes; only here, for an instrumentation may be gone by the time a reader asks."""


def recorded_elsewhere(provider: object) -> Mapping[str, str]:
    """Which standard metrics other libraries record where we do, or in `provider`: the scope by the name."""
    found = dict(standard_metrics.recorded_elsewhere(provider))
    for each in list(_all):
        found |= each.standard.elsewhere
    return found


def _before_read() -> None:
    """A reader is about to collect.

    Of several instruments with one name the SDK keeps the first callback only, so each records all notes.
    """
    flush_abandoned_bodies(is_collecting=True)
    while _with_pending:
        try:
            metrics = _with_pending.pop()
        except KeyError:  # another reader was faster
            break
        metrics.record_pending()


def _after_fork() -> None:
    for each in list(_with_pending):
        each.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
