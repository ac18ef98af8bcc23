"""The ``Date`` of a response, and what it says about the client's clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

MIN_OFFSET_S: Final = 10
"""A smaller offset is not recorded: it changes no judgement, and a usual call carries no field for it."""
MAX_OFFSET_S: Final = 24 * 3600
"""A larger offset is not recorded: a response that is played back has such a ``Date``, and the rows of such a
client are in no time range that anybody asks for."""

_S: Final = 10**9
"""Nanoseconds of a second."""
_MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_TO_THE_HOUR: Final = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (%s) (\d{4}) (\d\d):" % b"|".join(_MONTHS)
).fullmatch
_MINUTES: Final = {b"%02d" % minute: minute * 60 for minute in range(60)}
_SECONDS: Final = {b":%02d GMT" % second: second for second in range(60)}


def http_date(value: bytes) -> int | None:
    """Read an IMF-fixdate (RFC 9110, 5.6.7), such as ``Sun, 22 Nov 2026 10:00:00 GMT``.

    Returns:
        Seconds since the epoch; ``None`` for anything else.
    """
    hour_s, minute_s, second = _hour(value[:20]), _MINUTES.get(value[20:22]), _SECONDS.get(value[22:])
    if hour_s is None or minute_s is None or second is None:
        return None
    return hour_s + minute_s + second


@lru_cache(maxsize=64)
def _hour(text: bytes) -> int | None:
    """When the hour began that the first 20 bytes name; a service sends each for an hour."""
    match = _TO_THE_HOUR(text)
    if match is None:
        return None
    day, month, year, hour = match.groups()
    try:
        moment = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), tzinfo=UTC)
    except ValueError:  # 31 February
        return None
    return int(moment.timestamp())


class LastDate:
    """The ``Date`` that was read last: the other responses of its second cost a comparison."""

    __slots__ = ("window",)

    def __init__(self) -> None:
        self.window: tuple[bytes | None, int, int] = (None, 0, 0)
        """The header, and the two moments of the client's clock between which there is no offset,
        nanoseconds since the epoch. Replaced as a whole, for threads."""


last_date: Final = LastDate()
"""That of the process."""


def clock_offset(headers: Mapping[bytes, bytes], sent_ns: int, received_ns: int) -> int | None:
    """The client's clock minus the server's, as far as no latency explains it.

    A server may write the ``Date`` of a response at any moment from the request (as uvicorn does) to the
    headers. Of the offsets that these moments allow, the smallest is taken; the offset is at least as large,
    to the second that a ``Date`` has.

    Args:
        headers: Of the response, by lower-case name.
        sent_ns: When the request left, by the client's clock, nanoseconds since the epoch.
        received_ns: The same for the headers.

    Returns:
        Whole seconds, positive where the client's clock is ahead; ``None`` below `MIN_OFFSET_S` and above
        `MAX_OFFSET_S`, without a ``Date`` or with a malformed one, and where a cache answered (``Age``).
    """
    date = headers.get(b"date")
    date_s = http_date(date) if date is not None else None
    if date_s is None:
        return None
    since_ns, until_ns = (date_s - MIN_OFFSET_S) * _S, (date_s + MIN_OFFSET_S) * _S
    last_date.window = date, since_ns, until_ns
    first_ns, last_ns = (sent_ns, received_ns) if sent_ns < received_ns else (received_ns, sent_ns)
    if (since_ns < last_ns and first_ns < until_ns) or b"age" in headers:
        return None
    offset_s = (first_ns if first_ns >= until_ns else last_ns) // _S - date_s
    return offset_s if abs(offset_s) <= MAX_OFFSET_S else None
