"""What keeps a server on this machine from being used by others: other hosts, other sites, other programs.

A page of another site can make its reader's browser send requests to loopback, under a name of its own if it
controls the name (DNS rebinding). So a request must name this very server, must not come from another site,
and gets no header that would let another site read the answer. It needs the access token besides; what writes
needs the instrumentation key or, for OTLP, the token, which is checked where the writes are.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from foundry_telemetry.ingestion.refusals import RefusedError, failure
from foundry_telemetry.local.api.access import Access, unauthorized

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN: Final = "x-foundry-token"  # noqa: S105 - the header's name
"""The header that carries the instrumentation key where a request has no envelopes that do."""

MOST_HEADERS: Final = 64
MOST_HEADER_BYTES: Final = 16 * 1024

_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_HTTP: Final = 80
_SAME_SITE: Final = ("same-origin", "none")
"""What browsers send with requests of our own page, and of addresses that the reader typed."""

HEADERS: Final = (
    (
        "content-security-policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)
"""On every answer, but for the policy of a path that has its own."""


class Guard:
    """Stands before an application: refuses what is not from here, and sets `HEADERS` on every answer.

    Args:
        app: The application.
        access: Who may read.
        keyed: Paths that ask for the instrumentation key or the token themselves.
        policies: Paths that have a content security policy of their own.
    """

    def __init__(
        self, app: ASGIApp, access: Access, keyed: AbstractSet[str], policies: Mapping[str, str]
    ) -> None:
        self._app = app
        self._access = access
        self._keyed = keyed
        self._policies = policies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS:
                    headers[name] = value
                if scope["path"] in self._policies:
                    headers["content-security-policy"] = self._policies[scope["path"]]
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._application(scope)(scope, receive, send_guarded)

    def _application(self, scope: Scope) -> ASGIApp:
        """What answers a request."""
        refusal = next((why for check in _CHECKS if (why := check(scope)) is not None), None)
        if refusal is not None:
            return refused(refusal)
        # The link comes from a file, a mail or a terminal in a browser: its token is the proof, not its site.
        if self._access.is_link(scope):
            return self._access.enter(scope)
        if (elsewhere := _check_site(scope)) is not None:
            return refused(elsewhere)
        if scope["path"] in self._keyed or self._access.is_allowed(scope):
            return self._app
        return unauthorized(scope)


def refused(error: RefusedError) -> Response:
    """The answer to a request that is not served."""
    return failure(error.status, str(error))


def require_token(request: Request, key: str) -> None:
    """Refuse a request without the key.

    Raises:
        RefusedError: It has none, or another one.
    """
    if not hmac.compare_digest(request.headers.get(TOKEN, "").encode(), key.encode()):
        raise RefusedError(
            401, f"the header {TOKEN} must contain the instrumentation key of the connection string"
        )


def _check_host(scope: Scope) -> RefusedError | None:
    port = scope["server"][1]
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) == 1 and hosts[0].lower() in _own(port):
        return None
    return RefusedError(403, f"use http://127.0.0.1:{port}: this server accepts no other host name")


def _check_origin(scope: Scope) -> RefusedError | None:
    own = {f"http://{name}" for name in _own(scope["server"][1])}
    if all(origin.lower() in own for origin in Headers(scope=scope).getlist("origin")):
        return None
    return RefusedError(403, "this server accepts no requests from pages of other sites")


def _check_site(scope: Scope) -> RefusedError | None:
    if all(site in _SAME_SITE for site in Headers(scope=scope).getlist("sec-fetch-site")):
        return None
    return RefusedError(
        403, "this server accepts no links from other sites: type its address into the browser"
    )


def _check_headers(scope: Scope) -> RefusedError | None:
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if len(scope["headers"]) <= MOST_HEADERS and size <= MOST_HEADER_BYTES:
        return None
    return RefusedError(431, f"expected at most {MOST_HEADERS} headers of {MOST_HEADER_BYTES} bytes in total")


_CHECKS: Final[tuple[Callable[[Scope], RefusedError | None], ...]] = (
    _check_headers,
    _check_host,
    _check_origin,
)


def _own(port: int) -> frozenset[str]:
    names = {f"{name}:{port}" for name in _NAMES}
    return frozenset(names.union(_NAMES) if port == _HTTP else names)
