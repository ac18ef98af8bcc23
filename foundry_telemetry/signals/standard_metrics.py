"""The metrics of the GenAI convention, as far as nobody else records them.

Two libraries that record one of them double every sum over it. So ours stops where another scope of the
same meter provider has an instrument of its name; names of packages show nothing. An instrument may be made
at any time before its first measurement, so it is looked up when a reader collects: ours wait until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.metrics import Counter, Histogram, Meter, MeterProvider

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table as metric_names
from foundry_telemetry.schema.value import SCOPE
from foundry_telemetry.signals.fields import Attributes
from foundry_telemetry.signals.series import Moment, Series

_HISTOGRAMS: Final = (
    (metric_names.OPERATION_DURATION, "s", metric_names.DURATION_BUCKETS),
    (metric_names.TOKEN_USAGE, "{token}", metric_names.TOKEN_BUCKETS),
    (metric_names.TIME_TO_FIRST_CHUNK, "s", metric_names.DURATION_BUCKETS),
)
_COUNTERS: Final = (metric_names.CACHE_READ, metric_names.CACHE_WRITE, metric_names.REASONING)
NAMES: Final = frozenset({*(name for name, *_ in _HISTOGRAMS), *_COUNTERS})
"""Of all standard metrics that we record."""


def recorded_elsewhere(provider: object) -> Mapping[str, str]:
    """Which standard metrics another library records.

    Args:
        provider: A meter provider; of one that is not the SDK's nothing is known.

    Returns:
        The scope of the other library by the name of the metric.
    """
    meters = getattr(provider, "_meters", None)
    if not isinstance(meters, Mapping):  # the API's own has a list of those that wait for it
        return {}
    return {
        name: scope.name
        for scope, meter in list(meters.items())
        if scope.name != SCOPE
        for name in _instruments(meter)
        if name in NAMES
    }


def _instruments(meter: Any) -> list[str]:
    """The names of a meter's instruments; the SDK compares them without regard to case."""
    instruments: Mapping[Any, Any] = getattr(meter, "_instrument_id_instrument", {})
    return [str(instrument.name).lower() for instrument in list(instruments.values())]


class StandardSeries(NamedTuple):
    """The series of attempts that are alike."""

    by_name: Mapping[str, Series]
    """By the name of the metric; of the token usage that of the input."""
    output_tokens: Series


class StandardMetrics:
    """Our instruments for the standard metrics.

    Args:
        meter: Where they are made.
        provider: Gives the provider that the meter leads to by now.
    """

    def __init__(self, meter: Meter, provider: Callable[[], MeterProvider]) -> None:
        self._provider = provider
        self._histograms: Mapping[str, Histogram] = {
            name: meter.create_histogram(name, unit, explicit_bucket_boundaries_advisory=buckets)
            for name, unit, buckets in _HISTOGRAMS
        }
        self._counters: Mapping[str, Counter] = {
            name: meter.create_counter(name, "{token}") for name in _COUNTERS
        }
        self._elsewhere: Mapping[str, str] | None = None

    def look_up(self) -> None:
        """See who else records them by now."""
        self._elsewhere = self._elsewhere or {}  # should the look fail, nobody else is known
        self._elsewhere = recorded_elsewhere(self._provider())

    @property
    def elsewhere(self) -> Mapping[str, str]:
        """Who else records them now: the scope by the name of the metric."""
        return recorded_elsewhere(self._provider())

    def series(self, call: Attributes, error_type: str | None) -> StandardSeries:
        """The series of attempts that are alike.

        Args:
            call: The attributes of their calls.
            error_type: What they failed with.
        """
        fields = {
            metric_names.OPERATION_DURATION: call
            if error_type is None
            else call | {names.ERROR_TYPE: error_type},
            metric_names.TIME_TO_FIRST_CHUNK: call,
            metric_names.TOKEN_USAGE: call | {names.TOKEN_TYPE: "input"},
            **dict.fromkeys(_COUNTERS, call | {names.TOKEN_MODALITY: "unknown"}),
        }
        instruments: Mapping[str, Counter | Histogram] = {**self._histograms, **self._counters}
        by_name = {name: Series(instruments[name], attributes) for name, attributes in fields.items()}
        output = call | {names.TOKEN_TYPE: "output"}
        return StandardSeries(by_name, Series(self._histograms[metric_names.TOKEN_USAGE], output))

    def record(
        self, series: StandardSeries, observation: Observation, moment: Moment, *, ends_call: bool
    ) -> None:
        """Record an attempt, but for what somebody else records.

        Args:
            series: Its own.
            observation: The attempt.
            moment: When.
            ends_call: Whether its duration is that of the call.
        """
        if self._elsewhere is None:
            self.look_up()
        elsewhere, usage, by_name = self._elsewhere or {}, observation.usage, series.by_name
        for name, value in (
            (metric_names.OPERATION_DURATION, observation.duration_s if ends_call else None),
            (metric_names.TIME_TO_FIRST_CHUNK, observation.time_to_first_token_s),
            (metric_names.TOKEN_USAGE, usage.total_input_tokens),
            (metric_names.CACHE_READ, usage.cache_read_input_tokens or None),
            (metric_names.CACHE_WRITE, usage.cache_creation_input_tokens or None),
            (metric_names.REASONING, usage.thinking_tokens or None),
        ):
            if value is not None and name not in elsewhere:
                by_name[name].measure(value, moment)
        if usage.output_tokens is not None and metric_names.TOKEN_USAGE not in elsewhere:
            series.output_tokens.measure(usage.output_tokens, moment)
