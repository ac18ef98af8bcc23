"""Prices and tags from a TOML file and the environment; what is wrong is one error with its line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import foundry_telemetry
from foundry_telemetry import attribution, azure, pricing
from foundry_telemetry.attribution import attribute, current_tags, metric_tags, set_tags
from foundry_telemetry.config import SettingsError, load_settings
from foundry_telemetry.limits import budgets, quota
from foundry_telemetry.limits.budgets import Budget
from foundry_telemetry.limits.quota import Limits
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing import list_prices, set_prices
from tests.support.capture import Capture

NOVEMBER = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * 10**9
MILLION = TokenUsage(input_tokens=10**6, output_tokens=0, complete=True)

FILE = """\
# What was agreed.
[prices]
discount = 0.9
usd_per_ccu = 0.02

[prices.deployments.support-chat-prod]
model = "claude-sonnet-5-5"
multiplier = 1.1

[prices.deployments]
"o'brien" = { model = "claude-next" }

[[prices.rates.claude-next]]
input = 3
output = 15
cache_read = 0.3
cache_write_5m = 3.75
cache_write_1h = 6

[[prices.rates.claude-next]]
since = 2026-10-07
input = 4
output = 15
cache_read = 0.3
cache_write_5m = 3.75
cache_write_1h = 6

[tags]
on_metrics = ["tenant"]
hashed = [
    "customer",
]

[limits.support-chat-prod]
requests = 80
uncached_input = 40_000

[[budgets]]
usd = 100
window = "day"
tag = "tenant"

[[budgets]]
usd = 2_000
"""
RATES = "input = 3\noutput = 15\ncache_read = 0.3\ncache_write_5m = 3.75\ncache_write_1h = 6\n"


@pytest.fixture(autouse=True)
def _as_at_the_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings are the process's: each test begins with none and leaves none."""
    monkeypatch.setattr(pricing, "_agreed", pricing._AT_START)
    monkeypatch.setattr(attribution.tags, "_settings", attribution.tags._AT_START)
    monkeypatch.setattr(quota, "_declared", quota._AT_START)
    yield
    pricing._own_tables.clear()
    budgets.set_budgets([])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a settings file."""

    def put(text: str) -> Path:
        path = tmp_path / "foundry.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return put


def usd(
    model: str | None = "claude-sonnet-5-5", deployment: str | None = None, at_ns: int = NOVEMBER
) -> float | None:
    """What a million input tokens cost."""
    found = pricing.cost(model, MILLION, at_ns, deployment=deployment)
    return None if found is None else found.usd


def test_file(write: Callable[[str], Path]) -> None:
    """Every setting of a file takes effect."""
    load_settings(write(FILE))
    assert usd() == 1.8
    assert usd(None, "support-chat-prod") == 1.98
    assert usd(None, "o'brien") == usd("claude-next") == 4
    assert usd("claude-next", at_ns=NOVEMBER - 60 * 86_400 * 10**9) == 3
    assert pricing.usd_per_ccu() == 0.02
    assert metric_tags() == ("tenant",)
    assert quota._declared == {"support-chat-prod": Limits(requests=80, uncached_input=40_000)}
    assert [account.budget for account in budgets._accounts] == [
        Budget(usd=100, window="day", tag="tenant"),
        Budget(usd=2000),
    ]
    with attribute(customer="acme", user="jane"):
        assert current_tags()["user"] == "jane"
        assert current_tags()["customer"] != "acme"


def test_an_empty_file_is_as_at_the_start(write: Callable[[str], Path]) -> None:
    """What a file does not say is as it was before anything was set."""
    set_prices({}, discount=0.5)
    set_tags(on_metrics=("tenant",), hashed=())
    load_settings(write(""))
    assert usd() == 2.0
    assert metric_tags() == ()
    with attribute(user="jane"):
        assert current_tags()["user"] != "jane"


@pytest.mark.row(81)
@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[prices]\ndiscount = = 1", 2, ("Invalid value", "expected TOML")),
        ("[prices]\n\ndiscount = 0", 3, ("prices.discount", "> 0")),
        ("[prices]\ndiscount = 'ten'", 2, ("prices.discount", "`float`", "`str`")),
        ("[prices]\ndiscount = inf", 1, ("discount is inf", "a factor above 0")),
        ("[prices]\nusd_per_ccu = -0.01", 2, ("prices.usd_per_ccu", "> 0")),
        ("[prices]\nrebate = 1", 2, ("prices.rebate", "unknown field `rebate`")),
        ("\nprice = 1\n[tags]", 2, ("price", "expected one of ['prices', 'tags'")),
        ("[prices.deployments.d]\nmultiplier = -1.1", 2, ("prices.deployments.d.multiplier", "> 0")),
        ("[prices.deployments.d]\nmultiplyer = 1.1", 2, ("deployments.d.multiplyer", "unknown field")),
        (
            "[prices.deployments]\nx = {}\n'a b' = { model = 'claude-sonet-5-5' }",
            3,
            ("deployments.a b.model", "'claude-sonet-5-5' is unpriced", "'claude-sonnet-5-5'"),
        ),
        ("[prices.rates.m]\n" + RATES.replace("0.3", "-0.3"), 4, ("prices.rates.m.cache_read", ">= 0.0")),
        ("[prices.rates.m]\ninput = 3", 1, ("prices.rates.m", "missing required field `output`")),
        ("[prices.rates.m]\n" + RATES.replace("15", "nan"), 3, ("prices.rates.m.output", ">= 0.0")),
        (
            f"[[prices.rates.m]]\n{RATES}\n[[prices.rates.m]]\nsince = 'May'\n{RATES}",
            9,
            ("prices.rates.m[1].since", "RFC3339"),
        ),
        ("prices = 7", 1, ("prices", "`object`", "`int`")),
        ("[limits.d]\nrequests = 0", 2, ("limits.d.requests", ">= 1")),
        ("[limits.d]\ntokens = 1", 2, ("limits.d.tokens", "unknown field")),
        ("[limits]\nd = 80", 1, ("limits", "`object`", "`int`")),
        ("[[budgets]]\nusd = 5\n[[budgets]]\nusd = -5", 4, ("budgets[1].usd", "> 0")),
        ("[[budgets]]\nusd = 5\nwindow = '1d'", 3, ("budgets[0].window", "Invalid enum value '1d'")),
        ("[[budgets]]\nusd = 5\nvalue = 'a'", 1, ("budgets[0]", "without a tag")),
        ("[budgets]\nusd = 5", 1, ("budgets", "`array`", "`object`")),
        ("[tags]\non_metrics = 'tenant'", 2, ("tags.on_metrics", "`array`", "`str`")),
        ("[tags]\non_metrics = ['Tenant']", 1, ("on_metrics has 'Tenant'", "[a-z]")),
        ("[tags]\non_metrics = [\n  'a',\n  7,\n]", 2, ("tags.on_metrics", "`str`", "`int`")),
    ],
)
def test_wrong_files(write: Callable[[str], Path], text: str, line: int, words: tuple[str, ...]) -> None:
    """One error, with the file, the line, the setting, and what was expected."""
    file = write(text)
    with pytest.raises(SettingsError) as error:
        load_settings(file)
    reported = str(error.value)
    assert reported.startswith(str(file))
    assert f"line {line}" in reported
    assert "\n" not in reported
    for word in words:
        assert word in reported


@pytest.mark.row(81)
def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there, a folder, and bytes that are no text are named."""
    with pytest.raises(SettingsError, match=r"none\.toml: No such file.*; expected a TOML file"):
        load_settings(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"expected a TOML file"):
        load_settings(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(SettingsError, match=r"latin\.toml: .*UTF-8"):
        load_settings(tmp_path / "latin.toml")


def test_environment(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capture: Capture) -> None:
    """`instrument()` reads the file that the environment names; factors in the environment win over it."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_SETTINGS", str(write(FILE)))
    monkeypatch.setenv("FOUNDRY_TELEMETRY_DISCOUNT", "0.5")
    foundry_telemetry.instrument(**capture.options)
    assert usd() == 1.0
    assert pricing.usd_per_ccu() == 0.02
    assert metric_tags() == ("tenant",)


def test_environment_alone(monkeypatch: pytest.MonkeyPatch, capture: Capture) -> None:
    """Factors and the hash key need no file."""
    with attribute(user="jane"):
        plain = current_tags()["user"]
    monkeypatch.setenv("FOUNDRY_TELEMETRY_USD_PER_CCU", "0.005")
    monkeypatch.setenv("FOUNDRY_TELEMETRY_DISCOUNT", "0.5")
    monkeypatch.setenv("FOUNDRY_TELEMETRY_HASH_KEY", "pepper")
    foundry_telemetry.instrument(**capture.options)
    assert (pricing.usd_per_ccu(), usd()) == (0.005, 1.0)
    with attribute(user="jane"):
        assert current_tags()["user"] != plain


def test_code_wins(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capture: Capture) -> None:
    """What the application sets before `instrument()` stays, whatever the environment says."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_SETTINGS", str(write(FILE)))
    monkeypatch.setenv("FOUNDRY_TELEMETRY_DISCOUNT", "0.5")
    set_prices({}, discount=0.25)
    foundry_telemetry.instrument(**capture.options)
    assert usd() == 0.5
    assert metric_tags() == ("tenant",)


@pytest.mark.row(81)
@pytest.mark.parametrize("value", ["ten", "0", "-1", "inf", "nan"])
def test_wrong_environment(value: str, monkeypatch: pytest.MonkeyPatch, capture: Capture) -> None:
    """A factor that is none is refused at `instrument()`, by name and value, and nothing is attached."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_DISCOUNT", value)
    with pytest.raises(SettingsError, match=rf"_DISCOUNT='{value}'; expected a number above 0"):
        foundry_telemetry.instrument(**capture.options)
    assert usd() == 2.0


def test_the_example_of_the_guide(write: Callable[[str], Path]) -> None:
    """The file that the guide to cost shows can be used as it is, and sets what it says."""
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "cost.md").read_text(encoding="utf-8")
    text = guide.partition("```toml\n")[2].partition("```")[0]
    load_settings(write(text))
    assert usd() == 1.8
    assert usd("claude-next") == 3
    assert metric_tags() == ("tenant",)
    assert list(quota._declared) == ["support-chat-prod"]
    assert len(budgets._accounts) == 1


@pytest.mark.row(81)
def test_configure_looks_before_it_changes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting in the environment stops `configure()` before it has set up a provider."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_USD_PER_CCU", "free")
    with pytest.raises(SettingsError, match="FOUNDRY_TELEMETRY_USD_PER_CCU='free'"):
        foundry_telemetry.configure(
            connection_string="InstrumentationKey=00000000-0000-4000-8000-000000000000"
        )
    assert azure._active is None


def test_a_hash_key_that_is_too_long(monkeypatch: pytest.MonkeyPatch, capture: Capture) -> None:
    """It is refused by the name of its variable, without its value."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_HASH_KEY", "CANARY" * 20)
    with pytest.raises(
        SettingsError, match="FOUNDRY_TELEMETRY_HASH_KEY has 120 bytes; expected at most 64"
    ) as error:
        foundry_telemetry.instrument(**capture.options)
    assert "CANARY" not in str(error.value)


def test_without_a_price_list(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where genai-prices cannot be imported, a file is read all the same, and its own rates hold."""
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    list_prices._tables.clear()
    list_prices._warn_of_no_prices.cache_clear()
    load_settings(write(FILE))
    found = pricing.cost("claude-next", MILLION, NOVEMBER)
    assert found is not None
    assert found.usd == 4.0
    assert pricing.cost("claude-sonnet-5-5", MILLION, NOVEMBER) is None
    reported = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(reported) == 1, reported
    assert "attempts are unpriced" in reported[0]
    list_prices._tables.clear()
    list_prices._warn_of_no_prices.cache_clear()
