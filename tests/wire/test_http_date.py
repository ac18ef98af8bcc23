"""The ``Date`` of a response, and the clock offset that it shows."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.wire.headers import read_response_headers
from foundry_telemetry.wire.http_date import clock_offset, http_date

S = 10**9
NOON = 1_795_348_800
"""``Sun, 22 Nov 2026 12:00:00 GMT``"""
moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59)).map(  # noqa: DTZ001 - given one below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


def dated(seconds: int) -> bytes:
    """The header of a moment."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True).encode()


@given(moments)
def test_a_date_is_read_as_the_standard_library_reads_it(moment: datetime) -> None:
    """Every IMF-fixdate is the second that `email.utils` makes of it."""
    text = format_datetime(moment, usegmt=True)
    assert http_date(text.encode()) == parsedate_to_datetime(text).timestamp()


@given(moments, st.integers(0, 29), st.integers(0, 3), st.binary(max_size=3))
def test_a_spoilt_date_is_no_other_date(moment: datetime, at: int, cut: int, put: bytes) -> None:
    """A date with some bytes replaced is none, unless the standard library reads it, to the same second."""
    valid = format_datetime(moment, usegmt=True).encode()
    spoilt = valid[:at] + put + valid[at + cut :]
    lenient = None
    with suppress(ValueError, TypeError, OverflowError):
        lenient = parsedate_to_datetime(spoilt.decode("latin-1")).timestamp()
    assert http_date(spoilt) in (None, lenient)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Sunday, 22-Nov-26 12:00:00 GMT",
        b"Sun Nov 22 12:00:00 2026",
        b"Sun, 22 Nov 2026 12:00:00 UTC",
        b"Sun, 22 Nov 2026 12:00:00 +0000",
        b"Sun, 22 Nov 2026 12:00:00 GMT ",
        b"Sun, 22 Nov 2026 12:00:60 GMT",
        b"Sun, 22 Nov 2026 24:00:00 GMT",
        b"Tue, 31 Feb 2026 12:00:00 GMT",
        b"Sun, 22 Nov 0000 12:00:00 GMT",
        b"Sun, 22 Nov 2026 12:\xb2\xb2:00 GMT",
        b"CANARY" * 10_000,
    ],
)
def test_other_formats_are_no_date(value: bytes) -> None:
    """Obsolete formats, other zones, leap seconds and moments that no calendar has are unknown."""
    assert http_date(value) is None


@pytest.mark.parametrize(
    ("sent_s", "took_s", "offset_s"),
    [
        (0, 0.2, None),
        (0, 3600, None),  # a server that stamps a request when it arrives, or an answer when it is complete
        (9.999, 0, None),
        (10, 0, 10),
        (300.9, 0, 300),
        (300, 2.5, 300),  # the larger offset is not certain
        (-9.999, 0, None),
        (-10.5, 0, -11),
        (-300, 2.5, -298),
        (-300, 600, None),
        (86_400, 1, 86_400),
        (86_401, 1, None),  # played back
        (-86_401, 0, None),
        (300, -300, None),  # the client's clock was set while the call was under way
        (0, -300, None),
        (0, 300, None),
    ],
)
def test_an_offset_is_what_latency_does_not_explain(
    sent_s: float, took_s: float, offset_s: int | None
) -> None:
    """Of the offsets that fit a `Date` written between request and headers, the smallest counts."""
    sent_ns = NOON * S + int(sent_s * S)
    headers = {b"date": dated(NOON)}
    assert clock_offset(headers, sent_ns, sent_ns + int(took_s * S)) == offset_s


@pytest.mark.parametrize("age", [b"0", b"3600", b"CANARY"])
def test_a_cache_shows_no_offset(age: bytes) -> None:
    """The `Date` of a response with an `Age` is the date of what the cache has kept."""
    sent_ns = (NOON + 3600) * S
    assert clock_offset({b"date": dated(NOON), b"age": age}, sent_ns, sent_ns) is None


responses = st.tuples(
    st.sampled_from([None, dated(NOON), dated(NOON + 1), dated(NOON - 400), b"CANARY"]),
    st.sampled_from([None, b"5"]),
    st.sampled_from([-400, -11, -10, -9, 0, 1, 9, 10, 11, 400]),
    st.sampled_from([0, 0.5, 15]),
)


@given(st.lists(responses, max_size=8))
def test_what_was_read_before_changes_nothing(
    answers: list[tuple[bytes | None, bytes | None, int, float]],
) -> None:
    """Each response shows its own offset, whatever came before it."""
    for date, age, sent_s, took_s in answers:
        known = {b"date": date, b"age": age}
        headers = {name: value for name, value in known.items() if value is not None}
        sent_ns = (NOON + sent_s) * S
        received_ns = sent_ns + int(took_s * S)
        shown = read_response_headers(headers, sent_ns, received_ns).clock_offset_s
        assert shown == clock_offset(headers, sent_ns, received_ns)
