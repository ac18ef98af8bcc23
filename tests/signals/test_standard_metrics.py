"""The standard GenAI metrics beside a library that records them too: once, and ours always whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry import metrics as metrics_api
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.signals import make_signals, standard_metrics
from foundry_telemetry.signals import metrics as metrics_module
from foundry_telemetry.signals.standard_metrics import NAMES, recorded_elsewhere
from tests.signals.test_notes import attempt, record
from tests.support.capture import Capture

TOKENS = "gen_ai.client.token.usage"
DURATION = "gen_ai.client.operation.duration"
CACHE_READ = "gen_ai.client.inference.usage.cache_read.input_tokens"
OURS = "foundry.client.token.usage"
LIBRARY = "opentelemetry.instrumentation.anthropic"


def ours(reader: InMemoryMetricReader) -> Mapping[str, float]:
    """The sum of each metric of our own scope."""
    data = reader.get_metrics_data()
    return {
        metric.name: sum(
            getattr(one, "sum", None) or getattr(one, "value", 0) for one in metric.data.data_points
        )
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        if scope.scope.name == "foundry_telemetry"
        for metric in scope.metrics
    }


class Stage:
    """A meter provider with our signals."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.signals = make_signals(meter_provider=self.provider)

    def attempt(self) -> None:
        """One: 10 tokens in, 5 out, 7 of them from the cache."""
        record(self.signals, attempt(5))

    def ours(self) -> Mapping[str, float]:
        """What a reader gets of ours now."""
        return ours(self.reader)


@pytest.fixture
def stage() -> Stage:
    """Without any other library."""
    return Stage()


def test_alone(stage: Stage) -> None:
    """Where nobody else records them, all are ours, beside those that are ours alone."""
    stage.attempt()
    found = stage.ours()
    assert (found[TOKENS], found[OURS], found[CACHE_READ]) == (15, 15, 7)
    assert DURATION in found
    assert recorded_elsewhere(stage.provider) == {}


def histogram(meter: metrics_api.Meter, name: str) -> Any:
    """As instrumentors make it."""
    return meter.create_histogram(name, "{token}", "Measures number of input and output tokens used")


@pytest.mark.row(59)
@pytest.mark.parametrize("when", ["before", "between"])
@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("kind", ["create_histogram", "create_counter", "create_up_down_counter"])
def test_another_library_has_the_instrument(kind: str, name: str, when: str, stage: Stage) -> None:
    """Ours of that name stops, also where it was made after the call, and no other one does."""
    meter = stage.provider.get_meter(LIBRARY, "0.62.4")
    if when == "before":
        getattr(meter, kind)(name)
    stage.attempt()
    if when == "between":
        getattr(meter, kind)(name)
    found = stage.ours()
    assert name not in found
    reported = NAMES & found.keys()
    assert reported == {TOKENS, DURATION, CACHE_READ} - {name}
    assert found[OURS] == 15
    assert found["foundry.client.attempt.duration"] == 0.25
    assert recorded_elsewhere(stage.provider) == {name: LIBRARY}


def test_another_library_comes_late(stage: Stage) -> None:
    """What was recorded before it came stays; from then on the numbers are its own."""
    stage.attempt()
    assert stage.ours()[TOKENS] == 15
    histogram(stage.provider.get_meter(LIBRARY), TOKENS)
    stage.attempt()
    found = stage.ours()
    assert (found[TOKENS], found[OURS]) == (15, 30)


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("application", "gen_ai.client.token.usage.total"),
        ("application", "http.client.duration"),
        ("foundry_telemetry", TOKENS),
    ],
)
def test_other_instruments(scope: str, name: str, stage: Stage) -> None:
    """An instrument of another name, or one of ours, stops nothing."""
    histogram(stage.provider.get_meter(scope, "9"), name)
    stage.attempt()
    assert stage.ours()[TOKENS] == 15


def test_names_are_compared_as_the_sdk_does(stage: Stage) -> None:
    """Without regard to case: the SDK takes both names for one metric."""
    histogram(stage.provider.get_meter(LIBRARY), TOKENS.upper())
    stage.attempt()
    assert TOKENS not in stage.ours()


def test_another_provider(stage: Stage) -> None:
    """What a library records elsewhere doubles nothing here."""
    other = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    histogram(other.get_meter(LIBRARY), TOKENS)
    stage.attempt()
    assert stage.ours()[TOKENS] == 15


def test_more_than_can_be_noted(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    """An attempt that is recorded at once, before any reader asked, is looked up for too."""
    monkeypatch.setattr(metrics_module, "_MAX_PENDING", 0)
    histogram(stage.provider.get_meter(LIBRARY), TOKENS)
    stage.attempt()
    found = stage.ours()
    assert TOKENS not in found
    assert found[OURS] == 15


def test_a_look_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK is not as we know it, everything is recorded as if we were alone, and it is counted."""
    lost = dropped.totals()
    capture = Capture()
    signals = make_signals(meter_provider=capture.meter_provider)

    def fail(_: object) -> Mapping[str, str]:
        raise AttributeError("of the SDK")

    monkeypatch.setattr(standard_metrics, "recorded_elsewhere", fail)
    record(signals, attempt(5))
    found = ours(capture.reader)
    assert found[OURS] == 15
    assert found[TOKENS] == 15
    assert (dropped.totals() - lost)[Reason.INTERNAL_ERROR, Signal.METRICS] == internal_errors.count == 1
    internal_errors.count = 0  # wanted here


@pytest.mark.parametrize(
    "provider", [metrics_api.NoOpMeterProvider(), metrics_api._internal._ProxyMeterProvider(), object(), None]
)
def test_providers_without_instruments(provider: object) -> None:
    """Of a provider that is not the SDK's nothing is known."""
    assert recorded_elsewhere(provider) == {}
