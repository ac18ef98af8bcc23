"""Notifications of new data for open pages: server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from foundry_telemetry.local.store.store import Store

HEARTBEAT_S: Final = 15.0
"""Seconds of silence after which a comment is sent, so that a lost connection shows."""
PAUSE_S: Final = 1.0
"""Seconds from one event to the next at least."""


class Events:
    """Notifies pages when a store has new rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def stream(self, _: Request) -> Response:
        """Answer ``GET /events``; it ends when the client disconnects."""
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        end = self._store.listen(lambda: loop.call_soon_threadsafe(changed.set))
        try:
            yield ": hello\n\n"
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await changed.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                changed.clear()
                yield f'event: change\ndata: {{"ingested": {self._store.ingested}}}\n\n'
                await asyncio.sleep(PAUSE_S)
        finally:
            end()
