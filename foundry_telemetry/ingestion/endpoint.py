"""The ingestion endpoint: what the exporters post to, and how they are answered.

An answer of 200 is a promise: everything the body held is in the database, and stays there if the process is
killed the next moment. 206 promises it of all but the items it names. Any other answer promises nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from starlette.responses import Response

from foundry_telemetry.ingestion.disconnects import ends_first, gone
from foundry_telemetry.ingestion.fault_injection import ANSWERS, PARTLY, SOUND, Fault, Faults
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


class Ingestion:
    """Takes posted telemetry into a sink.

    Args:
        sink: Where it goes.
        faults: What to answer in place of that.
    """

    def __init__(self, sink: Sink, faults: Faults) -> None:
        self._sink = sink
        self._faults = faults
        self._held = 0

    async def track(self, request: Request) -> Response:
        """Answer ``POST /v2.1/track``."""
        try:
            body = await self._body(request)
            fault = self._faults.take() or SOUND
            if fault.waits and await ends_first(gone(request), self._faults.wait(fault)):
                return abandoned()
            return self._reply(await self._take(body, fault), fault)
        except UnreadableError as error:
            return _answer(0, (Refusal(0, str(error), error.status),), error.status, self._sink.key)
        except (BusyError, StoreError) as error:
            return failure(503, str(error), headers={"retry-after": str(RETRY_AFTER_S)})

    async def _body(self, request: Request) -> bytes:
        """Read a body; while it is read its bytes count as held."""
        held = int(request.headers.get("content-length", MOST_BODY))
        if self._held and self._held + held > MOST_AT_ONCE:
            raise BusyError(f"bodies of {self._held} bytes are being read already")
        self._held += held
        try:
            body = await read_body(request, MOST_BODY)
        finally:
            self._held -= held
        return decompressed(body, request.headers.get("content-encoding", "identity"), MOST_BODY)

    async def _take(self, body: bytes, fault: Fault) -> Receipt:
        if fault.stores:
            if len(body) < _IN_A_THREAD:
                done = self._sink.add(body, fault.errors)
            else:
                done = await asyncio.to_thread(self._sink.add, body, fault.errors)
            return await asyncio.wrap_future(done)
        received = len(split(body))
        message = ANSWERS[fault.status]
        return Receipt(received, tuple(Refusal(index, message, fault.status) for index in range(received)))

    def _reply(self, receipt: Receipt, fault: Fault) -> Response:
        status = fault.status
        if status == HTTPStatus.OK and receipt.refusals:
            status = PARTLY if receipt.accepted else 400
        answer = _answer(receipt.received, receipt.refusals, status, self._sink.key)
        if fault.retry_after_s is not None:
            answer.headers["retry-after"] = f"{fault.retry_after_s:g}"
        return answer


async def live_metrics(_: Request) -> Response:
    """Answer a ping of Live Metrics: nobody looks, so nothing need be sent."""
    return Response(headers={"x-ms-qps-subscribed": "false"})


def _answer(received: int, refusals: tuple[Refusal, ...], status: int, key: str) -> Response:
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
