"""The totals. Attempts are noted as they end, and recorded when a metric reader asks.

Recording one attempt in the SDK costs more than all the rest of telling of it. So the request path only
takes a note, as it does with spans for their processor, and the notes are recorded in the thread of the
reader, right before it collects, so that none of them is late.
"""

from __future__ import annotations

import os
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec import Struct
from opentelemetry import metrics
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, Span, SpanContext, set_span_in_context

from foundry_telemetry import pricing
from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.attribution import metric_tags
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table as metric_names
from foundry_telemetry.schema.value import CHAT, PROVIDER_ANTHROPIC, SCOPE, TAG_PREFIX
from foundry_telemetry.signals import standard_metrics
from foundry_telemetry.signals.fields import Attributes
from foundry_telemetry.signals.gauges import create_gauges
from foundry_telemetry.signals.providers import is_placeholder
from foundry_telemetry.signals.span import SpanBinding

_MAX_VALUES: Final = 50
"""Distinct values of one attribute; further ones are told as `_OTHER`, so that series stay bounded."""
_OTHER: Final = "other"
_MAX_PLACES: Final = 200
"""Distinct combinations of server, deployment and model; each alone is bounded, but their product is not."""

_MAX_TAGGED: Final = 200
"""Distinct combinations of a place and its tags; of a further one the tags are told as `_OTHER`."""

_MAX_PENDING: Final = 4096
"""Attempts that wait for a reader; one more is recorded at once, where it happened."""


class PendingMeasurement(Struct, frozen=True):
    """An attempt that waits for a reader."""

    observation: Observation
    where: SpanContext
    ours: bool
    """Whether the call's span is ours."""
    standard: bool
    """Whether the standard metrics are ours, as far as the call tells."""


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

        def histogram(name: str, unit: str, buckets: tuple[float, ...]) -> metrics.Histogram:
            return meter.create_histogram(name, unit, explicit_bucket_boundaries_advisory=buckets)

        self._pending: deque[PendingMeasurement] = deque()
        self._provider = provider
        self._watched = False
        self._deployments = Values()
        self._models = Values()
        self._servers = Values()
        self._tags: dict[str, Values] = {}
        self._places: set[tuple[tuple[str, Any], ...]] = set()
        self._tagged: set[tuple[tuple[str, Any], ...]] = set()
        self.standard = standard_metrics.StandardMetrics(meter, self._meter_provider)
        self._attempt = histogram(metric_names.ATTEMPT_DURATION, "s", metric_names.ATTEMPT_BUCKETS)
        self._tokens = meter.create_counter(metric_names.TOKENS, "{token}")
        self._auth_failures = meter.create_counter(metric_names.AUTH_FAILURES, "{failure}")
        self._cost = meter.create_counter(metric_names.COST, "{USD}")
        self._partial_cost = meter.create_counter(metric_names.PARTIAL_COST, "{USD}")
        self._unpriced = meter.create_counter(metric_names.UNPRICED_ATTEMPTS, "{attempt}")
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
        span = binding.span or INVALID_SPAN
        measurement = PendingMeasurement(observation, span.get_span_context(), binding.ours, binding.standard)
        if len(self._pending) < _MAX_PENDING:
            self._pending.append(measurement)
            _with_pending.add(self)
        else:
            self._record(measurement)

    def record_pending(self) -> None:
        """Record what was noted."""
        try:
            self.standard.look_up()
        except Exception as error:  # then nobody else is known, or who was known before
            internal_errors.add_quietly(error, Signal.METRICS)  # a reader holds a lock
        while self._pending:
            try:
                measurement = self._pending.popleft()
            except IndexError:  # another reader was faster
                break
            try:
                self._record(measurement)
            except Exception as error:  # one that cannot be recorded keeps none of the others waiting
                internal_errors.add_quietly(error, Signal.METRICS)  # a reader holds a lock

    def after_fork(self) -> None:
        """In the child of a fork: what was noted before is the parent's to tell."""
        self._pending.clear()

    def _record(self, measurement: PendingMeasurement) -> None:
        observation = measurement.observation
        context = _context(measurement.where)
        if observation.operation == CHAT:
            self._quota.add(observation)
        place = self._place(observation)
        model = place.pop(names.RESPONSE_MODEL, None)
        self._record_attempt(observation, place, context)
        if observation.operation != CHAT:  # counting tokens consumes none
            return
        call = place | {names.OPERATION: CHAT, names.PROVIDER: PROVIDER_ANTHROPIC}
        if observation.server_port is not None:
            call[names.SERVER_PORT] = observation.server_port
        if model is not None:
            call[names.RESPONSE_MODEL] = model
        self._record_cost(observation, call, context)
        for kind, tokens in (
            ("input", observation.usage.total_input_tokens),
            ("output", observation.usage.output_tokens),
        ):
            if tokens:
                self._tokens.add(tokens, call | {names.TOKEN_TYPE: kind}, context)
        if measurement.standard:
            ends_call = measurement.ours or _ends_call(observation)
            self.standard.record(observation, call, context, ends_call=ends_call)

    def _place(self, observation: Observation) -> Attributes:
        """Server, deployment and model, as far as they were told; bounded one by one and together."""
        place: Attributes = {}
        for name, values, value in (
            (names.SERVER_ADDRESS, self._servers, observation.server_address),
            (names.REQUEST_MODEL, self._deployments, observation.deployment),
            (names.RESPONSE_MODEL, self._models, observation.response_model),
        ):
            if value is not None:
                place[name] = values.bound(value)
        if not _is_bounded(self._places, place, _MAX_PLACES):
            place = dict.fromkeys(place, _OTHER)
        tags = self._tags_of(observation)
        if tags and not _is_bounded(self._tagged, place | tags, _MAX_TAGGED):
            tags = dict.fromkeys(tags, _OTHER)
        return place | tags

    def _tags_of(self, observation: Observation) -> Attributes:
        """The tags that go on metrics, each bounded by itself."""
        return {
            TAG_PREFIX + key: self._tags.setdefault(key, Values()).bound(observation.tags[key])
            for key in metric_tags()
            if key in observation.tags
        }

    def _record_attempt(self, observation: Observation, place: Attributes, context: Context) -> None:
        fields = place | {
            names.AUTH_SCHEME: observation.auth_scheme,
            names.IS_RETRY: observation.attempt_number > 1,
        }
        failure = observation.failure
        if observation.status_code is not None:
            fields[names.STATUS_CODE] = observation.status_code
        if failure is not None:
            fields[names.ERROR_TYPE] = failure.type
        self._attempt.record(observation.duration_s, fields, context)
        if failure is not None and failure.auth_failure:
            del fields[names.IS_RETRY]
            self._auth_failures.add(1, fields, context)

    def _record_cost(self, observation: Observation, call: Attributes, context: Context) -> None:
        if observation.cost_usd is not None:
            if observation.cost_usd:
                self._cost.add(observation.cost_usd, call, context)
            return
        if observation.partial_cost_usd:
            self._partial_cost.add(observation.partial_cost_usd, call, context)
        if observation.usage.is_reported:
            why = pricing.missing(
                observation.response_model,
                observation.usage,
                observation.started_ns,
                deployment=observation.deployment,
            )
            self._unpriced.add(1, call | {names.UNPRICED_REASON: why}, context)


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


def _is_bounded(known: set[tuple[tuple[str, Any], ...]], combination: Attributes, most: int) -> bool:
    """Whether a combination is one of the first that came; so many there may be."""
    key = tuple(combination.items())
    if key not in known:
        if len(known) >= most:
            return False
        known.add(key)
    return True


class Values:
    """The values one attribute may take: the first fifty that come."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def bound(self, value: str) -> str:
        """`value`, or ``other``."""
        if value not in self._known:
            if len(self._known) >= _MAX_VALUES:
                return _OTHER
            self._known.add(value)
        return value


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
            noted = _with_pending.pop()
        except KeyError:  # another reader was faster
            break
        noted.record_pending()


def _after_fork() -> None:
    for each in list(_with_pending):
        each.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
