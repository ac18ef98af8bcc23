"""The metrics: names, units, buckets and attributes; totals that can be summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest
from msgspec import structs
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Gauge, Histogram, InMemoryMetricReader, Sum

from foundry_telemetry import Observation, attribute
from foundry_telemetry.attribution import set_tags
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.instrumentation.listeners import make_listeners
from foundry_telemetry.instrumentation.notify import notify
from foundry_telemetry.limits.budgets import Budget, set_budgets
from foundry_telemetry.limits.quota import Limits, set_limits
from foundry_telemetry.schema.metric_table import METRICS
from foundry_telemetry.signals import gauges, make_signals, unbound
from tests.signals.exchange import STARTED_NS, Clock, exchange, typed
from tests.support.capture import Capture
from tests.support.families import needs_prices

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
UNPRICED = "sse_beta_compaction"
"""An answer with usage that has no rate."""
INSTRUMENTS: dict[str, tuple[str, tuple[float, ...] | None]] = {
    "gen_ai.client.operation.duration": ("s", SECONDS),
    "gen_ai.client.token.usage": ("{token}", TOKENS),
    "gen_ai.client.operation.time_to_first_chunk": ("s", SECONDS),
    "gen_ai.client.inference.usage.cache_read.input_tokens": ("{token}", None),
    "gen_ai.client.inference.usage.cache_write.input_tokens": ("{token}", None),
    "gen_ai.client.inference.usage.reasoning.output_tokens": ("{token}", None),
    "foundry.client.attempt.duration": ("s", (*SECONDS, 163.84, 327.68, 655.36)),
    "foundry.client.token.usage": ("{token}", None),
    "foundry.client.auth.failures": ("{failure}", None),
    "foundry.client.cost": ("{USD}", None),
    "foundry.client.cost.partial": ("{USD}", None),
    "foundry.client.cost.unpriced_attempts": ("{attempt}", None),
    "foundry.client.cost.incomplete_attempts": ("{attempt}", None),
    "foundry.client.quota.used": ("{unit}", None),
    "foundry.client.quota.limit": ("{unit}", None),
    "foundry.client.quota.time_to_exhaustion": ("s", None),
    "foundry.client.budget.overruns": ("{overrun}", None),
    "foundry.telemetry.dropped": ("{item}", None),
    "foundry.telemetry.heartbeat": ("s", None),
}
"""Unit and, for a histogram, its buckets."""

PLACE = {
    "server.address": "example-resource.services.ai.azure.com",
    "gen_ai.request.model": "claude-sonnet-5-5",
}
CALL = {
    **PLACE,
    "server.port": 443,
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.response.model": "claude-sonnet-5-5",
}
ATTEMPT = {
    **PLACE,
    "foundry.auth.scheme": "api_key",
    "foundry.attempt.retry": False,
    "http.response.status_code": 200,
}
OPUS = {"gen_ai.request.model": "claude-opus-5-5", "gen_ai.response.model": "claude-opus-5-5"}
OWNER = {"gen_ai.operation.name": "chat"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock for one exchange."""
    return Clock(monkeypatch)


def series(capture: Capture) -> dict[str, list[tuple[dict[str, Any], float]]]:
    """Each series of each metric but the quota's: its attributes and its sum or value."""
    return {
        name: [
            (dict(point.attributes), point.sum if hasattr(point, "sum") else point.value) for point in points
        ]
        for name, points in capture.points().items()
        if points and ".quota." not in name and name != "foundry.telemetry.heartbeat"
    }


@needs_prices
def test_instruments(capture: Capture, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every instrument has the name, the unit and the buckets of the convention, and there is no other."""
    set_limits({"claude-opus-5-5": Limits(requests=1)})
    set_budgets([Budget(usd=1e-9)])
    for name in ("ok_json_cache_thinking", "sse_text", "sse_truncated", "err_401_invalid_key", UNPRICED):
        exchange(name, capture, clock)
    dropped.add(Reason.INTERNAL_ERROR, Signal.ATTEMPTS, 2)
    monkeypatch.setattr(gauges, "time", lambda: STARTED_NS / 1e9 + 1)
    data = capture.reader.get_metrics_data()
    set_limits({})
    set_budgets([])
    assert data is not None
    (scope,) = data.resource_metrics[0].scope_metrics
    assert scope.scope.name == "foundry_telemetry"
    assert {metric.name for metric in scope.metrics} == set(INSTRUMENTS)
    assert {row.name for row in METRICS} == set(INSTRUMENTS)
    for metric in scope.metrics:
        unit, buckets = INSTRUMENTS[metric.name]
        assert metric.unit == unit
        if ".quota." in metric.name or metric.name.endswith(".heartbeat"):
            assert isinstance(metric.data, Gauge)
        elif buckets is None:
            assert isinstance(metric.data, Sum)
            assert metric.data.is_monotonic
        else:
            assert isinstance(metric.data, Histogram)
            assert metric.data.data_points[0].explicit_bounds == pytest.approx(buckets)


@needs_prices
def test_a_complete_answer(capture: Capture, clock: Clock) -> None:
    """Tokens, cache, thinking, cost and both durations, each once with its attributes."""
    exchange("ok_json_cache_thinking", capture, clock)
    call, attempt = CALL | OPUS, ATTEMPT | {"gen_ai.request.model": "claude-opus-5-5"}
    total = call | {"gen_ai.token.modality": "unknown"}
    assert series(capture) == {
        "gen_ai.client.operation.duration": [(call, 0.225)],
        "gen_ai.client.token.usage": [
            (call | {"gen_ai.token.type": "input"}, 13821),
            (call | {"gen_ai.token.type": "output"}, 640),
        ],
        "gen_ai.client.inference.usage.cache_read.input_tokens": [(total, 12000)],
        "gen_ai.client.inference.usage.cache_write.input_tokens": [(total, 1800)],
        "gen_ai.client.inference.usage.reasoning.output_tokens": [(total, 512)],
        "foundry.client.attempt.duration": [(attempt, 0.225)],
        "foundry.client.token.usage": [
            (call | {"gen_ai.token.type": "input"}, 13821),
            (call | {"gen_ai.token.type": "output"}, 640),
        ],
        "foundry.client.cost": [(call, capture.ledger[0]["foundry.cost.usd"])],
    }


def test_attribute_types(capture: Capture, clock: Clock) -> None:
    """A flag is a flag and a status a number, in every series."""
    exchange("err_401_invalid_key", capture, clock)
    failed = {"http.response.status_code": 401, "error.type": "auth_invalid_key"}
    found = series(capture)
    ((attempt, _),) = found["foundry.client.attempt.duration"]
    assert typed(attempt) == typed(ATTEMPT | failed)
    ((auth, value),) = found["foundry.client.auth.failures"]
    wanted = ATTEMPT | failed
    del wanted["foundry.attempt.retry"]
    assert (typed(auth), value) == (typed(wanted), 1)
    ((operation, _),) = found["gen_ai.client.operation.duration"]
    call = {name: value for name, value in CALL.items() if name != "gen_ai.response.model"}
    assert typed(operation) == typed(call | {"error.type": "auth_invalid_key"})


def test_time_to_first_chunk(capture: Capture, clock: Clock) -> None:
    """Streams alone have a first chunk, timed from the request."""
    exchange("ok_json_basic", capture, clock)
    exchange("sse_text", capture, clock)
    assert series(capture)["gen_ai.client.operation.time_to_first_chunk"] == [(CALL, 0.2)]


def test_partial_stream(capture: Capture, clock: Clock) -> None:
    """A stream that was cut counts the input that was reported and no output, and costs nothing known."""
    exchange("sse_truncated", capture, clock)
    found = series(capture)
    assert found["gen_ai.client.token.usage"] == [(CALL | {"gen_ai.token.type": "input"}, 14)]
    assert found["gen_ai.client.operation.duration"] == [
        (CALL | {"error.type": "stream_truncated"}, pytest.approx(0.225))
    ]
    assert "foundry.client.cost" not in found


@pytest.mark.parametrize("owner", [None, OWNER], ids=["own", "owner"])
def test_counting_tokens_consumes_none(owner: dict[str, str] | None, capture: Capture, clock: Clock) -> None:
    """An estimate of tokens is in no sum of tokens, and its call in no metric of inference."""
    exchange("ok_count_tokens", capture, clock, owner=owner)
    assert set(series(capture)) == {"foundry.client.attempt.duration"}
    assert not [name for span in capture.spans for name in span.attributes or {} if "usage" in name]
    assert capture.observations[0].counted_input_tokens is not None


CALLS_THAT_END = {
    "ok_json_basic": True,
    "err_401_invalid_key": True,
    "sse_error_overloaded": True,
    "sse_truncated": True,
    "err_429_foundry_rate_limit": False,
    "err_529_overloaded": False,
    "noresp_connect_error": False,
}


@pytest.mark.parametrize("name", CALLS_THAT_END)
def test_duration_of_a_call(name: str, capture: Capture, clock: Clock) -> None:
    """Below an owner the call's duration is told when nobody will try again; else the attempt's only."""
    exchange(name, capture, clock, owner=OWNER)
    found = series(capture)
    assert ("gen_ai.client.operation.duration" in found) is CALLS_THAT_END[name]
    assert len(found["foundry.client.attempt.duration"]) == 1


@pytest.mark.parametrize("name", CALLS_THAT_END)
def test_duration_of_our_own_call(name: str, capture: Capture, clock: Clock) -> None:
    """Where the call's span is ours, every attempt is a call that ended."""
    exchange(name, capture, clock)
    assert "gen_ai.client.operation.duration" in series(capture)


@needs_prices
def test_no_id_is_on_a_metric(capture: Capture, clock: Clock) -> None:
    """Nothing that differs from call to call is an attribute of a metric."""
    for name in ("ok_json_cache_thinking", "sse_text", "err_401_token_expired", "err_529_overloaded"):
        exchange(name, capture, clock)
    names = {name for points in series(capture).values() for attributes, _ in points for name in attributes}
    assert names == set(CALL) | set(ATTEMPT) | {
        "error.type",
        "gen_ai.token.type",
        "gen_ai.token.modality",
    }


def test_losses(capture: Capture, clock: Clock) -> None:
    """What was dropped is reported by reason and signal, and nothing while nothing was."""
    exchange("ok_json_basic", capture, clock)
    assert "foundry.telemetry.dropped" not in series(capture)
    dropped.add(Reason.INTERNAL_ERROR, Signal.TOKENS, 2)
    own = {"foundry.telemetry.reason": "internal_error", "foundry.telemetry.signal": "tokens"}
    assert series(capture)["foundry.telemetry.dropped"] == [(own, 2)]


def test_two_readers_see_the_same(clock: Clock) -> None:
    """Each reader has every attempt once, whichever asks first and however often."""
    readers = InMemoryMetricReader(), InMemoryMetricReader()
    capture = Capture()
    capture.meter_provider = MeterProvider(readers, shutdown_on_exit=False)
    exchange("ok_json_basic", capture, clock)
    readers[0].collect()
    exchange("ok_json_basic", capture, clock)
    for reader in (readers[1], readers[0], readers[1]):
        capture.reader = reader
        (point,) = capture.points()["foundry.client.attempt.duration"]
        assert (point.count, point.sum) == (2, pytest.approx(0.45))


def test_sums_over_several_calls(capture: Capture, clock: Clock) -> None:
    """Counters add up and are reported as totals at each collection, never twice."""
    for _ in range(3):
        exchange("ok_json_cache_thinking", capture, clock)
    name = "gen_ai.client.inference.usage.cache_read.input_tokens"
    assert [value for _, value in series(capture)[name]] == [36000]
    exchange("ok_json_cache_thinking", capture, clock)
    assert [value for _, value in series(capture)[name]] == [48000]


@pytest.fixture
def _tags_on_metrics() -> Iterator[None]:
    """`tenant` and `feature` go on metrics; then none again."""
    set_tags(on_metrics=("tenant", "feature"))
    yield
    set_tags()


@pytest.mark.usefixtures("_tags_on_metrics")
def test_tags_on_metrics(capture: Capture, clock: Clock) -> None:
    """Tags that are allowed stand on every metric of a call that has them; no other tag does."""
    with attribute(tenant="acme", team="blue", user="jane"):
        exchange("ok_json_cache_thinking", capture, clock)
    exchange("sse_text", capture, clock)
    for name, points in series(capture).items():
        reported = [{key: value for key, value in fields.items() if "tag" in key} for fields, _ in points]
        assert {"foundry.tag.tenant": "acme"} in reported or "first_chunk" in name
        assert all(fields in ({"foundry.tag.tenant": "acme"}, {}) for fields in reported)


def test_no_tags_on_metrics_unless_allowed(capture: Capture, clock: Clock) -> None:
    """At the start no tag goes on metrics."""
    with attribute(tenant="acme"):
        exchange("ok_json_cache_thinking", capture, clock)
    assert "foundry.tag" not in repr(series(capture))


def recorder(capture: Capture, seen: Observation) -> Callable[[dict[str, str]], None]:
    """Reports the attempt `seen` again, with other tags, as if it were made again."""
    signals = make_signals(capture.tracer_provider, capture.meter_provider, capture.logger_provider)
    link = unbound(Context())

    def record(tags: dict[str, str]) -> None:
        link.response_fields = None
        notify(make_listeners(signals)[1:], structs.replace(seen, tags=tags), link)

    return record


@needs_prices
@pytest.mark.usefixtures("_tags_on_metrics")
def test_2_000_tenants_are_few_series(capture: Capture, clock: Clock) -> None:
    """Metrics report the first fifty values and `other`; the sums stay whole; the ledger has them all."""
    exchange("ok_json_cache_thinking", capture, clock)
    (seen,) = capture.observations
    record = recorder(capture, seen)
    for number in range(2_000):
        record({"tenant": f"t{number}", "feature": f"f{number % 7}"})
    points = series(capture)["foundry.client.cost"]
    assert len({fields.get("foundry.tag.tenant") for fields, _ in points}) == 52  # and the call without
    assert {fields.get("foundry.tag.tenant") for fields, _ in points} >= {"other", None}
    assert len(points) <= 201
    assert math.fsum(usd for _, usd in points) == pytest.approx(2_001 * seen.cost_usd, rel=1e-9)
    assert len({event.get("foundry.tag.tenant") for event in capture.ledger}) == 2_001


@needs_prices
@pytest.mark.usefixtures("_tags_on_metrics")
def test_too_many_combinations_cost_the_tags_and_not_the_place(capture: Capture, clock: Clock) -> None:
    """Of 1,600 combinations of tenant and feature most have `other` for both; the deployment stays."""
    exchange("ok_json_cache_thinking", capture, clock)
    (seen,) = capture.observations
    record = recorder(capture, seen)
    for number in range(1_600):
        record({"tenant": f"t{number // 40}", "feature": f"f{number % 40}"})
    points = series(capture)["foundry.client.cost"]
    assert len(points) <= 202
    assert {fields["gen_ai.request.model"] for fields, _ in points} == {seen.deployment}


def test_heartbeat(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each collection tells how long the process has been instrumented, with or without calls."""
    make_signals(capture.tracer_provider, capture.meter_provider, capture.logger_provider)
    monkeypatch.setattr(gauges._start, "at_s", 100.0)
    monkeypatch.setattr(gauges, "_version", lambda: {"foundry.telemetry.version": "7.8.9"})
    for now in (160.0, 220.5):
        monkeypatch.setattr(gauges, "monotonic", lambda now=now: now)
        beat = {"foundry.telemetry.version": "7.8.9"}
        (point,) = capture.points()["foundry.telemetry.heartbeat"]
        assert (point.attributes, point.value) == (beat, now - 100.0)


def test_heartbeat_without_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a bundle without metadata the version is not reported."""

    def missing(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(gauges, "version", missing)
    gauges._version.cache_clear()
    assert gauges._version() == {}
    gauges._version.cache_clear()
