"""The readers of headers: only clean ids, labels and sane waits come of them, and never a credential.

An input is one header a line, name and value parted by the first colon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from foundry_telemetry.wire.headers import read_request_headers, read_response_headers
from tests.fuzz.emitted import asked, clean, observed, recorded, with_canary
from tests.fuzz.harness import Harness
from tests.hostile.test_readers import HEADERS, VALUES
from tests.support.recorded import request_headers

NOW_NS = 1_800_000_000 * 10**9
DAY_S = 86_400


def check(data: bytes) -> None:
    """Whatever headers say, what is read of them is clean."""
    raw = tuple(
        (name, value.strip()) for name, _, value in (line.partition(b":") for line in data.split(b"\n"))
    )
    asking, answering = read_request_headers(raw), read_response_headers(raw, NOW_NS, NOW_NS)
    ids = [getattr(answering.ids, name) for name in answering.ids.__struct_fields__]
    for text in (*ids, answering.region, asking.client, asking.anthropic_version):
        assert text is None or (clean(text) and 0 < len(text) <= 128)
    assert answering.retry_after_s is None or 0 <= answering.retry_after_s <= DAY_S
    assert answering.clock_offset_s is None or 10 <= abs(answering.clock_offset_s) <= DAY_S
    assert 0 <= asking.retry_count < 1000
    assert (asking.bearer is not None) == (asking.auth_scheme == "entra_id")
    if asking.bearer is not None:
        assert f"{asking.bearer!r} {asking.bearer} {asking!r}".count("Bearer(...)") == 3
    observed(401, list(raw), [b""], request=asked(headers=raw))


def seeds() -> Iterable[bytes]:
    """The headers of every recorded exchange; and each value that once was trouble under each name."""
    for case, _ in (*recorded("ok_"), *recorded("err_"), *recorded("sse_")):
        for headers in (request_headers(case), case["response"]["headers"]):
            yield with_canary("\n".join(f"{name}: {value}" for name, value in headers).encode())
    for number, value in enumerate(VALUES):
        yield HEADERS[number % len(HEADERS)] + b":" + value + b"\nretry-after:" + value


def _growing(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: start + piece * (size // len(piece)) + end


HARNESS = Harness(
    check=check,
    seeds=seeds,
    words=(
        *(name + b":" for name in HEADERS),
        *(value for value in VALUES if len(value) <= 48),
        b"x-request-id:",
        b"x-ms-client-request-id:",
        b"ocp-apim-subscription-key:",
        b"traceparent:00-",
        b"date:Fri, 15 Jan 2027 07:00:00 GMT",
        b"age:",
        b"Bearer ",
        b"bearer eyJ",
        b"python-httpx/0.28.1",
        b"AnthropicFoundry/Python 2.12.0",
        b" GMT",
        b"Jan",
        b"+0000",
    ),
    growing={
        "many": _growing(b"", b"request-id: a\n"),
        "an id": _growing(b"request-id: ", b"a"),
        "an id that is none": _growing(b"request-id: ", b"a-_", b"\xff"),
        "a wait in digits": _growing(b"retry-after: ", b"9"),
        "a date of commas": _growing(b"retry-after: ", b"Mon, "),
        "a date of brackets": _growing(b"retry-after: ", b"("),
        "a date of colons": _growing(b"retry-after: 1 Jan 2026 ", b"0:"),
        "a date of the server": _growing(b"date: Fri, 15 Jan 2027 07:00:", b"0"),
        "a user agent": _growing(b"user-agent: ", b"a/1 "),
        "parameters": _growing(b"content-type: ", b"text/event-stream;"),
        "a token": _growing(b"authorization: Bearer ", b"e30."),
    },
)
