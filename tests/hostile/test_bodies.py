"""Bodies: large, streamed, compressed, broken, and made to hurt."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import repeat
from typing import Any

import brotli
import pytest
import zstandard

import foundry_telemetry
from foundry_telemetry import Observation
from foundry_telemetry.instrumentation.tracker import MARKER_KEY
from foundry_telemetry.wire.events import MAX_EVENT
from foundry_telemetry.wire.message import MessageStream
from tests.hostile.harness import (
    ASK,
    JSON,
    SSE,
    URL,
    RawServer,
    events,
    message,
    peak,
    plain_answer,
    settled,
    transport,
    twice,
)
from tests.support.capture import Capture
from tests.support.families import Family, pieces

MEGA = 1024 * 1024
ALLOWED = 6 * MEGA
"""Bytes of memory we may need on top of the client's own, whatever comes."""

ENCODE = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
STACKS = [["gzip"], ["deflate"], ["br"], ["zstd"], ["gzip", "zstd"], ["br", "deflate"], ["deflate", "gzip"]]


def encoded(body: bytes, stack: list[str]) -> bytes:
    """The body under each encoding in turn."""
    for name in stack:
        body = ENCODE[name](body)
    return body


def cut(body: bytes, size: int) -> list[bytes]:
    """The body in pieces."""
    return [body[at : at + size] for at in range(0, len(body), size)]


@asynccontextmanager
async def opened(family: Family, playback: Any) -> AsyncIterator[Any]:
    """A streamed call over a transport."""
    async with family.client(transport=playback) as client, client.stream("POST", URL, json=ASK) as response:
        yield response


def only(seen: list[Observation]) -> Observation:
    """The one observation."""
    assert len(seen) == 1
    return seen.pop()


# --- what leaves ------------------------------------------------------------------------------------------


def produced(family: Family, count: int, size: int, drawn: list[int]) -> Any:
    """A body that is made while it is sent; `drawn` counts its parts."""

    def parts() -> Iterator[bytes]:
        for number in range(count):
            drawn.append(number)
            yield bytes([number % 251]) * size

    async def async_parts() -> AsyncIterator[bytes]:
        for part in parts():
            yield part

    return async_parts() if family.is_async else parts()


@pytest.mark.row(62)
@pytest.mark.parametrize("kind", ["generator", "file", "multipart", "bytes"])
def test_request_bodies_arrive_unread(family: Family, kind: str, capture: Capture) -> None:
    """Whatever a request body is made of, the server gets the same bytes, drawn once and only while sent."""
    drawn: list[int] = []
    reads: list[int] = []

    class File(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reads.append(size or 0)
            return super().read(size)

    def options() -> dict[str, Any]:
        if kind == "generator":
            return {"content": produced(family, 20, 1000, drawn)}
        if kind == "multipart":
            files = {"file": ("a.bin", File(b"x" * 9000)), "more": ("b", b"y" * 10)}
            return {"files": files, "headers": {"content-type": "multipart/form-data; boundary=b"}}
        if kind == "file" and not family.is_async:
            return {"content": File(b"z" * 200_000)}
        return {"content": b"0" * 200_000}

    with RawServer(lambda _: plain_answer(message())) as server:

        async def scenario() -> Any:
            del drawn[:], reads[:]
            async with family.client() as client:
                response = await client.request("POST", server.url, **options())
            got = server.got[-1]
            lengths = got.all("content-length"), got.all("transfer-encoding")
            return response.content, got.size, got.digest, lengths, list(drawn), list(reads)

        twice(family, scenario, capture)
        assert len(server.got) == 2
    assert only(capture.observations).outcome == "ok"


@pytest.mark.slow
@pytest.mark.row(62)
@pytest.mark.parametrize("kind", ["generator", "bytes"])
def test_huge_request_costs_no_memory(family: Family, kind: str, capture: Capture) -> None:
    """16 MiB on their way out stay where they are: we copy nothing of them."""
    whole = bytes(16 * MEGA) if kind == "bytes" else None
    digests = []
    playback = transport(family, lambda _: (200, JSON, [message()]))
    answer = playback.handle_async_request if family.is_async else playback.handle_request

    def swallow(request: Any) -> Any:
        digest = hashlib.sha256()
        for part in request.stream:
            digest.update(part)
        digests.append(digest.hexdigest())
        return answer(request)

    async def swallow_async(request: Any) -> Any:
        digest = hashlib.sha256()
        async for part in request.stream:
            digest.update(part)
        digests.append(digest.hexdigest())
        return await answer(request)

    if family.is_async:
        playback.handle_async_request = swallow_async
    else:
        playback.handle_request = swallow

    async def scenario() -> Any:
        content = whole if whole is not None else produced(family, 16, MEGA, [])
        async with family.client(transport=playback) as client:
            return (await client.request("POST", URL, content=content)).content

    family.run(scenario)
    plain = peak(lambda: family.run(scenario))
    foundry_telemetry.instrument(**capture.options)
    family.run(scenario)
    watched = min(peak(lambda: family.run(scenario)) for _ in range(2))  # a thread of others may allocate
    assert watched - plain < MEGA // 4
    assert (len(digests), len(set(digests))) == (5, 1)
    assert {seen.deployment for seen in capture.observations} == {None}


# --- what comes back --------------------------------------------------------------------------------------


@pytest.mark.row(63)
@pytest.mark.parametrize("stack", STACKS, ids="+".join)
@pytest.mark.parametrize("size", [100_000, 9], ids=["whole", "nines"])
def test_encodings(family: Family, stack: list[str], size: int, capture: Capture) -> None:
    """Compressed answers decode to the same pieces, and usage is read; by `iter_raw()` it stays unknown."""
    for headers, body in ((JSON, message()), (SSE, b"".join(events()))):
        raw = cut(encoded(body, stack), size)
        with_encoding = [*headers, ("content-encoding", ", ".join(stack))]
        playback = transport(family, lambda _, raw=raw, headers=with_encoding: (200, headers, raw))

        for how, expected in (("bytes", body), ("raw", b"".join(raw)), ("lines", None)):

            async def scenario(how: str = how, playback: Any = playback) -> list[Any]:
                got: list[Any] = []

                async def read() -> None:
                    async with client.stream("POST", URL, json=ASK) as response:
                        got.extend([piece async for piece in pieces(response, how)])
                        got.append(response.num_bytes_downloaded)

                async with family.client(transport=playback) as client:
                    return await settled(read()), got

            error, got = twice(family, scenario, capture)
            seen = only(capture.observations)
            if error:  # httpx 0.28 cannot flush zstd within a stack
                assert (len(stack), family.module.__name__) == (2, "httpx")
                assert seen.outcome == (
                    "truncated" if headers is JSON else "ok"
                )  # as `message_stop` was seen
                continue
            assert expected is None or b"".join(got[:-1]) == expected
            assert (seen.outcome, seen.failure) == ("ok", None)
            if how == "raw":
                assert seen.usage == foundry_telemetry.TokenUsage()
            else:
                assert (seen.usage.total_input_tokens, seen.usage.output_tokens) == (11, 7)


@pytest.mark.row(63)
@pytest.mark.parametrize("size", [100_000, 3], ids=["whole", "threes"])
def test_empty_answer_of_an_encoding(family: Family, size: int, capture: Capture) -> None:
    """An answer that promises an encoding and has no body is as without us, and its attempt ends."""
    playback = transport(family, lambda _: (200, [*JSON, ("content-encoding", "gzip")], cut(b"", size)))

    async def scenario() -> Any:
        async with family.client(transport=playback) as client:
            return (await client.request("POST", URL, json=ASK)).content

    twice(family, scenario, capture)
    assert only(capture.observations).outcome == "ok"


LONG = message(note="0123456789abcdef" * 64)
BROKEN = {
    "bad-gzip": ("gzip", b"\x1f\x8b\x08\x00" + b"not deflate at all"),
    "gzip-crc": ("gzip", gzip.compress(LONG)[:-8] + b"\0" * 8),
    "gzip-half": ("gzip", b"".join(cut(gzip.compress(LONG), 40)[:2]) + b"\xff" * 40),
    "truncated-zstd": ("zstd", zstandard.ZstdCompressor().compress(LONG)[:-9]),
    "bad-zstd": ("zstd", b"(\xb5/\xfd" + b"\xff" * 40),
    "bad-br": ("br", b"\xff" * 40),
    "no-deflate": ("deflate", b"\xff" * 40),
    "stacked": ("gzip, zstd", zstandard.ZstdCompressor().compress(gzip.compress(LONG))[:-9]),
}


@pytest.mark.row(64)
@pytest.mark.parametrize("case", BROKEN)
def test_broken_encodings(family: Family, case: str, capture: Capture) -> None:
    """A body that does not decode raises what it raises without us, and is reported as a decoding error."""
    encoding, raw = BROKEN[case]
    for headers in (JSON, SSE):
        with_encoding = [*headers, ("content-encoding", encoding)]
        playback = transport(family, lambda _, headers=with_encoding: (200, headers, cut(raw, 16)))

        async def scenario(playback: Any = playback) -> Any:
            async with family.client(transport=playback) as client:
                got = []

                async def read() -> None:
                    async with client.stream("POST", URL, json=ASK) as response:
                        got.extend([piece async for piece in pieces(response)])

                return await settled(read()), got

        (kind, _), _ = twice(family, scenario, capture)
        assert kind is family.module.DecodingError
        seen = only(capture.observations)
        assert seen.outcome == "truncated"
        assert seen.failure is not None
        assert seen.failure.type == "decoding_error"
        assert not seen.usage.complete or case == "stacked"  # there the message is whole, its wrapping not


def flushed(*bodies: bytes) -> list[bytes]:
    """One gzip stream, a piece for each of the bodies."""
    made = zlib.compressobj(1, wbits=31)
    return [made.compress(body) + made.flush(zlib.Z_SYNC_FLUSH) for body in bodies]


ZEROS = gzip.compress(bytes(24 * MEGA), 6)
FIRST = b"".join(events()[:2])
BOMBS: dict[str, tuple[list[Any], Any]] = {
    "json": (JSON, lambda: [ZEROS]),
    "sse": (SSE, lambda: [ZEROS]),
    "error": (JSON, lambda: [gzip.compress(bytes(16 * MEGA), 1)]),
    "sse-after-events": (SSE, lambda: flushed(FIRST, bytes(16 * MEGA))),
    "sse-in-a-line": (SSE, lambda: [gzip.compress(FIRST + b"\ndata: " + bytes(32 * MEGA) + b"\n\n")]),
}


@pytest.mark.slow
@pytest.mark.row(65)
@pytest.mark.parametrize("bomb", BOMBS)
def test_decompression_bomb(family: Family, bomb: str, capture: Capture) -> None:
    """A body that inflates a thousandfold costs us next to nothing on top of what the client needs."""
    headers, make = BOMBS[bomb]
    parts: list[bytes] = make()
    status = 500 if bomb == "error" else 200
    raw = [piece for part in parts for piece in cut(part, 65536)]
    playback = transport(family, lambda _: (status, [*headers, ("content-encoding", "gzip")], raw))

    async def scenario() -> int:
        length = 0
        async with (
            family.client(transport=playback) as client,
            client.stream("POST", URL, json=ASK) as response,
        ):
            async for piece in pieces(response):
                length += len(piece)
        return length

    sizes: list[int] = []
    plain = peak(lambda: sizes.append(family.run(scenario)))
    foundry_telemetry.instrument(**capture.options)
    watched = peak(lambda: sizes.append(family.run(scenario)))
    assert watched - plain < ALLOWED
    assert sizes[0] == sizes[1]
    assert not only(capture.observations).usage.complete


def held(stream: MessageStream) -> int:
    """Bytes a scanner holds, everything it refers to included."""
    seen: dict[int, int] = {}
    left: list[Any] = [getattr(stream, name) for name in MessageStream.__slots__]
    while left:
        item = left.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = sys.getsizeof(item)
        if isinstance(item, dict):
            left += [*item, *item.values()]
        elif isinstance(item, list):
            left += item
    return sum(seen.values())


ENDLESS: dict[str, bytes] = {
    "no newline": b"x" * 65536,
    "one data line": b"data: " * 10_000,
    "data lines": b"data: " + b"y" * 1000 + b"\n",
    "empty data lines": b"data:\n" * 10_000,
    "CRs": b"data: z\r" * 8_000,
    "names": b"event: " + b"n" * 65536 + b"\n",
    "comments": b": ping\n" * 9_000,
    "tokens": events()[1] * 600,
}


@pytest.mark.row(66)
@pytest.mark.parametrize("kind", ENDLESS)
def test_scanner_holds_little(kind: str) -> None:
    """Whatever comes without end, the scanner never holds more than two events of the longest allowed."""
    stream = MessageStream(lambda: 1)
    piece = ENDLESS[kind]
    stream.feed(events()[0] + events()[1])
    for _ in range(8 * MEGA // len(piece)):
        stream.feed(piece)
    assert held(stream) < 2 * MAX_EVENT + MEGA


@pytest.mark.slow
@pytest.mark.row(66)
@pytest.mark.parametrize(
    "piece",
    [b"\n" * (MEGA // 2), b"x" * 16 * MEGA, b"data: " + b"x" * 16 * MEGA],
    ids=["newlines", "text", "line"],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_scanner_copies_little(piece: bytes, quiet: bool) -> None:
    """A piece as large as a decoder may make it is neither copied nor cut into lines as a whole."""
    stream = MessageStream(lambda: 1)
    stream.feed(b"".join(events()[: 2 if quiet else 1]) + (b"" if quiet else b":"))
    assert peak(lambda: stream.feed(piece)) < 2 * MEGA


@pytest.mark.row(70)
def test_ever_new_counters_are_not_collected() -> None:
    """A service that names new counters in every event does not fill the memory with them."""
    stream = MessageStream(lambda: 1)
    for number in range(5_000):
        stream.feed(b'event: message_delta\ndata: {"usage":{"n%d":"%s"}}\n\n' % (number, b"v" * 1000))
    assert held(stream) < MEGA


def calls_made(size: int) -> int:
    """Function calls, of Python and of C, to scan a line of `size` bytes."""
    stream = MessageStream(lambda: 1)
    count = 0

    def profile(_: object, what: str, __: object) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    sys.setprofile(profile)
    try:
        for piece in repeat(b"x" * 65536, size // 65536):
            stream.feed(piece)
            assert len(stream._events._lines._partial) <= MAX_EVENT
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.row(66)
def test_endless_line_is_linear() -> None:
    """Twice the bytes are twice the work: no piece costs more calls because of those before it."""
    assert calls_made(32 * MEGA) <= 2.1 * calls_made(16 * MEGA)


@pytest.mark.slow
@pytest.mark.row(66)
def test_endless_line_through_a_client(family: Family, capture: Capture) -> None:
    """32 MiB of a stream without a newline: same bytes, and at most the memory of a few events for us."""
    playback = transport(family, lambda _: (200, SSE, repeat(b"x" * 65536, 32 * MEGA // 65536)))

    async def scenario() -> int:
        async with (
            family.client(transport=playback) as client,
            client.stream("POST", URL, json=ASK) as response,
        ):
            return sum([len(piece) async for piece in pieces(response)])

    plain = peak(lambda: family.run(scenario))
    foundry_telemetry.instrument(**capture.options)
    watched = peak(lambda: family.run(scenario))
    assert watched - plain < ALLOWED
    assert only(capture.observations).outcome == "truncated"


@pytest.mark.row(70)
def test_usage_is_not_read_around_a_hole(family: Family, capture: Capture) -> None:
    """Of an answer longer than we keep nothing is guessed, even if the parts we kept make sense together."""
    parts = [b'{"content":"', b"x" * 5 * MEGA, b'","usage":{"input_tokens":1,"output_tokens":1}}']
    playback = transport(family, lambda _: (200, JSON, parts))

    async def scenario() -> bytes:
        async with family.client(transport=playback) as client:
            return (await client.request("POST", URL, json=ASK)).content

    twice(family, scenario, capture)
    seen = only(capture.observations)
    assert (seen.outcome, seen.usage) == ("ok", foundry_telemetry.TokenUsage())


def test_a_finished_attempt_lets_go_of_its_body(family: Family, capture: Capture) -> None:
    """A response that is kept does not keep our copy of its body as well."""
    body = message(note="n" * 100_000)
    playback = transport(family, lambda _: (200, JSON, cut(body, 1000)))

    async def scenario() -> Any:
        async with family.client(transport=playback) as client:
            return await client.request("POST", URL, json=ASK)

    foundry_telemetry.instrument(**capture.options)
    response = family.run(scenario)
    attempt = response.request.extensions[MARKER_KEY].attempt
    assert response.content == body
    assert not attempt.is_open
    assert sum(sys.getsizeof(getattr(attempt, name, None)) for name in type(attempt).__slots__) < 8192


@pytest.mark.row(45)
def test_iter_raw_of_a_plain_body(family: Family, capture: Capture) -> None:
    """Without an encoding `iter_raw()` gives what the service sent, so the usage is known."""
    playback = transport(family, lambda _: (200, SSE, events()))

    async def scenario() -> list[bytes]:
        async with (
            family.client(transport=playback) as client,
            client.stream("POST", URL, json=ASK) as response,
        ):
            return [piece async for piece in pieces(response, "raw")]

    assert twice(family, scenario, capture) == events()
    assert only(capture.observations).usage.complete


@pytest.mark.row(41)
def test_broken_off_behind_a_decoder(family: Family, capture: Capture) -> None:
    """A compressed stream that is closed before its end is abandoned."""
    raw: Iterable[bytes] = cut(encoded(b"".join(events()), ["gzip"]), 20)
    playback = transport(family, lambda _: (200, [*SSE, ("content-encoding", "gzip")], raw))

    async def scenario() -> int:
        async with (
            family.client(transport=playback) as client,
            client.stream("POST", URL, json=ASK) as response,
        ):
            async for piece in pieces(response):
                if piece:
                    return len(piece)
        return 0

    twice(family, scenario, capture)
    assert only(capture.observations).outcome == "abandoned"
