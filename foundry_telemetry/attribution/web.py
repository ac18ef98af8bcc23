"""Tags of web requests: middleware that asks a resolver of the application who a request is for.

A resolver that fails, or that gives what is no tag, costs the request its tags and nothing else.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from foundry_telemetry.attribution import attribute, block_of

_log: Final = logging.getLogger("foundry_telemetry")

Tags = Mapping[str, str] | None
Scope = MutableMapping[str, Any]
Asgi = Callable[[Scope, Callable[..., Any], Callable[..., Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_REQUESTS: Final = frozenset({"http", "websocket"})


class AsgiAttribution:
    """ASGI middleware: ``app.add_middleware(AsgiAttribution, resolver=tags_of)``.

    The tags are in force for the whole request, its streamed body and background tasks included.

    Args:
        app: The application.
        resolver: Gets the ASGI scope and gives the tags, or ``None``; may be async.
    """

    def __init__(self, app: Asgi, resolver: Callable[[Scope], Tags | Awaitable[Tags]]) -> None:
        self._app = app
        self._resolver = resolver

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Serve one connection."""
        if scope["type"] not in _REQUESTS:
            await self._app(scope, receive, send)
            return
        with await self._block(scope):
            await self._app(scope, receive, send)

    async def _block(self, scope: Scope) -> attribute:
        try:
            reported = self._resolver(scope)
            return block_of(
                attribute(**((await reported if inspect.isawaitable(reported) else reported) or {}))
            )
        except Exception as error:
            _say(error)
            return attribute()


class WsgiAttribution:
    """WSGI middleware: ``app.wsgi_app = WsgiAttribution(app.wsgi_app, tags_of)``.

    The tags are in force in the application and while its answer is produced, not in the server between.

    Args:
        app: The application.
        resolver: Gets the WSGI environ and gives the tags, or ``None``.
    """

    def __init__(self, app: Wsgi, resolver: Callable[[dict[str, Any]], Tags]) -> None:
        self._app = app
        self._resolver = resolver

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        try:
            block = block_of(attribute(**(self._resolver(environ) or {})))
        except Exception as error:
            _say(error)
            block = attribute()
        with block:
            answer = self._app(environ, start_response)
        # A list has been produced already; servers also take its length for the content's.
        return answer if isinstance(answer, (list, tuple)) else _Produced(block, answer)


class _Produced:
    """An answer that is produced piece by piece, each with the tags of its request."""

    def __init__(self, block: attribute, answer: Iterable[bytes]) -> None:
        self._block = block
        self._answer = answer
        self._pieces: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._block:
            if self._pieces is None:
                self._pieces = iter(self._answer)
            return next(self._pieces)

    def close(self) -> None:
        """Close the answer, as a server must."""
        close = getattr(self._answer, "close", None)
        if close is not None:
            with self._block:
                close()


def _say(error: Exception) -> None:
    """Log what went wrong at most in kind: what a resolver raises may quote a header."""
    _log.warning("attribution: the tag resolver raised %s; the request has no tags", type(error).__name__)
