"""What a user says of prices: discounts, data zones, deployments whose model nobody tells, dated rates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from foundry_telemetry import pricing
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing import (
    Rates,
    Terms,
    cost,
    list_prices,
    missing,
    partial_cost,
    set_prices,
    usd_per_ccu,
)
from tests.instrumentation.replay import case_named
from tests.pricing.test_pricing import NOVEMBER, OWN, USAGE, VERSION, price_of
from tests.support.capture import Capture
from tests.support.recorded import body_of

SONNET = "claude-sonnet-5-5"
DAY_NS = 86_400 * 10**9


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Each test starts with list prices."""
    list_prices._tables.clear()
    yield
    set_prices({})


def usd(model: str | None, usage: TokenUsage = USAGE, at_ns: int = NOVEMBER, **reported: Any) -> float | None:
    """The cost alone."""
    found = cost(model, usage, at_ns, **reported)
    return None if found is None else found.usd


@given(
    discount=st.decimals("0.01", "2", places=3),
    zone=st.decimals("0.5", "3", places=2),
    tokens=st.integers(0, 10**7),
)
@settings(max_examples=60, deadline=None, database=None)
def test_factors_are_exact(discount: Decimal, zone: Decimal, tokens: int) -> None:
    """A discount and a multiplier change the sum of decimals, not that of floats: no digit is lost."""
    usage = TokenUsage(input_tokens=tokens, output_tokens=3, complete=True)
    set_prices({"zone": float(zone)}, discount=float(discount))
    listed_usd = Decimal(tokens) * 2 / 10**6 + Decimal(3) * 10 / 10**6
    assert usd(SONNET, usage) == float(listed_usd * discount)
    assert usd(SONNET, usage, deployment="zone") == float(listed_usd * discount * zone)


def test_sources_name_the_factor() -> None:
    """A cost says which multiple of which list it is."""
    set_prices({"zone": 1.1}, discount=0.9)
    found = [cost(SONNET, USAGE, NOVEMBER, deployment=name) for name in ("zone", "other")]
    assert [one.source for one in found if one] == [f"{VERSION} x 0.99", f"{VERSION} x 0.9"]


def test_a_discount_leaves_own_rates_alone() -> None:
    """Own rates are what was agreed; a multiplier of the deployment still holds."""
    set_prices({"mine": OWN, "zone": Terms(rates=OWN, multiplier=1.1)}, discount=0.5)
    assert usd(SONNET, deployment="mine") == 0.0045
    found = cost(SONNET, USAGE, NOVEMBER, deployment="zone")
    assert found is not None
    assert (found.usd, found.source) == (0.00495, "override x 1.1")


@pytest.mark.parametrize("model", [None, "support-chat-prod", "nobody"])
def test_a_deployment_whose_model_is_not_reported(model: str | None) -> None:
    """Where the answer names no model that has a price, the map says which it is."""
    assert usd(model, deployment="support-chat-prod") is None
    set_prices({"support-chat-prod": Terms(model=SONNET, multiplier=1.1)})
    assert usd(model, deployment="support-chat-prod") == float(Decimal("0.003") * Decimal("1.1"))


def test_the_model_of_the_answer_wins_over_the_map() -> None:
    """What was really served is billed."""
    set_prices({"d": Terms(model=SONNET)})
    assert usd("claude-haiku-5-5", deployment="d") == price_of("claude-haiku-5-5", USAGE)


def test_the_map_finds_own_rates() -> None:
    """Rates set for a model hold for a deployment that is mapped to it."""
    set_prices({"d": Terms(model="claude-next"), "claude-next": OWN})
    assert usd(None, deployment="d") == 0.0045


def test_rates_by_date() -> None:
    """Rates hold from their UTC day on; before the first of them the list price does."""
    border = int(datetime(2026, 10, 7, tzinfo=UTC).timestamp()) * 10**9
    later = structs.replace(OWN, input=6.0, since=date(2026, 10, 9))
    set_prices({SONNET: Terms(rates=(structs.replace(OWN, since=date(2026, 10, 7)), later))})
    assert usd(SONNET, at_ns=border - 1) == price_of(SONNET, USAGE, border - 10**9)
    assert usd(SONNET, at_ns=border) == usd(SONNET, at_ns=border + 2 * DAY_NS - 1) == 0.0045
    assert usd(SONNET, at_ns=border + 2 * DAY_NS) == 0.0075


def test_memory_of_own_tables_is_bounded() -> None:
    """Model ids come from the server: ever new ones do not fill the memory."""
    set_prices({"mine": OWN})
    for number in range(3 * pricing._KEPT):
        assert usd(f"nobody-{number}") is None
    assert len(pricing._own_tables) <= pricing._KEPT


def test_consumption_units() -> None:
    """A unit costs a cent unless told otherwise."""
    assert usd_per_ccu() == 0.01
    set_prices({}, usd_per_ccu=0.02)
    assert usd_per_ccu() == 0.02


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: Terms(multiplier=-1.1),
            ValueError,
            r"Terms\.multiplier is -1\.1; expected a factor above 0",
        ),
        (lambda: Terms(multiplier=0), ValueError, "multiplier is 0"),
        (lambda: Terms(model=7), TypeError, r"Terms\.model is 7"),  # type: ignore[arg-type]
        (lambda: Terms(rates=(1.1,)), TypeError, r"Terms\.rates has 1\.1"),  # type: ignore[arg-type]
        (lambda: structs.replace(OWN, since="2026"), TypeError, r"Rates\.since is '2026'; expected a date"),
        (lambda: set_prices({}, discount=0), ValueError, "discount is 0; expected a factor above 0"),
        (lambda: set_prices({}, usd_per_ccu=-1), ValueError, "usd_per_ccu is -1; expected US dollars"),
    ],
)
def test_bad_terms(make: Any, error: type[Exception], text: str) -> None:
    """What cannot be is refused where it is written, by name and value."""
    with pytest.raises(error, match=text):
        make()


# --- what is not whole ------------------------------------------------------------------------------------

LEFT = TokenUsage(input_tokens=412, cache_read_input_tokens=2111, cache_creation_input_tokens=877)


def test_partial_cost() -> None:
    """Of an answer that ended before its output was reported the input is sure, and marked as a part."""
    assert cost(SONNET, LEFT, NOVEMBER) is None
    found = partial_cost(SONNET, LEFT, NOVEMBER)
    assert found is not None
    assert found.is_partial
    assert found.usd == usd(SONNET, structs.replace(LEFT, output_tokens=0, complete=True))
    assert partial_cost(SONNET, USAGE, NOVEMBER) is None
    assert partial_cost("nobody", LEFT, NOVEMBER) is None
    assert partial_cost(SONNET, TokenUsage(), NOVEMBER) is None


@pytest.mark.parametrize(
    ("model", "usage", "why"),
    [
        (SONNET, LEFT, "incomplete"),
        (None, USAGE, "no_model"),
        ("nobody", USAGE, "unknown_model"),
        (SONNET, structs.replace(USAGE, compaction_input_tokens=9), "unpriced_usage"),
        ([], USAGE, "unknown_model"),
    ],
)
def test_reasons(model: Any, usage: TokenUsage, why: str) -> None:
    """Each attempt without a cost has one of four reasons."""
    assert cost(model, usage, NOVEMBER) is None
    assert missing(model, usage, NOVEMBER) == why


# --- on the wire ------------------------------------------------------------------------------------------

WHOLE = ("sse_text", "sse_cache", "sse_thinking", "sse_server_tool", "sse_tool_use")


@pytest.mark.parametrize("name", WHOLE)
def test_wire_cases_cost_what_the_package_says(capture: Capture, name: str) -> None:
    """The bytes of a recorded answer, through a client, cost what the package computes from the same JSON."""
    seen = _played(name, capture)
    assert seen.cost_usd == _price_of_bytes(body_of(case_named(name)), seen.started_ns)
    assert seen.partial_cost_usd is None


def test_an_answer_from_a_data_zone_has_no_list_price(capture: Capture) -> None:
    """The list has no price for it; with the zone's multiplier the cost is the list's times that, exactly."""
    name, model = "ok_json_cache_thinking", "claude-opus-5-5"
    assert _played(name, capture).cost_usd is None
    (point,) = capture.points()["foundry.client.cost.unpriced_attempts"]
    assert dict(point.attributes)["foundry.cost.unpriced_reason"] == "unpriced_usage"
    set_prices({model: 1.1})
    seen = _played(name, capture)
    at_list = Decimal(repr(_price_of_bytes(body_of(case_named(name)), seen.started_ns)))
    assert seen.cost_usd == float(at_list * Decimal("1.1"))


@pytest.mark.parametrize("name", ["sse_truncated", "sse_error_overloaded"])
def test_broken_streams_have_a_partial_cost(capture: Capture, name: str) -> None:
    """It stands apart: in a field and a metric of its own, and in no sum of costs."""
    seen = _played(name, capture)
    assert seen.cost_usd is None
    assert seen.partial_cost_usd
    (event,) = capture.ledger
    assert event["foundry.cost.partial_usd"] == seen.partial_cost_usd
    assert "foundry.cost.usd" not in event
    points = capture.points()
    assert "foundry.client.cost" not in points
    assert [point.value for point in points["foundry.client.cost.partial"]] == [seen.partial_cost_usd]
    assert "foundry.client.cost.unpriced_attempts" not in points
    (point,) = points["foundry.client.cost.incomplete_attempts"]
    assert (point.value, dict(point.attributes).get("foundry.cost.unpriced_reason")) == (1, None)


def _played(name: str, capture: Capture) -> Any:
    import foundry_telemetry
    from tests.support.families import httpx
    from tests.support.recorded import request_body, request_headers, url_of

    case = case_named(name)
    answer = httpx.Response(
        case["response"]["status"],
        headers=case["response"]["headers"],
        stream=httpx.ByteStream(body_of(case)),
    )
    foundry_telemetry.instrument(**capture.options)
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as client:
        client.post(url_of(case), headers=request_headers(case), content=request_body(case))
    return capture.observations.pop()


def _price_of_bytes(body: bytes, at_ns: int) -> float:
    """Usage read with nothing of ours: the start's counters under the last delta's."""
    reported = [json.loads(line[6:]) for line in body.split(b"\n") if line.startswith(b"data: ")]
    start = reported[0]["message"] if reported else json.loads(body)
    usage = dict(start["usage"])
    for event in reported:
        if event["type"] == "message_delta":
            usage |= {key: value for key, value in event["usage"].items() if value is not None}
    answer = genai_prices.extract_usage(
        {"model": start["model"], "usage": usage}, provider_id="anthropic"
    ).calc_price(genai_request_timestamp=datetime.fromtimestamp(at_ns / 1e9, UTC))
    return float(answer.total_price)


def test_rates_are_for_a_million() -> None:
    """A million tokens of each kind cost what the fields say."""
    rates = Rates(input=1, output=2, cache_read=4, cache_write_5m=8, cache_write_1h=16, web_searches=32)
    set_prices({"d": rates})
    usage = TokenUsage(
        input_tokens=10**6,
        output_tokens=10**6,
        cache_read_input_tokens=10**6,
        cache_creation_input_tokens=2 * 10**6,
        cache_creation_1h=10**6,
        web_search_requests=1000,
        complete=True,
    )
    assert usd("d", usage) == 63


def test_a_place_costs_what_the_user_says() -> None:
    """An answer from a place has no list price until a multiplier of its deployment or model gives it one."""
    here = structs.replace(USAGE, inference_geo="us")
    assert cost(SONNET, here, NOVEMBER, deployment="zone") is None
    set_prices({"zone": Terms(model=SONNET)})
    assert cost(SONNET, here, NOVEMBER, deployment="zone") is None
    for said in (Terms(multiplier=1.1), 1.1):
        set_prices({"zone": said})
        at_said = cost(SONNET, here, NOVEMBER, deployment="zone")
        assert at_said is not None
        assert at_said == cost(SONNET, USAGE, NOVEMBER, deployment="zone")
    set_prices({SONNET: 1.0})
    at_list = cost(SONNET, here, NOVEMBER, deployment="zone")
    set_prices({})
    assert at_list == cost(SONNET, USAGE, NOVEMBER)


@pytest.mark.parametrize("terms", [{"speed": "fast"}, {"service_tier": "priority"}, {"inference_geo": "us"}])
def test_own_rates_hold_whatever_the_terms(terms: dict[str, str]) -> None:
    """Own rates are what was agreed for a deployment, at every speed, tier and place."""
    set_prices({"mine": OWN})
    usage = structs.replace(USAGE, **terms)
    assert cost(None, usage, NOVEMBER, deployment="mine") == cost(None, USAGE, NOVEMBER, deployment="mine")


def test_own_rates_price_no_other_model() -> None:
    """Of what an advisor used they know nothing, so there is no cost."""
    set_prices({"mine": OWN})
    usage = structs.replace(USAGE, has_other_charges=True)
    assert cost(None, usage, NOVEMBER, deployment="mine") is None
