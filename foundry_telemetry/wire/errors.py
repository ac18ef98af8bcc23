"""From a failed answer to its class, who answered, and who has to act on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from foundry_telemetry.schema.value import AuthScheme, Origin
from foundry_telemetry.wire.causes import Failure, make_failure
from foundry_telemetry.wire.claims import OF_ITSELF, classify_unauthorized, read_token
from foundry_telemetry.wire.error_body import ErrorBody
from foundry_telemetry.wire.error_phrases import SIGNS, Evidence
from foundry_telemetry.wire.headers import RequestIds

_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500
_DATA_ACTION: Final = re.compile(r"lacks the required data action `([A-Za-z0-9./*-]{1,128})`").search
_ABOUT_THE_REQUEST: Final = frozenset({None, "invalid_request_error", "not_found_error"})
_NOT_ABOUT_THE_REQUEST: Final = frozenset({401, 403, 429})
_SURE_ON_AZURE: Final = frozenset({401, 404, 429})
"""Statuses whose owner is the same whether Azure or the model service behind it answered."""


class _Refusal(NamedTuple):
    """A failed answer."""

    status: int
    body: ErrorBody
    origin: Origin
    on_azure: bool
    """Whether Azure itself has answered, for all that is known."""

    @property
    def is_about_the_request(self) -> bool:
        """Whether its message may name what is wrong with the request."""
        return (
            bool(self.body.message)
            and self.body.api_type in _ABOUT_THE_REQUEST
            and self.status not in _NOT_ABOUT_THE_REQUEST
            and self.status < _FIRST_SERVER_ERROR
        )


_HOLDS: Final[Mapping[Evidence, Callable[[Any, _Refusal], object]]] = {
    "code": lambda code, refusal: refusal.body.code == code,
    "phrase": lambda phrase, refusal: refusal.body.message.startswith(phrase),
    "pattern": lambda match, refusal: refusal.is_about_the_request and match(refusal.body.message),
    "type": lambda api_type, refusal: refusal.body.api_type == api_type,
    "status": lambda status, refusal: refusal.status == status,
}
"""Whether a sign holds of an answer, by the kind of its evidence."""


def classify(
    *,
    status: int,
    body: ErrorBody,
    ids: RequestIds,
    on_foundry_host: bool,
    auth_scheme: AuthScheme,
    bearer: bytes | None,
    supported: bool,
    now_s: float,
) -> Failure:
    """Classify a failed answer.

    Args:
        status: HTTP status.
        body: The body, from `read_error`.
        ids: Ids of the headers; Azure's own id tells Azure from a gateway.
        on_foundry_host: Whether the URL names a host of Azure itself.
        auth_scheme: How the request authenticated.
        bearer: The ``authorization`` header, read only for an auth failure.
        supported: Whether Foundry offers the endpoint at all.
        now_s: Seconds since the epoch.
    """
    on_azure = on_foundry_host or ids.apim_request_id is not None
    refusal = _Refusal(status, body, _origin(body, ids, on_azure=on_azure), on_azure)
    cause, is_specific = _cause(refusal) if supported else ("unsupported_endpoint", True)
    token = read_token(bearer, now_s) if cause is None or cause.startswith("auth") else None
    if cause is None:
        cause, is_specific = _of_credential(classify_unauthorized(auth_scheme, token), refusal.origin)
    cause, is_specific = _weigh(refusal, cause, is_specific=is_specific)
    facts = {"code": body.code, "api_type": body.api_type, "token": token}
    facts["missing_data_action"] = _found(_DATA_ACTION(body.message))
    return make_failure(cause, status=status, origin=refusal.origin, is_specific=is_specific, **facts)


def _of_credential(judged: str, origin: Origin) -> tuple[str, bool]:
    """The class where only the credential can tell, and whether it holds whoever refused the credential."""
    if judged in OF_ITSELF:
        return judged, True
    return "authz_gateway_denied" if origin == "customer_gateway" else judged, False


def _found(match: re.Match[str] | None) -> str | None:
    return match[1] if match else None


def _origin(body: ErrorBody, ids: RequestIds, *, on_azure: bool) -> Origin:
    """Who answered. Azure and a customer's API Management share a shape; Azure always adds its id.

    Gateways of many makers speak as the API does, so its shape alone is no evidence without any id.
    """
    if body.shape == "html":
        return "proxy"
    if body.shape == "unread":  # the SDK closes the body of a stream that failed and tries again
        return "unknown"
    if body.shape == "anthropic":
        return "anthropic" if on_azure or ids.request_id or body.request_id else "unknown"
    if on_azure:
        return "foundry"
    return "customer_gateway" if body.shape == "gateway" else "unknown"


def _cause(refusal: _Refusal) -> tuple[str | None, bool]:
    """The cause, and whether the evidence for it is specific; ``None`` where only the credential can tell."""
    if refusal.body.shape == "html":
        return "gateway_html", False
    by_gateway = refusal.origin == "customer_gateway"
    for evidence, value, cause, is_specific, of_gateway in SIGNS:
        if (by_gateway or not of_gateway) and _HOLDS[evidence](value, refusal):
            return cause, is_specific
    return _of_status(refusal.status), False


def _weigh(refusal: _Refusal, cause: str, *, is_specific: bool) -> tuple[str, bool]:
    """What remains of the evidence where the body was not read, is a page, or nobody knows whose it is."""
    if refusal.body.shape == "unread":
        is_specific = is_specific or (refusal.on_azure and refusal.status in _SURE_ON_AZURE)
    elif refusal.body.shape == "html":
        is_specific = not refusal.on_azure
    if refusal.origin == "unknown" and not is_specific and cause.startswith("auth"):
        cause = _of_status(refusal.status)  # whose credential or role it was is not known
    return cause, is_specific


def _of_status(status: int) -> str:
    """A class that claims nothing; an error of unknown type inside a 200 is one of the server."""
    return f"http_{status}" if status >= _FIRST_ERROR else "server_error"
