"""Requests of OTLP, from their bodies to the bodies of their answers.

An answer of 200 promises what that of the ingestion endpoint does: what it does not count as rejected is on
disk. Every other answer has a ``Status``, in the encoding of the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from foundry_telemetry.ingestion.endpoint import RETRY_AFTER_S
from foundry_telemetry.ingestion.items import BusyError, Receipt, StoreError, UnreadableError
from foundry_telemetry.ingestion.refusals import RefusedError
from foundry_telemetry.ingestion.request_body import decompressed, read_body
from foundry_telemetry.local.api.access import CHALLENGE, Access, refusal
from foundry_telemetry.local.ingest.otlp.bodies import ENCODINGS, JSON
from foundry_telemetry.local.ingest.otlp.conversion import Conversion, Converted
from foundry_telemetry.local.ingest.otlp.signals import METRICS, SIGNALS, Signal
from foundry_telemetry.local.ingest.otlp.wire_format import Status

if TYPE_CHECKING:
    from starlette.requests import Request

    from foundry_telemetry.local.store.store import Store

MOST_BODY: Final = 4 * 2**20
"""Bytes of a body, before and after it is decompressed."""

MOST_AT_ONCE: Final = 8 * MOST_BODY
"""Bytes of all bodies that are being read, or wait to be converted."""

_CODES: Final = {400: 3, 401: 16, 408: 4, 413: 8, 415: 3, 503: 14}
"""HTTP status to the code of ``google.rpc.Code``."""


class OtlpRequests:
    """Takes OTLP into a store.

    Args:
        store: Where it goes.
        access: Who may send: whoever has the token, also where everybody may read.
        started_ns: When this server started; see `CumulativeSeries`.
    """

    def __init__(self, store: Store, access: Access, started_ns: int) -> None:
        self._store = store
        self._access = access
        self._conversion = Conversion(started_ns)
        self._converting = asyncio.Lock()
        self._held = 0

    async def answer(self, path: str, request: Request) -> Response:
        """Answer a post to a path of OTLP, as its route has it."""
        signal = SIGNALS[path]
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        failed = partial(_failed, media_type if media_type in ENCODINGS else JSON)
        if not self._access.is_known(request.scope):
            return failed(HTTPStatus.UNAUTHORIZED, refusal(request.scope), CHALLENGE)
        if media_type not in ENCODINGS:
            return failed(415, f"expected the content type {' or '.join(ENCODINGS)}")
        try:
            body = await self._body(request)
            with self._holding(len(body)):
                return await self._stored(signal, body, media_type)
        except (RefusedError, UnreadableError) as error:
            return failed(error.status, str(error))
        except (BusyError, StoreError) as error:
            return failed(503, str(error), {"retry-after": str(RETRY_AFTER_S)})

    async def _body(self, request: Request) -> bytes:
        declared = int(request.headers.get("content-length", MOST_BODY))
        with self._holding(min(declared, MOST_BODY)):
            body = await read_body(request, MOST_BODY)
        return decompressed(body, request.headers.get("content-encoding", "identity"), MOST_BODY)

    @contextmanager
    def _holding(self, size: int) -> Iterator[None]:
        """Count bytes for as long as they are read, or converted."""
        if self._held and self._held + size > MOST_AT_ONCE:
            raise BusyError(f"bodies of {self._held} bytes wait already")
        self._held += size
        try:
            yield
        finally:
            self._held -= size

    async def _stored(self, signal: Signal, body: bytes, media_type: str) -> Response:
        series = self._conversion.series
        async with self._converting:
            try:
                converted, storing = await asyncio.to_thread(self._convert, signal, body, media_type)
                if signal is METRICS:  # the next points count from these, if these are stored
                    await asyncio.wrap_future(storing)
                    series.keep()
            finally:
                series.forget()
        receipt = await asyncio.wrap_future(storing)
        refused, reasons = converted.refusals(receipt.refusals)
        response = signal.response()
        if refused:
            setattr(response.partial_success, signal.rejected, refused)
            response.partial_success.error_message = reasons
        return Response(ENCODINGS[media_type].write(response), media_type=media_type)

    def _convert(self, signal: Signal, body: bytes, media_type: str) -> tuple[Converted, Future[Receipt]]:
        """Convert a body and put it into the store's queue. In a thread, so that others are served."""
        converted = self._conversion.convert(signal, body, media_type, self._store.key)
        envelopes = converted.taken()
        if envelopes:
            storing = self._store.add(envelopes, is_native=signal.is_native)
        else:
            storing = Future()
            storing.set_result(Receipt(0))
        self._store.count_refused(converted.refused_here)
        return converted, storing


def _failed(media_type: str, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    content = ENCODINGS[media_type].write(Status(code=_CODES.get(status, 13), message=message))
    return Response(content, status, headers, media_type=media_type)
