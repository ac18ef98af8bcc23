"""Assertions on calls: what passes, and the message of a failure, word for word."""

from __future__ import annotations

import re
from typing import Any, get_type_hints

import pytest

from foundry_telemetry import Observation, TokenUsage
from foundry_telemetry.observation import Failure, RequestIds
from foundry_telemetry.testing import Call, Calls
from foundry_telemetry.testing.kit.calls import _OF_ALL, _PATHS, Expected

LIMITED = Observation(
    call_id="0000000001000000",
    deployment="support-chat-prod",
    status_code=429,
    outcome="error",
    failure=Failure(type="rate_limited", origin="foundry", owner="quota", retryable=True),
    ids=RequestIds(apim_request_id="a1"),
    started_ns=0,
    duration_s=0.11,
)
ANSWERED = Observation(
    call_id="0000000001000000",
    attempt_number=2,
    deployment="support-chat-prod",
    status_code=200,
    outcome="ok",
    ids=RequestIds(apim_request_id="a2", request_id="req_2"),
    usage=TokenUsage(input_tokens=10, cache_read_input_tokens=4, output_tokens=8, complete=True),
    started_ns=0,
    duration_s=0.11,
)
BROKEN = Observation(
    call_id="0000000002000000",
    deployment="summaries",
    outcome="no_response",
    failure=Failure(type="connection_error", origin="client", owner="network", retryable=True),
    started_ns=0,
    duration_s=0,
)
CALLS = Calls([LIMITED, BROKEN, ANSWERED])


def failure_of(asserts: Any) -> str:
    """The message of an assertion that fails."""
    with pytest.raises(AssertionError) as caught:
        asserts()
    return str(caught.value)


def test_attempts_are_grouped() -> None:
    """Attempts with one call id are one call, in the order the calls' first attempts ended."""
    assert [call.attempts for call in CALLS] == [(LIMITED, ANSWERED), (BROKEN,)]
    assert (len(CALLS), CALLS.count, CALLS[1], CALLS.last) == (2, 2, Call((BROKEN,)), CALLS[-1])
    assert repr(CALLS) == "<Calls: 2>"


def test_has() -> None:
    """Fields of the last attempt, and of all attempts together; the call is returned."""
    call = CALLS[0]
    assert (
        call.has(
            attempts=2,
            errors=("rate_limited", None),
            statuses=[429, 200],
            error=None,
            owner=None,
            retryable=None,
            status=200,
            input_tokens=14,
            output_tokens=8,
            cache_write_tokens=None,
            request_id="req_2",
            azure_request_id="a2",
            deployment="support-chat-prod",
            duration_s=pytest.approx(0.1, abs=0.02),
            tags={},
        )
        is call
    )
    CALLS[1].has(error="connection_error", owner="network", retryable=True, status=None, input_tokens=None)


def test_every_field_can_be_read() -> None:
    """Each field has a value or ``None`` in a call that went well and in one that failed; the tables fit."""
    for call in CALLS:
        assert {field: call.get(field) for field in Expected.__annotations__}["outcome"] == call.last.outcome
    assert set(_PATHS) | set(_OF_ALL) < set(Expected.__annotations__)
    assert set(get_type_hints(Expected).values()) == {object}


def test_zero_is_not_absent() -> None:
    """An unknown count is not 0."""
    assert not CALLS[1].matches(input_tokens=0)
    assert CALLS[1].matches(input_tokens=None)


def test_has_fails() -> None:
    """The message names the fields that differ, shows all that were expected, and the attempts."""
    assert failure_of(lambda: CALLS[0].has(attempts=1, error="overloaded", output_tokens=8)) == (
        "call FT-00000-00001: attempts is 2, expected 1; also not as expected: error\n"
        "\n"
        "  field          expected      recorded\n"
        "  attempts       1             2         <--\n"
        "  error          'overloaded'  None      <--\n"
        "  output_tokens  8             8\n"
        "\n"
        "its attempts:\n"
        "  #  status  outcome  error         owner  in  out  seconds  azure id\n"
        "  1  429     error    rate_limited  quota  -   -    0.110    a1\n"
        "  2  200     ok       -             -      14  8    0.110    a2"
    )


def test_one_fails() -> None:
    """Too many calls are listed, each with its attempts."""
    assert failure_of(CALLS.one) == (
        "2 calls were recorded, expected 1\n"
        "\n"
        "call FT-00000-00001 to support-chat-prod:\n"
        "  #  status  outcome  error         owner  in  out  seconds  azure id\n"
        "  1  429     error    rate_limited  quota  -   -    0.110    a1\n"
        "  2  200     ok       -             -      14  8    0.110    a2\n"
        "\n"
        "call FT-00000-00002 to summaries:\n"
        "  #  status  outcome      error             owner    in  out  seconds  azure id\n"
        "  1  -       no_response  connection_error  network  -   -    0.000    -"
    )


def test_counts_fail() -> None:
    """None at all, one too many, and too few: each in a sentence."""
    nothing = Calls([])
    assert failure_of(nothing.one) == "no call was recorded, expected 1"
    assert failure_of(lambda: nothing.last) == "no call was recorded, expected at least 1"
    assert failure_of(Calls([BROKEN]).none).startswith(
        "1 call was recorded, expected 0\n\ncall FT-00000-00002"
    )
    assert failure_of(lambda: CALLS.exactly(3)).startswith("2 calls were recorded, expected 3\n")
    nothing.none()
    assert CALLS.exactly(2) is CALLS


def test_where() -> None:
    """Calls are chosen by what was recorded; a failure has the number of the others."""
    assert list(CALLS.where(deployment="summaries")) == [CALLS[1]]
    CALLS.where(error="connection_error").one()
    assert failure_of(CALLS.where(error="overloaded").one) == (
        "no call was recorded, expected 1\n\nother calls, not where error='overloaded': 2"
    )


def test_hints_come_last() -> None:
    """What else is known stands at the end."""
    assert failure_of(Calls([], lambda: ["a hint"]).one) == "no call was recorded, expected 1\n\na hint"


@pytest.mark.parametrize("asks", ["has", "matches", "get"])
def test_unknown_field(asks: str) -> None:
    """A field that does not exist is refused with those like it, whatever its value."""
    call = CALLS[0]
    wrong: Any = {"has": lambda: call.has(input_token=1), "matches": lambda: call.matches(input_token=1)}
    message = re.escape("no field 'input_token' of a call: expected one of 'input_tokens', 'output_tokens'")
    with pytest.raises(TypeError, match=message):
        wrong.get(asks, lambda: call.get("input_token"))()
