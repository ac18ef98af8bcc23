"""The ``Date`` of a response, and what it says about the client's clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

MIN_OFFSET_S: Final = 10
"""A smaller offset is not recorded: it changes no judgement, and a usual call carries no field for it."""
MAX_OFFSET_S: Final = 24 * 3600
"""A larger offset is not recorded: a response that is played back has such a ``Date``, and the rows of such a
client are in no time range that anybody asks for."""

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


def clock_offset(date: bytes, sent_s: float, received_s: float) -> int | None:
    """The client's clock minus the server's, as far as no latency explains it.

    A server may write the ``Date`` of a response at any moment from the request (as uvicorn does) to the
    headers. Of the offsets that these moments allow, the smallest is taken: it is at least as large in fact.

    Args:
        date: The ``Date`` header.
        sent_s: When the request left, by the client's clock, seconds since the epoch.
        received_s: The same for the headers.

    Returns:
        Whole seconds, positive where the client's clock is ahead; ``None`` below `MIN_OFFSET_S` and above
        `MAX_OFFSET_S`, and for a malformed date.
    """
    date_s = http_date(date)
    if date_s is None:
        return None
    least, most = int(min(sent_s, received_s)) - date_s, int(max(sent_s, received_s)) - date_s
    offset_s = max(least, min(most, 0))
    return offset_s if MIN_OFFSET_S <= abs(offset_s) <= MAX_OFFSET_S else None
