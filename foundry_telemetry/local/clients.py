"""Clients that leave before they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.requests import Request


async def gone(request: Request) -> None:
    """Return when the client has left; the request's body must have been read, or be of no interest."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when the first of these returns; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
