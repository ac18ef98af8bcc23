"""From an exception of the HTTP client to a failure. Classes are known by name, so no client is imported."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Final

from foundry_telemetry.wire.causes import Failure, make_failure
from foundry_telemetry.wire.claims import read_entra_error
from foundry_telemetry.wire.entra_codes import cause_of

_BY_NAME: Final = (
    ("PoolTimeout", "pool_timeout"),
    ("TimeoutException", "client_timeout"),
    ("DecodingError", "decoding_error"),
    ("TransportError", "connection_error"),
    ("NetworkError", "connection_error"),
    ("ProtocolError", "connection_error"),
    ("ProxyError", "connection_error"),
    ("OSError", "connection_error"),
)
"""Base classes of httpx and httpx2 (the names are the same), first match wins.

From ``NetworkError`` on those of httpcore and h11, which lack the common base; hooks see these alone.
"""

_PHASES: Final = {
    "PoolTimeout": "pool",
    "ConnectTimeout": "connect",
    "ConnectError": "connect",
    "WriteTimeout": "write",
    "WriteError": "write",
}
"""What the client waited for, by the exception; anything else ends a wait for bytes."""
_NO_TIMEOUT_S: Final = 1e7
"""From here on, 116 days, a timeout is none."""

_RESOLVER: Final = {
    getattr(socket, name): name
    for name in ("EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME")
    if hasattr(socket, name)
}
_MAX_CAUSES: Final = 8


def read_exception(error: BaseException, *, in_body: bool) -> Failure:
    """Classify what the HTTP client raised; its text is never looked at.

    Args:
        error: The exception.
        in_body: Whether the headers had already come.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    kind = next((kind for name, kind in _BY_NAME if name in names), "client_error")
    if in_body and kind in ("connection_error", "client_error"):
        kind = "stream_truncated"
    return make_failure(kind, origin="client", code=_socket_error(error), exception_type=_name(error))


def read_credential_error(error: BaseException) -> Failure:
    """Classify what a token provider raised; of its text only the ids that Entra support needs are kept."""
    entra = read_entra_error(_text(error))
    return make_failure(
        cause_of(entra.code),
        origin="entra" if entra.code else "client",
        code=entra.code,
        exception_type=_name(error),
        entra=entra,
    )


def read_timeout(timeouts: object, error: BaseException | None) -> float | None:
    """The client's timeout, in seconds, for what it waited for when an attempt ended.

    Args:
        timeouts: What httpx has in ``request.extensions["timeout"]``: seconds by phase.
        error: The exception, if there is one.
    """
    names = (cls.__name__ for cls in type(error).__mro__)
    phase = next((_PHASES[name] for name in names if name in _PHASES), "read")
    seconds = timeouts.get(phase) if isinstance(timeouts, dict) else None
    if not isinstance(seconds, int | float) or not 0 <= seconds < _NO_TIMEOUT_S:
        return None
    return float(seconds)


def _name(error: BaseException) -> str:
    return type(error).__name__[:128]


def _text(error: BaseException) -> str:
    """The text of an exception; one whose ``__str__`` fails has none."""
    try:
        return str(error)[:16384]
    except Exception:
        return ""


def _socket_error(error: BaseException) -> str | None:
    """Name of the socket, resolver or TLS error at the root: ``ECONNREFUSED``, ``EAI_NONAME``, ..."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return _RESOLVER.get(cause.errno or 0)
        reason = getattr(cause, "reason", None)
        if type(cause).__module__ == "ssl" and isinstance(reason, str):
            return reason[:64]
        if isinstance(cause, OSError) and cause.errno is not None:
            return errno.errorcode.get(cause.errno)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if cause is None:
            return
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]
        else:
            cause = cause.__cause__ or cause.__context__
