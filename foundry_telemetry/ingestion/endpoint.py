"""The ingestion endpoint: what the exporters post to, and how they are answered.

An answer of 200 is a promise: everything the body held is in the sink; for the local Azure Monitor this is on
disk, and stays there if the process is killed the next moment. 206 promises it of all but the items it names.
Any other answer promises nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.ingestion.disconnects import ends_first, gone
from foundry_telemetry.ingestion.fault_injection import (
    ANSWERS,
    PARTIAL_SUCCESS,
    FaultInjection,
    InjectedError,
)
from foundry_telemetry.ingestion.items import BusyError, Receipt, Refusal, StoreError, UnreadableError, split
from foundry_telemetry.ingestion.refusals import abandoned, failure
from foundry_telemetry.ingestion.request_body import decompressed, read_body

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BODY: Final = 32 * 2**20
"""Bytes of a posted body, before and after it is decompressed. Azure takes 64 kB an item, and the exporter
posts 512 items at a time."""

MOST_AT_ONCE: Final = 96 * 2**20
"""Bytes of all bodies that are being read."""

_IN_A_THREAD: Final = 2 * 2**20
"""Bytes from which a body is read in a thread, so that others are served meanwhile."""

RETRY_AFTER_S: Final = 1
"""Seconds, for a client that comes when too much waits already."""

_TRACK: Final = ("/v2.1/track", "/v2/track")
_LIVE_METRICS: Final = ("/QuickPulseService.svc/ping", "/QuickPulseService.svc/post")


class Sink(Protocol):
    """Where telemetry goes."""

    @property
    def key(self) -> str:
        """The instrumentation key."""

    def add(self, body: bytes, errors: Mapping[int, int], /) -> Future[Receipt]:
        """Store the items of a body, but for those with an error: place in the body to status.

        Returns:
            Done when they are stored; fails with `StoreError`.

        Raises:
            UnreadableError: The body cannot be split into items.
            BusyError: Too much waits already.
            StoreError: Nothing can be stored.
        """


def ignore(request: Request, body: bytes, error: InjectedError, /) -> None:
    """Observe nothing."""


class Ingestion:
    """Takes posted telemetry into a sink.

    Args:
        sink: Where it goes.
        fault_injection: What to answer in place of that.
        observe: Called with each request, its body and its answer, before it is answered or hangs. An
            `UnreadableError` of it is answered as that of the sink is.
    """

    def __init__(
        self,
        sink: Sink,
        fault_injection: FaultInjection,
        observe: Callable[[Request, bytes, InjectedError], None] = ignore,
    ) -> None:
        self._sink = sink
        self._fault_injection = fault_injection
        self._observe = observe
        self._being_read = 0

    def routes(self) -> Iterator[Route]:
        """The paths that exporters post to.

        An exporter joins its endpoint, which ends in a slash, and a path that begins with one.
        """
        for paths, answer in ((_TRACK, self.track), (_LIVE_METRICS, live_metrics)):
            for path in paths:
                for slash in ("", "/"):
                    yield Route(f"{slash}{path}", answer, methods=["POST"])

    async def track(self, request: Request) -> Response:
        """Answer ``POST /v2.1/track``."""
        try:
            body = await self._body(request)
            error = self._fault_injection.take()
            if error.delay_s and await ends_first(gone(request), asyncio.sleep(error.delay_s)):
                return abandoned()
            self._observe(request, body, error)
            if error.hang and await ends_first(gone(request), self._fault_injection.released()):
                return abandoned()
            receipt = await self._receipt(body, error)
            if error.close:
                return await _closed(request)
            return self._answer(receipt, error)
        except UnreadableError as error:
            return _result(0, (Refusal(0, str(error), error.status),), error.status, self._sink.key)
        except (BusyError, StoreError) as error:
            return failure(503, str(error), headers={"retry-after": str(RETRY_AFTER_S)})

    async def _body(self, request: Request) -> bytes:
        """Read a body; meanwhile its bytes count as being read."""
        size = int(request.headers.get("content-length", MOST_BODY))
        if self._being_read and self._being_read + size > MOST_AT_ONCE:
            raise BusyError(f"bodies of {self._being_read} bytes are being read already")
        self._being_read += size
        try:
            body = await read_body(request, MOST_BODY)
        finally:
            self._being_read -= size
        return decompressed(body, request.headers.get("content-encoding", "identity"), MOST_BODY)

    async def _receipt(self, body: bytes, error: InjectedError) -> Receipt:
        if error.stores:
            receipt = await self._add(body, error.errors)
            if error.is_success:
                return receipt
        message = ANSWERS.get(error.status, "")
        received = len(split(body))
        return Receipt(received, tuple(Refusal(index, message, error.status) for index in range(received)))

    async def _add(self, body: bytes, errors: Mapping[int, int]) -> Receipt:
        if len(body) < _IN_A_THREAD:
            stored = self._sink.add(body, errors)
        else:
            stored = await asyncio.to_thread(self._sink.add, body, errors)
        return await asyncio.wrap_future(stored)

    def _answer(self, receipt: Receipt, error: InjectedError) -> Response:
        status = error.status
        if status == HTTPStatus.OK and receipt.refusals:
            status = PARTIAL_SUCCESS if receipt.accepted else 400
        response = _result(receipt.received, receipt.refusals, status, self._sink.key)
        response.headers.update(error.headers)
        return response


async def live_metrics(_: Request) -> Response:
    """Answer a ping of Live Metrics: nobody watches, so nothing need be sent."""
    return Response(headers={"x-ms-qps-subscribed": "false"})


async def _closed(request: Request) -> Response:
    """Close the connection. Its server shows the transport, as `serving.LoopbackServer` does."""
    request.scope["state"]["transport"].close()
    await gone(request)
    return abandoned()


def _result(received: int, refusals: tuple[Refusal, ...], status: int, key: str) -> Response:
    content = {
        "itemsReceived": received,
        "itemsAccepted": max(received - len(refusals), 0),
        "appId": key,
        "errors": [
            {"index": refusal.index, "statusCode": refusal.status, "message": refusal.message}
            for refusal in refusals
        ],
    }
    return Response(msgspec.json.encode(content), status, media_type="application/json")
