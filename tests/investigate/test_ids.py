"""What is taken as an id, and that nothing else ever reaches a query."""

from __future__ import annotations

import re
import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.investigate.ticket.ids import (
    IdError,
    is_trace_id,
    read_id,
    read_ids,
    support_code,
)
from tests.investigate.commands import run

pytestmark = pytest.mark.row(73)

SAFE = re.compile(r"[A-Za-z0-9_-]{1,128}")
HEX = st.text("0123456789abcdef", min_size=1)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("req_011CExmpl0001", "request-id", "req_011CExmpl0001"),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", "response id", "msg_01XFDUDYJgAACzvnptvVoYEL"),
        (
            "71D80197-B013-4D88-891E-1F4AAEF881D6",
            "apim-request-id",
            "71d80197-b013-4d88-891e-1f4aaef881d6",
        ),
        ("95E4C3090D9C1015F500CCB4F316C3DE", "trace id", "95e4c3090d9c1015f500ccb4f316c3de"),
        (
            "00-95e4c3090d9c1015f500ccb4f316c3de-0a6b321dc337cec9-01",
            "trace id",
            "95e4c3090d9c1015f500ccb4f316c3de",
        ),
        ("0a6b321dc337cec9", "call id", "0a6b321dc337cec9"),
        ("FT-0A6B3-21DC3", "support code", "0a6b321dc3"),
        ("ft0a6b321dc3", "support code", "0a6b321dc3"),
        ("Ft-0a6b321DC3", "support code", "0a6b321dc3"),
        (" 'req_1' ", "request-id", "req_1"),
    ],
)
def test_kinds(text: str, kind: str, value: str) -> None:
    """Each kind of id is known by its form; case does not matter where the id is hex."""
    assert read_id(text) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "req_",
        "msg_",
        "req_1' or 1 == 1 //",
        "req_1\n| take 1",
        "0a6b321dc337cec",
        "0a6b321dc337cec99",
        "FT-0A6B3-21DC",
        "FT-0A6B3-21DCG",
        "req_" + "a" * 125,
        "req_é",
        "req_\N{ARABIC-INDIC DIGIT ONE}",  # a digit to Python, not to us
        "ﬀ" * 8,
        "71d80197-b013-4d88-891e-1f4aaef881d6)",
    ],
)
def test_refused(text: str) -> None:
    """What has not the form of an id is refused; the message says what would be one."""
    with pytest.raises(IdError, match=r"(?s)is not a valid ID: expected a request-id .*FT-XXXXX-XXXXX"):
        read_id(text)


@given(
    st.one_of(st.text(), st.text(string.printable), st.from_regex(r"(req_|msg_|FT-)?[\w'|;{}\\/ -]{0,140}"))
)
def test_only_harmless_ids_pass(text: str) -> None:
    """Whatever is typed, what passes has letters, digits, - and _ alone: it can end no string of a query."""
    try:
        identity = read_id(text)
    except IdError:
        return
    assert SAFE.fullmatch(identity.value)


@given(st.text("0123456789abcdef", min_size=16, max_size=16))
def test_support_code_leads_back(call_id: str) -> None:
    """A support code reads as the beginning of the call's id, with and without dashes, in any case."""
    code = support_code(call_id)
    assert re.fullmatch(r"FT-[0-9A-F]{5}-[0-9A-F]{5}", code)
    for written in (code, code.lower(), code.replace("-", ""), f"FT-{code[3:].replace('-', '')}"):
        assert read_id(written) == ("support code", call_id[:10])


@given(st.text())
def test_stored_values_are_checked(text: str) -> None:
    """A stored trace id stands in a query only if it can end no string."""
    if is_trace_id(text):
        assert re.fullmatch(r"[a-z0-9_]*", text)
    assert support_code(text) == "" or SAFE.fullmatch(support_code(text))


def test_ids_in_a_text() -> None:
    """Of an exception that was pasted the ids are taken, those of a call before those of a trace."""
    text = (
        "anthropic.AuthenticationError: Error code: 401 - {'request_id': 'req_011CExmpl0001'}\n"
        "auth_token_expired; azure 71d80197-b013-4d88-891e-1f4aaef881d6, code ft0a6b321dc3 "
        "[trace 95e4c3090d9c1015f500ccb4f316c3de] (CANARY)"
    )
    assert [identity.kind for identity in read_ids(text)] == [
        "request-id",
        "support code",
        "apim-request-id",
        "trace id",
    ]
    assert len(read_ids(" ".join(f"{number:016x}" for number in range(99)))) == 10
    with pytest.raises(IdError):
        read_ids("Error code: 401, and no id")


@given(st.one_of(st.text(), st.from_regex(r"(.{0,9}(req_|msg_|[0-9a-f]{16})[\w'|;]{0,20}){0,4}")))
def test_only_harmless_ids_are_found(text: str) -> None:
    """Whatever is pasted, what is found in it can end no string of a query."""
    with suppress(IdError):
        assert all(SAFE.fullmatch(identity.value) for identity in read_ids(text))


def test_a_refused_id_is_reported_and_not_asked() -> None:
    """The command names the value and what was expected, asks nobody, and ends with 2; a long one is cut."""
    said = run("ticket", "req_1'; drop", "--url", "http://127.0.0.1:1")
    assert (said.code, said.out) == (2, "")
    assert '"req_1\'; drop" is not a valid ID: expected' in said.err
    assert "`foundry-telemetry incident --url http://127.0.0.1:1` shows IDs of failed calls" in said.err
    key = "k" * 84
    said = run("ticket", key)
    assert key not in said.err
    assert "(84 characters)" in said.err
