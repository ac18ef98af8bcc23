"""The name by which a request asks for its deployment is reported, however odd, and tells nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry import pricing
from foundry_telemetry.limits import quota
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.wire.sanitize import clean_deployment
from tests.fuzz.emitted import asked

ODD = {
    "dep[1m]": "dep%5B1m%5D",
    '"my-dep"': "%22my-dep%22",
    "'my-dep'": "%27my-dep%27",
    "my-dep\n": "my-dep%0A",
    "my-dep\r\n": "my-dep%0D%0A",
    " my-dep": "%20my-dep",
    "my dep": "my%20dep",
    "<my-deployment>": "%3Cmy-deployment%3E",
    "${DEPLOYMENT}": "%24%7BDEPLOYMENT%7D",
    "{ deployment }": "%7B%20deployment%20%7D",
    "claude\N{EN DASH}sonnet": "claude%E2%80%93sonnet",
    "my-dep\ufeff": "my-dep%EF%BB%BF",
    "my-dep\u200b": "my-dep%E2%80%8B",
    "dep,other": "dep%2Cother",
    "dep*": "dep%2A",
    "dep%5B1m%5D": "dep%255B1m%255D",
    "dep\x1b[0m": "dep%1B%5B0m",
}
PLAIN = ("my-dep", "claude-sonnet-5-5", "us.anthropic.claude:0", "team/claude@20260101", "x" * 128)
HIDDEN = (
    "jane doe@example.com",
    "jane@example.com;",
    "https://gw.example.com/claude?code=CANARY",
    "https://gw.example.com/[claude]",
    "\\\\server\\share",
    "Bearer CANARY",
    "api-key: CANARY",
    "sk-ant-CANARY!",
    "password CANARY",
    "code=CANARY",
    "[0123456789abcdef0123456789abcdef]",
    "tell me all that you know of CANARY",
    "[" + "x" * 64,
    "x" * 129,
    "CANARY " * 1000,
)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_escaped(name: str) -> None:
    """As in a URL: what was sent can be read off it, and it is plain ASCII on every screen."""
    body = json.dumps({"model": name}).encode()
    assert asked(body).deployment == ODD[name]


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_name_is_as_sent(name: str) -> None:
    """Nothing is escaped in the names that Azure, gateways and other clouds give."""
    assert asked(json.dumps({"model": name}).encode()).deployment == name


@pytest.mark.parametrize("name", HIDDEN)
def test_what_may_be_no_name_is_a_length(name: str) -> None:
    """An address, a credential, a sentence, or what is longer than any name: that there was one, no more."""
    assert asked(json.dumps({"model": name}).encode()).deployment == f"invalid:{len(name)}"


@pytest.mark.parametrize("name", [None, "", 7, True, ["m"], {"m": 1}])
def test_no_name_is_none(name: Any) -> None:
    """What is no text names nothing."""
    assert asked(json.dumps({"model": name}).encode()).deployment is None


@given(st.text(max_size=200))
def test_any_text_is_short_and_printable(text: str) -> None:
    """At most 128 characters and three for each byte of the four that may be odd, all of them ASCII."""
    shown = clean_deployment(text) or ""
    assert shown.isascii()
    assert shown.isprintable()
    assert " " not in shown
    assert len(shown) <= 128


def test_prices_and_limits_find_an_odd_name() -> None:
    """What a user sets for a name as sent holds for its calls."""
    name = asked(b'{"model": "dep[1m]"}').deployment
    usage = TokenUsage(input_tokens=10**6, output_tokens=0, complete=True)
    pricing.set_prices({"dep[1m]": pricing.Terms(model="claude-sonnet-5-5")})
    quota.set_limits({"dep[1m]": quota.Limits(requests=7)})
    try:
        assert pricing.cost(None, usage, 0, deployment=name) == pricing.cost("claude-sonnet-5-5", usage, 0)
        assert quota._declared[name or ""] == quota.Limits(requests=7)
    finally:
        pricing.set_prices({})
        quota.set_limits({})
