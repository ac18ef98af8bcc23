"""The series that attempts which are alike are measured on: looked up once for all of them.

*Alike*: with the same values of everything that is an attribute of a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import Any, Final

from opentelemetry import metrics

from foundry_telemetry import pricing
from foundry_telemetry.attribution import metric_tags
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table as metric_names
from foundry_telemetry.signals.fields import Attributes
from foundry_telemetry.signals.metric_attributes import MetricAttributes
from foundry_telemetry.signals.series import Moment, Series
from foundry_telemetry.signals.standard_metrics import StandardMetrics, StandardSeries

_MOST: Final = 1024
"""Kinds of attempts that are remembered; the series of others are looked up each time."""

_read_kind: Final[Callable[[Observation], tuple[Any, ...]]] = attrgetter(
    "server_address", "server_port", "deployment", "response_model", "auth_scheme", "status_code"
)


class Instruments:
    """Our own instruments of one meter.

    Args:
        meter: Where they are made.
    """

    def __init__(self, meter: metrics.Meter) -> None:
        self.attempt = meter.create_histogram(
            metric_names.ATTEMPT_DURATION,
            "s",
            explicit_bucket_boundaries_advisory=metric_names.ATTEMPT_BUCKETS,
        )
        self.tokens = meter.create_counter(metric_names.TOKENS, "{token}")
        self.auth_failures = meter.create_counter(metric_names.AUTH_FAILURES, "{failure}")
        self.cost = meter.create_counter(metric_names.COST, "{USD}")
        self.partial_cost = meter.create_counter(metric_names.PARTIAL_COST, "{USD}")
        self.unpriced = meter.create_counter(metric_names.UNPRICED_ATTEMPTS, "{attempt}")
        self.incomplete = meter.create_counter(metric_names.INCOMPLETE_ATTEMPTS, "{attempt}")


class CallSeries:
    """The series of attempts that are alike.

    Args:
        instruments: Ours.
        attempt: Attributes of the attempts.
        call: Attributes of their calls.
        standard: Those of the convention.
    """

    def __init__(
        self, instruments: Instruments, attempt: Attributes, call: Attributes, standard: StandardSeries
    ) -> None:
        self.attempt = Series(instruments.attempt, attempt)
        refused = {name: value for name, value in attempt.items() if name != names.IS_RETRY}
        self.auth_failures = Series(instruments.auth_failures, refused)
        self.input_tokens = Series(instruments.tokens, call | {names.TOKEN_TYPE: "input"})
        self.output_tokens = Series(instruments.tokens, call | {names.TOKEN_TYPE: "output"})
        self.cost = Series(instruments.cost, call)
        self.partial_cost = Series(instruments.partial_cost, call)
        self.standard = standard
        self._call = call
        self._unpriced = instruments.unpriced
        self._incomplete = instruments.incomplete

    def record_attempt(self, observation: Observation, moment: Moment) -> None:
        """Record that there was one, and whether its credential was refused."""
        self.attempt.measure(observation.duration_s, moment)
        if observation.failure is not None and observation.failure.auth_failure:
            self.auth_failures.measure(1, moment)

    def record_consumption(self, observation: Observation, moment: Moment) -> None:
        """Record what the attempt consumed and cost."""
        usage = observation.usage
        if usage.total_input_tokens:
            self.input_tokens.measure(usage.total_input_tokens, moment)
        if usage.output_tokens:
            self.output_tokens.measure(usage.output_tokens, moment)
        if observation.cost_usd:
            self.cost.measure(observation.cost_usd, moment)
        elif observation.cost_usd is None:
            self._record_without_cost(observation, moment)

    def _record_without_cost(self, observation: Observation, moment: Moment) -> None:
        if observation.partial_cost_usd:
            self.partial_cost.measure(observation.partial_cost_usd, moment)
        if observation.usage.is_reported:
            why = pricing.missing(
                observation.response_model,
                observation.usage,
                observation.started_ns,
                deployment=observation.deployment,
            )
            if why == "incomplete":
                self._incomplete.add(1, self._call, moment.context)
            else:
                self._unpriced.add(1, self._call | {names.UNPRICED_REASON: why}, moment.context)


class SeriesByKind:
    """Finds the series of an attempt.

    Args:
        instruments: Ours.
        standard: Those of the convention.
    """

    def __init__(self, instruments: Instruments, standard: StandardMetrics) -> None:
        self._instruments = instruments
        self._standard = standard
        self._attributes = MetricAttributes()
        self._known: dict[Hashable, CallSeries] = {}

    def of(self, observation: Observation) -> CallSeries:
        """The series of an attempt. What its values are called stays the same for ever, so they do."""
        kind = _kind(observation)
        series = self._known.get(kind)
        if series is None:
            attempt, call = self._attributes.of(observation)
            error = observation.failure.type if observation.failure else None
            standard = self._standard.series(call, error)
            series = CallSeries(self._instruments, attempt, call, standard)
            if len(self._known) < _MOST:
                self._known[kind] = series
        return series


def _kind(observation: Observation) -> Hashable:
    """Everything of an attempt that is an attribute of a metric."""
    tags, failure = metric_tags(), observation.failure
    return (
        _read_kind(observation),
        observation.attempt_number > 1,
        failure and failure.type,
        tuple((key, observation.tags.get(key)) for key in tags) if tags else (),
    )
