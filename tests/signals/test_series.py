"""Measurements on known series: the data is that of the SDK's own way, whatever reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace as replaced
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram as ApiHistogram
from opentelemetry.sdk.metrics import (
    AlwaysOffExemplarFilter,
    AlwaysOnExemplarFilter,
    Counter,
    Histogram,
    MeterProvider,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import (
    DropAggregation,
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import INVALID_SPAN_CONTEXT, get_current_span, set_span_in_context

from foundry_telemetry.observation import Failure, Observation, TokenUsage
from foundry_telemetry.signals import Signals, SpanBinding, make_signals
from foundry_telemetry.signals import series as series_module

OBSERVATION = Observation(
    call_id="0" * 16,
    operation="chat",
    deployment="claude-opus-5-5",
    response_model="claude-opus-5-5",
    server_address="example-resource.services.ai.azure.com",
    server_port=443,
    status_code=200,
    outcome="ok",
    started_ns=1_795_340_600 * 10**9,
    duration_s=0.25,
    usage=TokenUsage(input_tokens=7, output_tokens=9, cache_read_input_tokens=3, complete=True),
    cost_usd=0.5,
    cost_source="override",
)
DELTA = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)
VIEWS: dict[str, tuple[View, ...]] = {
    "none": (),
    "fewer attributes": (View(instrument_name="*", attribute_keys={"gen_ai.request.model"}),),
    "two of one": (
        View(instrument_name="foundry.client.attempt.duration", name="a"),
        View(instrument_name="foundry.client.attempt.duration", name="b", attribute_keys=set()),
    ),
    "other buckets": (
        View(instrument_type=Histogram, aggregation=ExplicitBucketHistogramAggregation((0.1, 1.0))),
    ),
    "exponential": (View(instrument_type=Histogram, aggregation=ExponentialBucketHistogramAggregation()),),
    "dropped": (View(instrument_name="foundry.*", aggregation=DropAggregation()),),
}

observations = st.builds(
    lambda duration, tokens, deployment, failed: replace(
        OBSERVATION,
        duration_s=duration,
        usage=TokenUsage(input_tokens=tokens, output_tokens=tokens // 3, complete=True),
        deployment=deployment,
        outcome="error" if failed else "ok",
        status_code=401 if failed else 200,
        cost_usd=None if failed else tokens / 1e6,
        failure=Failure(
            type="auth_invalid_key",
            origin="foundry",
            owner="caller_credential",
            retryable=False,
            auth_failure=True,
        )
        if failed
        else None,
    ),
    st.floats(0, 1000),
    st.integers(0, 10**6),
    st.sampled_from(("a", "b", None)),
    st.booleans(),
)


class Stage:
    """Two readers, one of sums since the last reading and one of sums since the start, and what they read."""

    def __init__(self, *views: View, **options: Any) -> None:
        self.readers = [InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA)]
        self.provider = MeterProvider(self.readers, views=views, shutdown_on_exit=False, **options)
        self.signals = make_signals(meter_provider=self.provider)

    def record(self, *seen: Observation, context: Context | None = None) -> None:
        """Record attempts as far as a reader wants them."""
        record(self.signals, *seen, context=context)

    def read(self) -> list[Any]:
        """What each reader gets now, without times and gauges."""
        return [comparable(reader.get_metrics_data()) for reader in self.readers]


def record(signals: Signals, *seen: Observation, context: Context | None = None) -> None:
    """Take notes of attempts, as the end of each does."""
    for each in seen:
        span = None if context is None else get_current_span(context)
        where = INVALID_SPAN_CONTEXT if span is None else span.get_span_context()
        binding = SpanBinding(span, ours=False, call_id="", context=Context(), standard=True, where=where)
        signals.metrics.finished(each, binding)


def comparable(data: Any) -> Any:
    """Points by metric, as JSON has them, without what depends on the moment."""
    found: dict[str, list[Any]] = {}
    for resource in data.resource_metrics if data is not None else ():
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            if not metric.name.startswith(("foundry.telemetry.", "foundry.client.quota.")):
                found[metric.name] = sorted(
                    json.dumps(
                        {
                            name: value
                            for name, value in json.loads(point.to_json()).items()
                            if not name.endswith("_nano") and name != "exemplars"
                        },
                        sort_keys=True,
                    )
                    for point in metric.data.data_points
                )
    return found


def both_ways(views: Sequence[View], batches: list[list[Observation]]) -> Iterator[list[Any]]:
    """What is read after each batch, by our way and by the SDK's."""
    ours, sdk = Stage(*views), Stage(*views)
    for batch in batches:
        ours.record(*batch)
        found = ours.read()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(series_module, "_find_sums", lambda *_: None)
            sdk.record(*batch)
            yield [found, sdk.read()]


@pytest.mark.parametrize("views", VIEWS.values(), ids=VIEWS)
def test_same_data(views: tuple[View, ...]) -> None:
    """Both readers get the same points by both ways, over several readings, whatever the views."""

    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.lists(observations, max_size=6), min_size=1, max_size=3))
    def check(batches: list[list[Observation]]) -> None:
        for ours, sdk in both_ways(views, batches):
            assert ours == sdk

    check()


def test_known_series_take_the_short_way(recorded: list[str]) -> None:
    """Of a hundred attempts that are alike, the SDK's instruments hear of the first two alone."""
    stage = Stage()
    stage.record(*[OBSERVATION] * 100)
    (sums, _) = stage.read()
    assert recorded.count("foundry.client.attempt.duration") == 2
    assert json.loads(sums["foundry.client.attempt.duration"][0])["count"] == 100


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the SDK's instruments that are written to, as they are."""
    names: list[str] = []

    def watch(cls: type, method: str) -> None:
        original = getattr(cls, method)

        def watched(self: Any, *args: Any, **options: Any) -> None:
            names.append(self.name)
            original(self, *args, **options)

        monkeypatch.setattr(cls, method, watched)

    watch(Histogram, "record")
    watch(Counter, "add")
    return names


def test_exemplars() -> None:
    """An exemplar has the value and the trace of its own attempt; an unsampled one gives none."""
    stage = Stage()
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    for duration_s in (0.02, 0.3, 4.0):
        span = tracer.start_span("s")
        stage.record(
            replace(OBSERVATION, duration_s=duration_s), context=set_span_in_context(span, Context())
        )
        last = duration_s, span.get_span_context().trace_id
    stage.record(replace(OBSERVATION, duration_s=50.0))
    (found,) = (point.exemplars for point in points(stage.readers[0], "foundry.client.attempt.duration"))
    assert len(found) == 3
    assert (found[-1].value, found[-1].trace_id) == last


@pytest.mark.parametrize(("wants", "count"), [(AlwaysOnExemplarFilter, 1), (AlwaysOffExemplarFilter, 0)])
def test_exemplar_filters(wants: type[Any], count: int) -> None:
    """The filter that the application chose decides."""
    stage = Stage(exemplar_filter=wants())
    stage.record(*[OBSERVATION] * 3)
    (point,) = points(stage.readers[0], "foundry.client.attempt.duration")
    assert len(point.exemplars) == count


def points(reader: InMemoryMetricReader, name: str) -> list[Any]:
    """The points of one metric that a reader gets now."""
    data = reader.get_metrics_data()
    assert data is not None
    return [
        point
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
    ]


def test_readers_that_come_and_go() -> None:
    """A reader that is added sees what comes after it; one that is removed is no longer written to."""
    stage = Stage()
    stage.record(OBSERVATION, OBSERVATION)
    stage.read()
    third = InMemoryMetricReader()
    stage.provider.add_metric_reader(third)
    stage.record(OBSERVATION)
    assert [point.count for point in points(third, "foundry.client.attempt.duration")] == [1]
    stage.provider.remove_metric_reader(stage.readers.pop())
    stage.record(OBSERVATION)
    assert [point.count for point in points(third, "foundry.client.attempt.duration")] == [2]
    assert [point.count for point in points(stage.readers[0], "foundry.client.attempt.duration")] == [4]


def test_sums_that_the_sdk_replaced() -> None:
    """Should an SDK forget a series after a reading, the next measurement makes it anew."""
    stage = Stage()
    stage.record(OBSERVATION, OBSERVATION)
    stage.read()
    for storage in stage.provider._measurement_consumer._reader_storages.values():  # type: ignore[attr-defined]
        for match in (one for found in storage._instrument_view_instrument_matches.values() for one in found):
            match._attributes_aggregation.clear()
    stage.record(OBSERVATION)
    assert [point.count for point in points(stage.readers[0], "foundry.client.attempt.duration")] == [1]


def test_instruments_that_are_disabled_later() -> None:
    """A meter that is switched off gets no measurement more."""
    stage = Stage()
    stage.record(OBSERVATION, OBSERVATION)
    stage.read()
    for meter in stage.provider._meters.values():
        meter._set_meter_config(replaced(meter._meter_config._config, is_enabled=False))
    stage.record(OBSERVATION)
    (sums, _) = stage.read()
    assert json.loads(sums["foundry.client.attempt.duration"][0])["count"] == 2


def test_sums_that_are_missing_are_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A series that is measured once is not looked for, and one that is not found is looked for once."""
    searches: list[object] = []
    monkeypatch.setattr(series_module, "_find_sums", lambda *wanted: searches.append(wanted))
    series = series_module.Series(Other(), {"a": 1})
    counts = []
    for batch in range(5):
        series.measure(1.0, series_module.Moment(Context(), 1, batch))
        counts.append(len(searches))
    assert counts == [0, 1, 1, 1, 1]


class Other(ApiHistogram):
    """A histogram of another implementation of the API."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def record(self, amount: float, attributes: Any = None, context: Context | None = None) -> None:
        """Keep it."""
        self.values.append(amount)


def test_what_is_not_the_sdk() -> None:
    """Where nothing is as it is known, every measurement goes through the API, and none is lost."""
    other = Other()
    series = series_module.Series(other, {"a": 1})
    for value in (1.0, 2.0, 3.0):
        series.measure(value, series_module.Moment(Context(), 1, 1))
    assert other.values == [1.0, 2.0, 3.0]
