"""Requests that are not served, and how they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

_CODES: Final = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    431: "HeadersTooLarge",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}


class RefusedError(Exception):
    """A request that is not served."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status to answer with."""


def failure(status: int, message: str, *, headers: dict[str, str] | None = None) -> Response:
    """An error response in the JSON of Azure's APIs."""
    body = msgspec.json.encode({"error": {"code": _CODES.get(status, "BadRequest"), "message": message}})
    return Response(body, status, headers, media_type="application/json")


def abandoned() -> Response:
    """For a client that has disconnected: nobody will read it."""
    return Response(status_code=400)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    return failure(error.status, str(error))


async def _abandoned(_: Request, __: Exception) -> Response:
    return abandoned()


HANDLERS: Final[Mapping[Any, Any]] = MappingProxyType({RefusedError: _refused, ClientDisconnect: _abandoned})
"""Exception handlers for an application."""
