"""Clients that disconnect before they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.requests import Request


async def gone(request: Request) -> None:
    """Return when the client has disconnected; its body must have been read, or be of no interest."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def ends_first(this: Coroutine[Any, Any, object], other: Coroutine[Any, Any, object]) -> bool:
    """Whether `this` returns before `other` does; the later one is cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in (this, other)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0] in done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
