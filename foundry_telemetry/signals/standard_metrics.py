"""The metrics of the GenAI convention, as far as nobody else records them.

Two libraries that record one of them double every sum over it. So ours stops where another scope of the
same meter provider has an instrument of its name; names of packages tell nothing. An instrument may be made
at any time before its first measurement, so it is looked up when a reader collects: ours wait until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram, Meter, MeterProvider

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table as metric_names
from foundry_telemetry.schema.value import SCOPE
from foundry_telemetry.signals.fields import Attributes

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

    def record(
        self, observation: Observation, call: Attributes, context: Context, *, ends_call: bool
    ) -> None:
        """Record an attempt, but for what somebody else records.

        Args:
            observation: The attempt.
            call: The attributes of its call.
            context: For exemplars.
            ends_call: Whether its duration is that of the call.
        """
        if self._elsewhere is None:
            self.look_up()
        usage = observation.usage
        if ends_call:
            fields = (
                call if observation.failure is None else call | {names.ERROR_TYPE: observation.failure.type}
            )
            self._measure(metric_names.OPERATION_DURATION, observation.duration_s, fields, context)
        self._measure(metric_names.TIME_TO_FIRST_CHUNK, observation.time_to_first_token_s, call, context)
        for kind, tokens in (("input", usage.total_input_tokens), ("output", usage.output_tokens)):
            self._measure(metric_names.TOKEN_USAGE, tokens, call | {names.TOKEN_TYPE: kind}, context)
        fields = call | {names.TOKEN_MODALITY: "unknown"}
        self._count(metric_names.CACHE_READ, usage.cache_read_input_tokens, fields, context)
        self._count(metric_names.CACHE_WRITE, usage.cache_creation_input_tokens, fields, context)
        self._count(metric_names.REASONING, usage.thinking_tokens, fields, context)

    def _measure(self, name: str, value: float | None, fields: Attributes, context: Context) -> None:
        if value is not None and not self._is_elsewhere(name):
            self._histograms[name].record(value, fields, context)

    def _count(self, name: str, value: int | None, fields: Attributes, context: Context) -> None:
        if value and not self._is_elsewhere(name):
            self._counters[name].add(value, fields, context)

    def _is_elsewhere(self, name: str) -> bool:
        return self._elsewhere is not None and name in self._elsewhere
