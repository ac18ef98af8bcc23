"""`foundry_telemetry.pricing` against the package it gets its prices from."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import genai_prices
import msgspec
import pytest
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing import Cost, Rates, cost, list_prices, missing, preload, set_prices
from tests.support.patience import PATIENCE_S

ANTHROPIC = next(provider for provider in get_snapshot().providers if provider.id == "anthropic")
MODELS = {model.id: model for model in ANTHROPIC.models}
NOVEMBER = int(datetime(2026, 11, 20, 15, 4, tzinfo=UTC).timestamp()) * 10**9
VERSION = f"genai-prices {genai_prices.__version__}"
USAGE = TokenUsage(input_tokens=1000, output_tokens=100, complete=True)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Each test starts with no override, no snapshot of its own and nothing remembered."""
    list_prices._tables.clear()
    yield
    set_prices({})
    set_custom_snapshot(None)
    list_prices._tables.clear()


def context_of(usage: TokenUsage) -> dict[str, str]:
    """The terms of an answer that are not the ordinary ones, in the package's words."""
    terms = {
        "speed": usage.speed,
        "processing": usage.service_tier,
        "inference_geo": usage.inference_geo,
    }
    return {name: term for name, term in terms.items() if term not in (None, "standard", "global")}


def is_listed(model: str, usage: TokenUsage, at: datetime) -> bool:
    """Whether the list has a price for the terms of an answer on a day."""
    context = context_of(usage)
    return not context or any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(at))
        for variant in MODELS[model].price_variants or ()
    )


def price_of(model: str, usage: TokenUsage, at_ns: int = NOVEMBER) -> float:
    """What the package says of the JSON that the service would have sent."""
    body: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_creation_5m,
            "ephemeral_1h_input_tokens": usage.cache_creation_1h,
        },
        "server_tool_use": {"web_search_requests": usage.web_search_requests},
        "output_tokens_details": {"thinking_tokens": usage.thinking_tokens},
    }
    body = {name: value for name, value in body.items() if value is not None}
    for name, value in body.items():
        if isinstance(value, dict):
            body[name] = {key: number for key, number in value.items() if number is not None}
    answer = genai_prices.extract_usage({"model": model, "usage": body}, provider_id="anthropic").calc_price(
        genai_request_timestamp=datetime.fromtimestamp(at_ns / 1e9, UTC), price_context=context_of(usage)
    )
    return float(answer.total_price)


def priced(model: str, usage: TokenUsage, at_ns: int = NOVEMBER) -> float:
    """What we say, from the list."""
    found = cost(model, usage, at_ns)
    assert found is not None
    assert found.source == VERSION
    return found.usd


def borders(model: ModelInfo) -> set[int]:
    """Prompt lengths at which any price of the model changes, at any date."""
    lists = [model.prices] if isinstance(model.prices, ModelPrice) else [one.prices for one in model.prices]
    values = [value for prices in lists for value in vars(prices).values()]
    return {tier.start for value in values if isinstance(value, TieredPrices) for tier in value.tiers}


BORDERS = sorted({start for model in MODELS.values() for start in borders(model)})


def conditions(model: ModelInfo) -> list[ConditionalPrice | PriceVariant]:
    """Every price of the model that holds only at times."""
    return [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]


DATES = sorted(
    {
        condition.constraint.start_date
        for model in MODELS.values()
        for condition in conditions(model)
        if isinstance(condition.constraint, StartDateConstraint)
    }
)


@st.composite
def usages(draw: st.DrawFn) -> TokenUsage:
    """Counters as the service may send them; half of the prompts are near a border."""
    near = st.sampled_from([start + step for start in (0, *BORDERS) for step in (-1, 0, 1)]).map(
        lambda n: max(n, 0)
    )
    prompt = draw(near | st.integers(0, 2_000_000))
    reads = draw(st.none() | st.integers(0, prompt))
    writes = draw(st.none() | st.integers(0, prompt - (reads or 0)))
    hour = draw(st.none() | st.integers(0, writes or 0))
    return TokenUsage(
        input_tokens=prompt - (reads or 0) - (writes or 0),
        output_tokens=(output := draw(st.integers(0, 128_000))),
        cache_read_input_tokens=reads,
        cache_creation_input_tokens=writes,
        cache_creation_5m=None if hour is None else (writes or 0) - hour,
        cache_creation_1h=hour,
        thinking_tokens=draw(st.none() | st.integers(0, output)),
        web_search_requests=draw(st.none() | st.integers(0, 30)),
        service_tier=draw(st.sampled_from([None, "standard", "priority", "batch"])),
        speed=draw(st.sampled_from([None, None, "standard", "fast"])),
        inference_geo=draw(st.sampled_from([None, None, "global", "us"])),
        complete=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("model", sorted(MODELS))
def test_equals_the_package(model: str) -> None:
    """For every Claude model, any counters and any date: what the package computes, to the last digit."""
    days = [int(datetime.combine(day, time(), UTC).timestamp()) * 10**9 for day in DATES]
    moments = st.sampled_from([moment for day in days for moment in (day - 1, day)]) | st.just(NOVEMBER)

    @settings(max_examples=40, deadline=None, database=None)
    @given(usage=usages(), at_ns=moments)
    def check(usage: TokenUsage, at_ns: int) -> None:
        if not is_listed(model, usage, datetime.fromtimestamp(at_ns // 10**9, UTC)):
            assert cost(model, usage, at_ns) is None
            return
        expected = price_of(model, usage, at_ns // 10**9 * 10**9)
        assert priced(model, usage, at_ns) == expected

    check()


@pytest.mark.parametrize("model", sorted(id_ for id_, model in MODELS.items() if borders(model)))
def test_whole_request_changes_price_above_a_border(model: str) -> None:
    """At the border every token has the lower price, one token further the higher one, cached or not."""
    for start in borders(MODELS[model]):
        for prompt in (start - 1, start, start + 1):
            for usage in (
                TokenUsage(input_tokens=prompt, output_tokens=7, complete=True),
                TokenUsage(input_tokens=0, output_tokens=7, cache_read_input_tokens=prompt, complete=True),
                TokenUsage(
                    input_tokens=1, output_tokens=7, cache_creation_input_tokens=prompt - 1, complete=True
                ),
            ):
                expected = price_of(model, usage)
                assert priced(model, usage) == expected
    low, high = (
        priced("claude-haiku-5-5", TokenUsage(input_tokens=n, output_tokens=0, complete=True))
        for n in (100_000, 100_001)
    )
    assert high > 4.99 * low


def test_known_sum() -> None:
    """At 3 and 15 USD, with reads and both kinds of writes: 0.0149763 USD, of which 0.0102 is no cache."""
    usage = TokenUsage(
        input_tokens=412,
        output_tokens=598,
        cache_read_input_tokens=2111,
        cache_creation_input_tokens=877,
        cache_creation_5m=500,
        cache_creation_1h=377,
        complete=True,
    )
    assert priced("claude-sonnet-4-6", usage) == 0.0149763
    plain = TokenUsage(input_tokens=412, output_tokens=598, complete=True)
    assert priced("claude-sonnet-4-6", plain) == 0.010206


def test_writes_of_unknown_lifetime_cost_as_five_minutes() -> None:
    """Without the split, and for what the split leaves out, a write has the five-minute price."""
    reported: dict[str, Any] = dict(input_tokens=0, output_tokens=0, complete=True)
    five = priced(
        "claude-sonnet-5-5", TokenUsage(**reported, cache_creation_input_tokens=800, cache_creation_5m=800)
    )
    assert priced("claude-sonnet-5-5", TokenUsage(**reported, cache_creation_input_tokens=800)) == five
    hour = priced(
        "claude-sonnet-5-5", TokenUsage(**reported, cache_creation_input_tokens=800, cache_creation_1h=800)
    )
    assert hour == pytest.approx(five * 4 / 2.5)
    some = priced(
        "claude-sonnet-5-5", TokenUsage(**reported, cache_creation_input_tokens=800, cache_creation_1h=200)
    )
    assert some == pytest.approx(five * 0.75 + hour * 0.25)


def test_split_alone_is_enough() -> None:
    """Where only the two parts of the write are reported, their sum is the write."""
    usage = TokenUsage(
        input_tokens=1, output_tokens=1, cache_creation_5m=500, cache_creation_1h=377, complete=True
    )
    whole = msgspec.structs.replace(usage, cache_creation_input_tokens=877)
    assert priced("claude-sonnet-5-5", usage) == priced("claude-sonnet-5-5", whole)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"complete": False}, id="final counters not seen"),
        pytest.param({"output_tokens": None}, id="output not reported"),
        pytest.param({"input_tokens": None}, id="input not reported"),
        pytest.param({"cache_creation_input_tokens": 5, "cache_creation_1h": 6}, id="part above the whole"),
        pytest.param({"compaction_input_tokens": 9}, id="compaction is billed, cache share not reported"),
        pytest.param({"compaction_output_tokens": 9}, id="compaction output"),
        pytest.param({"has_other_charges": True}, id="an advisor, a fallback, a credit"),
        pytest.param({"speed": "fast"}, id="fast, of a model without fast rates"),
        pytest.param({"speed": "turbo"}, id="a speed that nobody listed"),
        pytest.param({"service_tier": "priority"}, id="priority tier"),
        pytest.param({"service_tier": "flex"}, id="a tier that nobody listed"),
        pytest.param({"service_tier": "batch", "speed": "fast"}, id="two terms that are listed alone"),
        pytest.param({"inference_geo": "us"}, id="a place that costs more"),
        pytest.param({"inference_geo": "eu"}, id="a place that nobody listed"),
    ],
)
def test_unknown_counters_have_no_cost(changes: dict[str, Any]) -> None:
    """What is not reported, or cannot be, gives no cost: never 0, never a part of it."""
    usage = msgspec.structs.replace(USAGE, **changes)
    assert cost("claude-sonnet-5-5", USAGE, NOVEMBER) is not None
    assert cost("claude-sonnet-5-5", usage, NOVEMBER) is None
    assert missing("claude-sonnet-5-5", usage, NOVEMBER) in ("incomplete", "unpriced_usage")


@pytest.mark.parametrize("geo", [None, "global", "not_available"])
@pytest.mark.parametrize("tier", [None, "standard"])
@pytest.mark.parametrize("speed", [None, "standard"])
def test_ordinary_terms_have_the_list_price(geo: str | None, tier: str | None, speed: str | None) -> None:
    """What says nothing special of speed, tier and place costs the ordinary list price."""
    usage = msgspec.structs.replace(USAGE, inference_geo=geo, service_tier=tier, speed=speed)
    assert priced("claude-sonnet-5-5", usage) == priced("claude-sonnet-5-5", USAGE)


@pytest.mark.parametrize(
    "model", [None, "", "gpt-5", "my-deployment", "claude-sonnet-99", "anthropic.claude", "\ud800"]
)
def test_unknown_model_has_no_cost(model: str | None) -> None:
    """A model that the package does not know, or none, has no cost."""
    assert cost(model, USAGE, NOVEMBER) is None


@pytest.mark.parametrize(
    ("reported", "family"),
    [
        ("claude-sonnet-5-5-20260921", "claude-sonnet-5-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-opus-4-20250514", "claude-opus-4-0"),
        ("Claude-Sonnet-5-5", "claude-sonnet-5-5"),
    ],
)
def test_dated_model_ids(reported: str, family: str) -> None:
    """The id of a response, dated or not, finds its model, as in the package."""
    assert priced(reported, USAGE) == priced(family, USAGE) == price_of(reported, USAGE)


def test_prices_change_by_utc_day() -> None:
    """The last nanosecond of a day has the old price, the next one the new price."""
    border = int(datetime(2026, 3, 13, tzinfo=UTC).timestamp()) * 10**9
    usage = TokenUsage(input_tokens=300_000, output_tokens=10, complete=True)
    before, after = priced("claude-opus-4-6", usage, border - 1), priced("claude-opus-4-6", usage, border)
    assert before == 3.000375
    assert after == 1.50025


def test_asks_once_for_each_model_and_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call of the same day asks nothing, known model or not; the next day asks again."""
    asked: list[str] = []
    real = genai_prices.calc_price

    def spy(usage: object, model: str, **options: Any) -> Any:
        asked.append(model)
        return real(usage, model, **options)

    monkeypatch.setattr(genai_prices, "calc_price", spy)
    for moment in (NOVEMBER, NOVEMBER + 10**9):
        for model in ("claude-sonnet-5-5", "nobody"):
            cost(model, USAGE, moment)
    assert asked == ["claude-sonnet-5-5", "nobody"]
    cost("claude-sonnet-5-5", USAGE, NOVEMBER + 86_400 * 10**9)
    assert asked == ["claude-sonnet-5-5", "nobody", "claude-sonnet-5-5"]


def test_memory_is_bounded() -> None:
    """Model ids come from the server: ever new ones do not fill the memory."""
    for number in range(3 * list_prices._KEPT):
        cost(f"nobody-{number}", USAGE, NOVEMBER)
    assert len(list_prices._tables) <= list_prices._KEPT


@pytest.mark.parametrize(
    ("model", "usage", "at_ns"),
    [
        ("claude-sonnet-5-5", USAGE, 10**30),
        ("claude-sonnet-5-5", USAGE, None),
        ("claude-sonnet-5-5", None, NOVEMBER),
        ("claude-sonnet-5-5", TokenUsage(input_tokens="7", output_tokens=1, complete=True), NOVEMBER),  # type: ignore[arg-type]
        ([], USAGE, NOVEMBER),
    ],
)
def test_never_raises(model: Any, usage: Any, at_ns: Any) -> None:
    """Nonsense gives no cost and no exception."""
    assert cost(model, usage, at_ns) is None


def test_broken_package_is_silence(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A package that fails costs the estimate, not the call; it is asked once, and told at debug level."""
    asked: list[str] = []

    def fail(usage: object, model: str, **options: object) -> None:
        asked.append(model)
        raise RuntimeError("broken")

    monkeypatch.setattr(genai_prices, "calc_price", fail)
    with caplog.at_level(logging.DEBUG):
        preload()
        assert cost("claude-sonnet-5-5", USAGE, NOVEMBER) is None
        assert cost("claude-sonnet-5-5", USAGE, NOVEMBER) is None
    assert asked == ["claude-sonnet-5", "claude-sonnet-5-5"]
    assert {record.levelname for record in caplog.records if record.name.startswith("foundry")} == {"DEBUG"}


def test_works_from_many_threads() -> None:
    """Threads that all meet a model for the first time all get the same cost."""
    preload()
    found: list[Cost | None] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        found.extend(cost(model, USAGE, NOVEMBER) for model in sorted(MODELS))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 * len(MODELS)
    assert None not in found
    assert set(map(repr, found)) == {repr(cost(model, USAGE, NOVEMBER)) for model in MODELS}


@pytest.mark.slow
def test_package_is_loaded_only_when_asked() -> None:
    """Importing the room does not load the price list; `preload()` does; `cost()` works without it."""
    script = """
import sys
from foundry_telemetry import pricing
from foundry_telemetry.observation import TokenUsage
assert "genai_prices" not in sys.modules
if sys.argv[1] == "preload":
    pricing.preload()
    assert "genai_prices.data" in sys.modules
usage = TokenUsage(input_tokens=1000000, output_tokens=0, complete=True)
assert pricing.cost("claude-sonnet-5-5", usage, 1790000000 * 10**9).usd == 2.0
"""
    for how in ("preload", "plain"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, how],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr


# --- a package that says something else -------------------------------------------------------------------


def use_price(price: ModelPrice | list[ConditionalPrice], **snapshot: Any) -> None:
    """Make the package know one model, `claude-next`."""
    model = replace(MODELS["claude-sonnet-5-5"], prices=price, price_variants=None)
    model = replace(model, id="claude-next", match=ClauseEquals(equals="claude-next"))
    provider = replace(ANTHROPIC, models=[model])
    set_custom_snapshot(DataSnapshot(providers=[provider], from_auto_update=bool(snapshot), **snapshot))


def test_prices_the_package_updated_by_itself_say_so() -> None:
    """Where the application lets the package fetch new prices, the source has their date."""
    use_price(ModelPrice(input_mtok=Decimal(1)), timestamp=datetime(2026, 11, 19, tzinfo=UTC))
    assert cost("claude-next", USAGE, NOVEMBER) == Cost(0.001, f"{VERSION}+20261119")


def test_price_by_the_hour_is_no_price() -> None:
    """A price that depends on the hour is unknown to a table that is kept for a day."""
    cheap = ModelPrice(input_mtok=Decimal(1))
    use_price([ConditionalPrice(prices=cheap)])
    assert cost("claude-next", USAGE, NOVEMBER) is not None
    list_prices._tables.clear()
    night = TimeOfDateConstraint(start_time=time(1), end_time=time(5))
    use_price([ConditionalPrice(prices=cheap), ConditionalPrice(constraint=night, prices=cheap)])
    assert cost("claude-next", USAGE, NOVEMBER) is None


def test_price_for_each_request_and_several_borders() -> None:
    """A price for each request, several borders, and fields that lack: as in the package."""
    tiers = [Tier(start=10, price=Decimal(2)), Tier(start=1000, price=Decimal(5))]
    use_price(
        ModelPrice(
            input_mtok=TieredPrices(base=Decimal(1), tiers=tiers),
            output_mtok=Decimal(7),
            requests_kcount=Decimal(3),
        )
    )
    for prompt in (0, 1, 10, 11, 1000, 1001):
        usage = TokenUsage(input_tokens=0, cache_read_input_tokens=prompt, output_tokens=3, complete=True)
        assert priced("claude-next", usage) == price_of("claude-next", usage)


def test_dates_of_the_package_are_what_the_tests_try() -> None:
    """The package still has prices that change by date; without one the tests of dates prove nothing."""
    assert date(2026, 3, 13) in DATES
    assert 100_000 in BORDERS


# --- overrides --------------------------------------------------------------------------------------------

OWN = Rates(input=3, output=15, cache_read=0.3, cache_write_5m=3.75, cache_write_1h=6)


def test_own_rates() -> None:
    """Rates of the user price a deployment that nobody knows, and say `override`."""
    set_prices({"my-claude": OWN})
    usage = TokenUsage(
        input_tokens=412,
        output_tokens=598,
        cache_read_input_tokens=2111,
        cache_creation_input_tokens=877,
        cache_creation_1h=377,
        complete=True,
    )
    for found in (cost("my-claude", usage, NOVEMBER), cost(None, usage, NOVEMBER, deployment="my-claude")):
        assert found is not None
        assert found.usd == 0.0149763
        assert found.source == "override"
    assert cost("my-claude", msgspec.structs.replace(usage, complete=False), NOVEMBER) is None


def test_deployment_wins_over_model() -> None:
    """The rates of the deployment come before those of the model, and both before the list."""
    set_prices({"east": OWN, "claude-sonnet-5-5": msgspec.structs.replace(OWN, input=6.0, output=0.0)})
    from_list = cost("claude-haiku-4-5", USAGE, NOVEMBER, deployment="west")
    assert from_list is not None
    assert from_list.source == VERSION
    east = cost("claude-sonnet-5-5", USAGE, NOVEMBER, deployment="east")
    west = cost("claude-sonnet-5-5", USAGE, NOVEMBER, deployment="west")
    assert east is not None
    assert west is not None
    assert east.usd == 0.0045
    assert west.usd == 0.006


def test_factor_on_the_list_price() -> None:
    """A number multiplies the list price and is named in the source; of no price it makes none."""
    set_prices({"us-zone": 1.1})
    list_cost = priced("claude-sonnet-5-5", USAGE)
    found = cost("claude-sonnet-5-5", USAGE, NOVEMBER, deployment="us-zone")
    assert found == Cost(float(Decimal(repr(list_cost)) * Decimal("1.1")), f"{VERSION} x 1.1")
    assert cost("nobody", USAGE, NOVEMBER, deployment="us-zone") is None
    assert cost("claude-sonnet-5-5", TokenUsage(), NOVEMBER, deployment="us-zone") is None


def test_searches_need_a_rate() -> None:
    """Searches without a rate make the cost unknown, not smaller."""
    usage = msgspec.structs.replace(USAGE, web_search_requests=2)
    set_prices({"mine": OWN, "all": msgspec.structs.replace(OWN, web_searches=10.0)})
    assert cost("mine", usage, NOVEMBER) is None
    found = cost("all", usage, NOVEMBER)
    assert found == Cost(0.0245, "override")


def test_set_prices_replaces() -> None:
    """Each setting replaces the one before; an empty one brings the list prices back."""
    set_prices({"claude-sonnet-5-5": OWN})
    set_prices({"other": OWN})
    assert priced("claude-sonnet-5-5", USAGE) == price_of("claude-sonnet-5-5", USAGE)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("3", TypeError),
        (None, TypeError),
        (True, TypeError),
        (-1.0, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
    ],
)
def test_bad_rates(value: Any, error: type[Exception]) -> None:
    """A rate that is no price is refused where it is written, by name and value."""
    with pytest.raises(error, match=rf"Rates\.cache_read is {value!r}"):
        msgspec.structs.replace(OWN, cache_read=value)


@pytest.mark.parametrize(
    ("prices", "error", "text"),
    [
        ({"d": "cheap"}, TypeError, "'d' is 'cheap'; expected Terms"),
        ({"d": True}, TypeError, "'d' is True"),
        ({"d": 0}, ValueError, "'d' is 0"),
        ({"d": -1.1}, ValueError, "'d' is -1.1"),
        ({"d": math.nan}, ValueError, "'d' is nan"),
        ({"": OWN}, ValueError, "got ''"),
        ({7: OWN}, TypeError, "got 7"),
    ],
)
def test_bad_overrides_change_nothing(prices: Any, error: type[Exception], text: str) -> None:
    """A bad setting is refused with the value in the message, and the setting before it stays."""
    set_prices({"claude-sonnet-5-5": OWN})
    with pytest.raises(error, match=text):
        set_prices({"claude-sonnet-5-5": 2.0, **prices})
    found = cost("claude-sonnet-5-5", USAGE, NOVEMBER)
    assert found is not None
    assert found.source == "override"
