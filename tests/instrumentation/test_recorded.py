"""Every recorded answer through every client class and every integration: one path, so one observation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry import attempt as attempt_module
from tests.instrumentation.replay import NO_ANSWER, case_named, replay, send, step_of
from tests.support.capture import Capture
from tests.support.families import Family
from tests.support.recorded import as_expected, canaries, cases, expected

PLAYABLE = [case for case in cases() if case["response"] or case["id"] in NO_ANSWER]
SIZES = {"recorded": None, "whole": 1 << 20, "bytes": 1}


@pytest.fixture(params=PLAYABLE, ids=lambda case: case["id"])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Each recorded case in turn, judged at the time it was recorded."""
    now = request.param["request"]["auth"]["now"]
    if now is not None:
        monkeypatch.setattr(attempt_module, "time_ns", lambda: now * 10**9)
    return request.param


def check(capture: Capture, case: dict[str, Any]) -> None:
    """One attempt was recorded, it is what the case expects, and no secret is in any of it."""
    assert [as_expected(seen, case) for seen in capture.observations] == [expected(case)]
    assert len(capture.ledger) == 1
    assert [(span.name.split()[0]) for span in capture.spans] == [capture.observations[0].operation]
    everything = capture.everything()
    assert not [canary for canary in canaries(case) if canary in everything]


def observe(case: dict[str, Any], family: Family, size: int | None = None, **options: Any) -> Any:
    """Send the case through a client of the family; the client."""
    client = family.client(transport=replay(family.module, [step_of(case, size)]), **options)

    async def scenario() -> None:
        async with client:
            await send(client, case, streamed=case["expect"]["streamed"] or bool(size))

    return client, scenario


@pytest.fixture
def gateway(capture: Capture) -> Iterator[Capture]:
    """The whole process instrumented with Azure's own hosts alone."""
    foundry_telemetry.instrument(**capture.options | {"hosts": ()})
    yield capture
    foundry_telemetry.uninstrument()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_process(case: dict[str, Any], family: Family, size: int | None, gateway: Capture) -> None:
    """`instrument()`: however the body is cut and whichever client reads it, the observation is the same."""
    _, scenario = observe(case, family, size)
    family.run(scenario)
    check(gateway, case)


def test_client(case: dict[str, Any], family: Family, capture: Capture) -> None:
    """`instrument(client)`: the same observation."""
    client, scenario = observe(case, family)
    foundry_telemetry.instrument(client.raw, **capture.options)
    family.run(scenario)
    check(capture, case)


def test_hooks(case: dict[str, Any], family: Family, capture: Capture) -> None:
    """`event_hooks()`: the same observation wherever an answer came; over a custom transport, no other."""
    hooks = foundry_telemetry.async_event_hooks if family.is_async else foundry_telemetry.event_hooks
    _, scenario = observe(case, family, event_hooks=hooks(**capture.options))
    family.run(scenario)
    if case["response"] is None:
        assert capture.observations == []
    else:
        check(capture, case)


def test_other_traffic_is_not_seen(family: Family, instrumented: Capture) -> None:
    """A request to another host, or to another path, leaves nothing behind and keeps its transport."""
    case = case_named("ok_json_basic")
    client = family.client(transport=replay(family.module, [step_of(case)]))

    async def scenario() -> None:
        async with client:
            for url in (
                "https://api.anthropic.com/v1/messages",
                "https://example-resource.services.ai.azure.com/openai/v1/responses",
            ):
                assert (await client.request("POST", url, json={"model": "m"})).status_code == 200

    family.run(scenario)
    assert client.raw._transport_for_url(client.raw.build_request("GET", "http://a/").url) is (
        client.raw._transport
    )
    assert instrumented.observations == instrumented.spans == instrumented.ledger == []
