"""From a failed answer to its class, who answered, and who has to act on it."""

from __future__ import annotations

import re
from typing import Final

from foundry_telemetry.observation import AuthScheme, Failure, Origin, RequestIds
from foundry_telemetry.wire.causes import make_failure
from foundry_telemetry.wire.claims import OF_ITSELF, judge, read_token
from foundry_telemetry.wire.error_body import ErrorBody
from foundry_telemetry.wire.error_phrases import (
    BY_CODE,
    BY_PATTERN,
    BY_PHRASE,
    BY_STATUS,
    BY_TYPE,
    OF_CREDENTIAL,
    OF_GATEWAY,
    OF_GATEWAY_STATUS,
    SHARED_PHRASES,
    SPECIFIC_TYPES,
)

_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500
_DATA_ACTION: Final = re.compile(r"lacks the required data action `([A-Za-z0-9./*-]{1,128})`").search
_ABOUT_THE_REQUEST: Final = frozenset({None, "invalid_request_error", "not_found_error"})
_NOT_ABOUT_THE_REQUEST: Final = frozenset({401, 403, 429})
_SURE_ON_AZURE: Final = frozenset({401, 404, 429})
"""Statuses whose owner is the same whether Azure or the model service behind it answered."""


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

    Order of tests: the code, the beginning of the message, the API's error type, the status. The message
    comes before the type because ``invalid_request_error`` covers too much.

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
    origin = _origin(body, ids, on_azure=on_azure)
    kind, is_specific = _kind(status, body, origin) if supported else ("unsupported_endpoint", True)
    suspect_token = kind is None or kind.startswith("auth")
    token = read_token(bearer, now_s) if suspect_token else None
    if kind is None:
        kind, is_specific = _of_credential(judge(auth_scheme, token), origin)
    if body.shape == "unread":
        is_specific = is_specific or (on_azure and status in _SURE_ON_AZURE)
    elif body.shape == "html":
        is_specific = not on_azure
    if origin == "unknown" and not is_specific and kind.startswith("auth"):
        kind = _of_status(status)  # whose credential or role it was is not known
    return make_failure(
        kind,
        status=status,
        origin=origin,
        is_specific=is_specific,
        code=body.code,
        api_type=body.api_type,
        missing_data_action=_found(_DATA_ACTION(body.message)),
        token=token,
    )


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


def _kind(status: int, body: ErrorBody, origin: Origin) -> tuple[str | None, bool]:
    """The class, and whether the evidence for it is specific; ``None`` where only the credential can tell."""
    if body.shape == "html":
        return "gateway_html", False
    if body.message.startswith(OF_CREDENTIAL) and body.code not in BY_CODE:
        return None, False
    specific = (
        BY_CODE.get(body.code or "")
        or _by_phrase(body.message, origin)
        or _about_the_request(status, body)
        or (OF_GATEWAY_STATUS.get(status) if origin == "customer_gateway" else None)
    )
    if specific is not None:
        return specific, True
    shared = next((kind for phrase, kind in SHARED_PHRASES if body.message.startswith(phrase)), None)
    if shared is not None:
        return shared, False
    if body.api_type is not None and body.api_type in BY_TYPE:
        return BY_TYPE[body.api_type], body.api_type in SPECIFIC_TYPES
    return BY_STATUS.get(status, _of_status(status)), False


def _by_phrase(message: str, origin: Origin) -> str | None:
    phrases = (*OF_GATEWAY, *BY_PHRASE) if origin == "customer_gateway" else BY_PHRASE
    return next((kind for phrase, kind in phrases if message.startswith(phrase)), None)


def _about_the_request(status: int, body: ErrorBody) -> str | None:
    """What of the request the message names, where the answer is about the request at all."""
    if (
        not body.message
        or body.api_type not in _ABOUT_THE_REQUEST
        or status in _NOT_ABOUT_THE_REQUEST
        or status >= _FIRST_SERVER_ERROR
    ):
        return None
    return next((kind for match, kind in BY_PATTERN if match(body.message)), None)


def _of_status(status: int) -> str:
    """A class that claims nothing; an error of unknown type inside a 200 is one of the server."""
    return f"http_{status}" if status >= _FIRST_ERROR else "server_error"
