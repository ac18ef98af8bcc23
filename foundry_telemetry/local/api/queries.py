"""Runs the queries of clients in threads: a few at a time, each in its time, those that are short in between.

*Lane*: so many queries at a time. Where the long lane is full a query is tried in the short one, in which it
has a second: so a page is drawn, however long the queries of others run. What takes longer waits its turn.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import duckdb
from starlette.responses import Response

from foundry_telemetry.ingestion.disconnects import gone
from foundry_telemetry.ingestion.refusals import abandoned
from foundry_telemetry.ingestion.request_body import read_body
from foundry_telemetry.local.api import api_request
from foundry_telemetry.local.api.api_response import encode_error
from foundry_telemetry.local.engine.errors import timed_out
from foundry_telemetry.local.engine.query import Query

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_LONG: Final = 4
"""Queries that run at a time for as long as they ask; Log Analytics runs five for a user."""

MOST_SHORT: Final = 2
"""Queries that run besides, for `SHORT_S` at most."""

MOST_QUERIES: Final = MOST_LONG + MOST_SHORT
"""Queries that run at a time."""

SHORT_S: Final = 1.0

_GRACE_S: Final = 0.5
"""Seconds beyond its time after which a query is answered, though a step of it is not yet interrupted."""

_STOP_S: Final = 0.05
"""Seconds after which a query that was stopped is stopped again."""

_JSON: Final = "application/json"
_LATE: Final = "The query timed out after {seconds:g} s; up to {most} other queries were running."

_Stop = Callable[[], None]
_Respond = Callable[[Callable[[_Stop], object], float], api_request.ApiResponse]


class Queries:
    """Answers the requests of the query API.

    Args:
        query: Runs a query.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._long = asyncio.Semaphore(MOST_LONG)
        self._short = asyncio.Semaphore(MOST_SHORT)

    async def query(self, request: Request) -> Response:
        """Answer ``POST /v1/{scope}/query``."""
        body, prefer = await read_body(request), request.headers.get("prefer")

        def respond(started: Callable[[_Stop], object], seconds: float) -> api_request.ApiResponse:
            return api_request.respond(self._query, body, prefer, started=started, seconds=seconds)

        return await self._answer(request, respond, api_request.Preference.read(prefer).seconds)

    async def batch(self, request: Request) -> Response:
        """Answer ``POST /v1/$batch``."""
        body = await read_body(request)

        def respond(started: Callable[[_Stop], object], _: float) -> api_request.ApiResponse:
            return api_request.respond_batch(self._query, body, started=started)

        return await self._answer(request, respond, math.inf)

    async def _answer(self, request: Request, respond: _Respond, seconds: float) -> Response:
        leaving = asyncio.ensure_future(gone(request))
        try:
            answer = await _Asked(respond, leaving, seconds).answered(self._long, self._short)
        finally:
            leaving.cancel()
        if answer is None:
            return abandoned()
        return Response(answer.body, answer.status, media_type=_JSON)


class _Asked:
    """One request on its way.

    Args:
        respond: Answers it, in a thread.
        leaving: Done when the client has disconnected.
        seconds: What it may take, the time in which it waits included.
    """

    def __init__(self, respond: _Respond, leaving: asyncio.Future[None], seconds: float) -> None:
        self._respond = respond
        self._leaving = leaving
        self._seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds

    async def answered(
        self, long: asyncio.Semaphore, short: asyncio.Semaphore
    ) -> api_request.ApiResponse | None:
        """The answer; ``None`` where nobody is there to read it."""
        if long.locked() and math.isfinite(self._seconds) and await self._take(short):
            answer = await self._run(short, min(SHORT_S, self._remaining()))
            if answer is None or answer.status != HTTPStatus.GATEWAY_TIMEOUT or not self._remaining():
                return answer
        if await self._take(long):
            return await self._run(long, self._remaining())
        return None if self._leaving.done() else self._late()

    async def _take(self, lane: asyncio.Semaphore) -> bool:
        """Wait for a place; false when the time is over or the client has gone before there is one."""
        if not lane.locked():
            return await lane.acquire()  # at once, before others look
        taking: asyncio.Future[bool] = asyncio.ensure_future(lane.acquire())
        waiting: set[asyncio.Future[Any]] = {taking, self._leaving}
        await asyncio.wait(waiting, timeout=self._timeout(), return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            taking.cancel()
            with suppress(asyncio.CancelledError):
                await taking
        return not taking.cancelled()

    async def _run(self, lane: asyncio.Semaphore, seconds: float) -> api_request.ApiResponse | None:
        """Run in a thread. The place is free when the thread has ended, which may be after the answer."""
        stops: list[_Stop] = []
        running = asyncio.ensure_future(asyncio.to_thread(self._respond, stops.append, seconds))
        running.add_done_callback(lambda _: lane.release())
        waiting: set[asyncio.Future[Any]] = {running, self._leaving}
        timeout = self._timeout()
        timeout = None if timeout is None else timeout + _GRACE_S
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        while self._leaving.done() and not running.done():
            # More than once: the database can be interrupted only while it runs a statement.
            for stop in stops[-1:]:
                with suppress(duckdb.Error):  # it has just ended
                    stop()
            await asyncio.wait({running}, timeout=_STOP_S)
        return running.result() if running.done() else self._late()

    def _remaining(self) -> float:
        return max(0.0, self._end - asyncio.get_running_loop().time())

    def _timeout(self) -> float | None:
        return self._remaining() if math.isfinite(self._end) else None

    def _late(self) -> api_request.ApiResponse:
        message = _LATE.format(seconds=self._seconds, most=MOST_QUERIES)
        error = timed_out(message)
        return api_request.ApiResponse(error.status, encode_error(error))
