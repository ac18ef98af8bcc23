"""Reading the body of a request, within limits of size and time."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Any, Final

from foundry_telemetry.ingestion.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BODY: Final = 2**20
"""Bytes of a body, unless a route allows more."""
BODY_S: Final = 30.0
"""Seconds that a body may take to arrive."""

_PIECE: Final = 16 * 2**10
"""Bytes that are decompressed at a time."""


async def read_body(request: Request, most: int = MOST_BODY, seconds: float = BODY_S) -> bytes:
    """Read a request's body.

    Args:
        request: The request.
        most: Bytes; a longer one is refused as soon as that is known.
        seconds: How long it may take to arrive.

    Raises:
        RefusedError: It is too long or too slow.
        starlette.requests.ClientDisconnect: The client disconnected.
    """
    too_long = RefusedError(413, f"the body is longer than {most} bytes")
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise too_long
    except TimeoutError:
        raise RefusedError(408, f"the body did not arrive within {seconds:g} seconds") from None
    return bytes(body)


def decompressed(body: bytes, encoding: str, most: int) -> bytes:
    """Undo a ``Content-Encoding``.

    Raises:
        RefusedError: Another encoding than gzip, no sound gzip, or more than `most` bytes in it.
    """
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "x-gzip"}:
        raise RefusedError(
            415, f"content-encoding {encoding[:32]!r} is not supported; expected gzip, or none"
        )
    try:
        return _gunzipped(memoryview(body), most)
    except zlib.error:
        raise RefusedError(400, "the body is not gzip") from None


def _gunzipped(body: memoryview, most: int) -> bytes:
    """The members of a gzip, one after the other. At the end of each the piece's rest is copied, no more."""
    found = bytearray()
    reader: Any = None
    at = 0
    while at < len(body):
        if reader is None:
            reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        piece = body[at : at + _PIECE]
        found += reader.decompress(piece, most + 1 - len(found))
        if len(found) > most:
            raise RefusedError(413, f"the decompressed body is longer than {most} bytes")
        at += len(piece) - len(reader.unused_data)
        if reader.eof:
            reader = None
    if reader is not None:
        raise RefusedError(400, "the gzip body is incomplete")
    return bytes(found)
