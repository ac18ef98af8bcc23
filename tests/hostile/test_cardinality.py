"""However many ids, models, deployments and servers there are: a fixed number of series."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from opentelemetry.context import Context

from foundry_telemetry.observation import Failure, Observation, RequestIds, TokenUsage
from foundry_telemetry.schema import metric_table as metric_names
from foundry_telemetry.signals import make_signals
from foundry_telemetry.signals.metric_attributes import Values
from foundry_telemetry.signals.span import unbound
from tests.hostile.harness import ASK, message, transport
from tests.support.capture import Capture
from tests.support.families import FAMILIES, httpx

pytestmark = pytest.mark.row(77)

SEEN = Observation(
    call_id="0" * 16,
    operation="chat",
    outcome="ok",
    started_ns=1,
    duration_s=1.0,
    time_to_first_token_s=0.5,
    status_code=200,
    cost_usd=0.25,
    usage=TokenUsage(
        input_tokens=2,
        output_tokens=1,
        cache_read_input_tokens=1,
        cache_creation_input_tokens=1,
        thinking_tokens=1,
        complete=True,
    ),
)
LINK = unbound(Context())
REFUSED = Failure(
    type="auth_invalid_key", origin="foundry", owner="caller_credential", retryable=False, auth_failure=True
)


def series_of(capture: Capture) -> dict[str, list[Any]]:
    """The points of each metric but the losses, which other tests cause too, and the heartbeat.

    Nor of the quota's gauges: they report fifty deployments and no other, since a limit is one's own.
    """
    reported = capture.points()
    for name, points in reported.items():
        assert ".quota." not in name or len(points) <= 3 * 50
    of_the_process = (metric_names.DROPPED, metric_names.HEARTBEAT)
    return {
        name: points
        for name, points in reported.items()
        if name not in of_the_process and ".quota." not in name
    }


def recorded(capture: Capture, seen: Any) -> dict[str, list[Any]]:
    """The points of all metrics after each of `seen` was recorded."""
    metrics = make_signals(capture.tracer_provider, capture.meter_provider).metrics
    for one in seen:
        metrics.finished(one, LINK)
    return series_of(capture)


def numbered(number: int) -> Observation:
    """An observation in which everything that can differ does."""
    return replace(
        SEEN,
        call_id=f"{number:016x}",
        deployment=f"dep-{number}",
        response_model=f"model-{number}",
        response_id=f"msg_{number}",
        server_address=f"h{number}.services.ai.azure.com",
        path=f"/{number}/v1/messages",
        ids=RequestIds(apim_request_id=f"az-{number}", request_id=f"req_{number}"),
        tags={"tenant": f"t{number}"},
        client=f"client/{number}",
        region=f"Region {number}",
        failure=REFUSED if number % 3 == 0 else None,
    )


@pytest.mark.slow
def test_twenty_thousand_of_everything(capture: Capture) -> None:
    """20,000 servers, deployments, models, ids, tags: 51 values of each attribute, one of them `other`."""
    points = recorded(capture, map(numbered, range(20_000)))
    assert len(points) >= 9
    for name, series in points.items():
        assert len(series) <= 2 * 2 * 51, name
        values: dict[str, set[Any]] = {}
        for point in series:
            assert "otel.metric.overflow" not in point.attributes
            for key, value in point.attributes.items():
                values.setdefault(key, set()).add(value)
        for key in ("server.address", "gen_ai.request.model"):
            assert len(values[key]) == 51 or (name == "foundry.client.auth.failures" and len(values[key]) > 2)
            assert "other" in values[key]
        reported = {value for found in values.values() for value in found if isinstance(value, str)}
        assert not [
            value
            for value in reported
            if value.startswith(("az-", "req_", "msg_", "t1", "client/", "/", "Region"))
        ]


def test_nothing_is_lost_in_other(capture: Capture) -> None:
    """What is told under `other` still counts: the sum over all series is the sum over all calls."""
    points = recorded(capture, map(numbered, range(1_000)))
    assert sum(point.value for point in points["foundry.client.cost"]) == 250
    assert sum(point.count for point in points["foundry.client.attempt.duration"]) == 1000
    assert sum(point.sum for point in points["gen_ai.client.token.usage"]) == 1000 * (4 + 1)
    assert sum(point.value for point in points["foundry.client.auth.failures"]) == 334


def test_combinations(capture: Capture) -> None:
    """A few servers, deployments and models each are many in combination: those are bounded as well."""
    seen = (
        replace(SEEN, server_address=f"h{n % 23}", deployment=f"d{n % 29}", response_model=f"m{n % 31}")
        for n in range(4_000)  # twice the series that the SDK takes
    )
    points = recorded(capture, seen)
    for name, series in points.items():
        assert len(series) <= 2 * 201, name
    assert sum(point.value for point in points["foundry.client.cost"]) == 1000


def test_every_status(capture: Capture) -> None:
    """A server that goes through every status there is stays below the SDK's 2000 series."""
    answers = (replace(REFUSED, type=f"http_{status}") for status in range(100, 1000))
    points = recorded(capture, (replace(SEEN, status_code=int(one.type[5:]), failure=one) for one in answers))
    for series in points.values():
        assert len(series) <= 900
        assert not [point for point in series if "otel.metric.overflow" in point.attributes]


def test_values_stay_known() -> None:
    """The first fifty values keep their names, however many come after them."""
    values = Values()
    names = [values.bound(f"v{number}") for number in range(60)]
    assert names == [f"v{number}" for number in range(50)] + ["other"] * 10
    assert values.bound("v7") == "v7"


def test_through_a_client(instrumented: Capture) -> None:
    """Models that the server makes up and servers that the application walks through end in `other`."""
    number = 0

    def answer(_: Any) -> Any:
        body = message().replace(b"claude-sonnet-5-5", b"model-%d" % number)
        return 200, [("content-type", "application/json"), ("request-id", f"req_{number}")], [body]

    with httpx.Client(transport=transport(FAMILIES[0], answer)) as client:
        for number in range(200):
            url = f"https://h{number}.services.ai.azure.com/anthropic/v1/messages"
            client.post(url, json=ASK | {"model": f"dep-{number}"})
    points = series_of(instrumented)
    for series in points.values():
        assert len(series) <= 2 * 51
        assert {point.attributes["server.address"] for point in series} >= {
            "other",
            "h0.services.ai.azure.com",
        }
    models = {point.attributes["gen_ai.response.model"] for point in points["gen_ai.client.token.usage"]}
    assert len(models) == 51
