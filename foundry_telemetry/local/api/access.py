"""Who may read: whoever has the access token, in a header, in a cookie, or once in the link.

The link's token becomes a cookie and is out of the address with the next request, so that it stays in no
history and is copied with no address. What takes telemetry asks for the instrumentation key instead, which is
in every envelope; OTLP has no place for one, so its senders need the token, also where everybody may read.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from foundry_telemetry.ingestion.access_token import PARAMETER
from foundry_telemetry.ingestion.refusals import failure

if TYPE_CHECKING:
    from starlette.types import Scope

PAGE: Final = "/"
"""The path that the link leads to."""

REFUSAL: Final = (
    "this server needs its access token: open the link that was printed where it was started "
    "(http://127.0.0.1:{port}/?token=...), or send the header 'Authorization: Bearer TOKEN'; the token is "
    "also in local-{port}.token, in the state folder of the user who started it"
)
CHALLENGE: Final = {"www-authenticate": 'Bearer realm="foundry-telemetry local"'}


@dataclass(frozen=True)
class Access:
    """The access to one server."""

    token: str = field(repr=False)
    is_anonymous: bool = False
    """Whether all but the connection string is for everybody."""

    def is_known(self, scope: Scope) -> bool:
        """Whether a request carries the token."""
        return self.is_in_header(scope) or any(self._is_token(token) for token in _in_cookie(scope))

    def is_in_header(self, scope: Scope) -> bool:
        """Whether its header carries the token, which no script of a page can read from the cookie."""
        return any(self._is_token(token) for token in _in_header(scope))

    def is_allowed(self, scope: Scope) -> bool:
        """Whether a request may read."""
        return self.is_anonymous or self.is_known(scope)

    def is_link(self, scope: Scope) -> bool:
        """Whether a request is the link with the right token."""
        return any(self._is_token(token) for token in _in_link(scope))

    def enter(self, scope: Scope) -> Response:
        """The answer to the link: the cookie, and the page without the token in its address.

        A browser that comes from elsewhere, such as from a file, would follow a redirect without the cookie.
        """
        if "cross-site" in Headers(scope=scope).getlist("sec-fetch-site"):
            response: Response = Response(headers={"refresh": f"0; url={PAGE}"})
        else:
            response = RedirectResponse(PAGE, HTTPStatus.SEE_OTHER)
        response.set_cookie(_cookie(scope), self.token, path="/", httponly=True, samesite="strict")
        return response

    def _is_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())


def unauthorized(scope: Scope) -> Response:
    """The answer to a request that may not read: where the link is, for a person or for a program."""
    message = refusal(scope)
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return PlainTextResponse(f"{message}\n", HTTPStatus.UNAUTHORIZED, CHALLENGE)
    return failure(HTTPStatus.UNAUTHORIZED, message, headers=CHALLENGE)


def refusal(scope: Scope) -> str:
    """What a request without the token is answered."""
    return REFUSAL.format(port=scope["server"][1])


def _in_header(scope: Scope) -> Iterator[str]:
    for value in Headers(scope=scope).getlist("authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer":
            yield token.strip()


def _in_cookie(scope: Scope) -> Iterator[str]:
    for value in Headers(scope=scope).getlist("cookie"):
        yield cookie_parser(value).get(_cookie(scope), "")


def _in_link(scope: Scope) -> Iterator[str]:
    if scope["path"] == PAGE and scope["method"] == "GET":
        yield from parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER, ())


def _cookie(scope: Scope) -> str:
    """A name with the port in it: a browser sends a cookie to every port of a host."""
    return f"foundry_telemetry_{scope['server'][1]}"
