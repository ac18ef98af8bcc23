"""From a failed answer to its class, whose move it is, and whether another attempt can help.

Messages of the service may hold principal ids, deployment names and echoes of the input. They are matched
here against fixed phrases and then forgotten; only codes of known shape leave this module.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from foundry_telemetry.observation import AuthScheme, Failure, Fault, Origin, RequestIds
from foundry_telemetry.wire.clean import as_object, clean_id, clean_word
from foundry_telemetry.wire.credentials import judge, read_token
from foundry_telemetry.wire.decoding import reader


class FailureClass(Struct, frozen=True, gc=False):
    """What follows from a failure's class alone."""

    fault: Fault
    retryable: bool = False
    auth_failure: bool = False


CLASSES: Final[dict[str, FailureClass]] = {
    "auth_invalid_key": FailureClass("caller_credential", auth_failure=True),
    "auth_missing_credential": FailureClass("caller_credential", auth_failure=True),
    "auth_tenant_mismatch": FailureClass("caller_credential", auth_failure=True),
    "auth_token_expired": FailureClass("caller_credential", auth_failure=True),
    "auth_token_rejected": FailureClass("caller_credential", auth_failure=True),
    "auth_wrong_audience": FailureClass("caller_credential", auth_failure=True),
    "authz_key_auth_disabled": FailureClass("caller_credential", auth_failure=True),
    "authz_missing_role": FailureClass("caller_authorization", auth_failure=True),
    "authz_network_denied": FailureClass("caller_authorization", auth_failure=True),
    "authz_resource_blocked": FailureClass("caller_authorization", auth_failure=True),
    "client_error": FailureClass("client"),
    "client_timeout": FailureClass("client", retryable=True),
    "connection_error": FailureClass("network", retryable=True),
    "content_filtered": FailureClass("caller_request"),
    "credential_error": FailureClass("caller_credential", auth_failure=True),
    "decoding_error": FailureClass("network", retryable=True),
    "deployment_not_found": FailureClass("caller_request"),
    "gateway_html": FailureClass("customer_gateway"),
    "invalid_request": FailureClass("caller_request"),
    "model_not_found": FailureClass("caller_request"),
    "overloaded": FailureClass("model_service", retryable=True),
    "pool_timeout": FailureClass("client", retryable=True),
    "rate_limited": FailureClass("quota", retryable=True),
    "request_too_large": FailureClass("caller_request"),
    "route_not_found": FailureClass("caller_request"),
    "server_error": FailureClass("model_service", retryable=True),
    "service_unavailable": FailureClass("azure", retryable=True),
    "stream_truncated": FailureClass("network", retryable=True),
    "timeout": FailureClass("model_service", retryable=True),
    "unsupported_endpoint": FailureClass("caller_request"),
    "unsupported_feature": FailureClass("caller_request"),
    "upstream_auth": FailureClass("azure", retryable=True),
}
"""Every failure class, except ``http_<status>`` for an answer that fits none."""

_BY_CODE: Final = {
    "AuthenticationTypeDisabled": "authz_key_auth_disabled",
    "DeploymentNotFound": "deployment_not_found",
    "PermissionDenied": "authz_missing_role",
    "RateLimitReached": "rate_limited",
    "ServiceUnavailable": "service_unavailable",
    "Tenant provided in token does not match resource token": "auth_tenant_mismatch",
    "Timeout": "timeout",
    "api_not_supported": "route_not_found",
    "content_filter": "content_filtered",
    "invalid_model_endpoint_authentication": "upstream_auth",
    "unknown_model": "model_not_found",
}
_BY_PHRASE: Final = (
    ("Unauthorized. Access token is missing", None),
    ("Access denied due to invalid subscription key", "auth_invalid_key"),
    ("Access denied due to missing subscription key", "auth_missing_credential"),
    ("Access denied due to Virtual Network/Firewall", "authz_network_denied"),
    ("Public access is disabled", "authz_network_denied"),
    ("Your resource has been temporarily blocked", "authz_resource_blocked"),
    ("Tenant provided in token does not match", "auth_tenant_mismatch"),
    ("Request failed content safety check", "content_filtered"),
    ("Resource not found", "route_not_found"),
    ("Rate limit is exceeded", "rate_limited"),
)
"""Beginnings of messages; ``None`` for the one text that only the credential itself can explain."""

_UNSUPPORTED_FEATURE: Final = re.compile(r"\w{1,64} (?:is )?not supported in your workspace").match
_BY_TYPE: Final = {
    "api_error": "server_error",
    "authentication_error": None,
    "invalid_request_error": "invalid_request",
    "not_found_error": "model_not_found",
    "overloaded_error": "overloaded",
    "permission_error": "authz_missing_role",
    "rate_limit_error": "rate_limited",
    "request_too_large": "request_too_large",
    "timeout_error": "timeout",
}
_BY_STATUS: Final = {
    401: None,
    408: "timeout",
    413: "request_too_large",
    429: "rate_limited",
    500: "server_error",
    503: "service_unavailable",
    504: "timeout",
    529: "overloaded",
}

_FIRST_ERROR: Final = 400
_CODE: Final = re.compile(r"[A-Za-z_]{1,64}|[0-9]{3}").fullmatch
"""An unknown code must look like one: no digits among letters, so that an echoed key never passes."""
_DATA_ACTION: Final = re.compile(r"lacks the required data action `([A-Za-z0-9./*-]{1,128})`").search
_UPSTREAM_ID: Final = re.compile(r"RequestId = (req_[A-Za-z0-9]{1,64})").search


class _Body(Struct, gc=False):
    """The error shapes of foundry, anthropic and API Management in one; which it is shows in the fields."""

    type: object = None
    error: object = None
    request_id: object = None
    statusCode: object = None  # noqa: N815
    message: object = None
    activityId: object = None  # noqa: N815


_read: Final = reader(_Body)


class ErrorBody(Struct, frozen=True, kw_only=True, gc=False):
    """A failed answer's body, reduced to what may be kept and the message to be matched."""

    shape: str
    """``anthropic``, ``azure``, ``gateway``, ``html``, ``other``, or ``unread``."""
    code: str | None = None
    api_type: str | None = None
    message: str = ""
    request_id: str | None = None
    activity_id: str | None = None

    def __repr__(self) -> str:
        return f"ErrorBody({self.shape})"  # the message may hold anything


def read_error(body: bytes | bytearray, media_type: bytes) -> ErrorBody:
    """Tell which of the known shapes an error body has, and read it."""
    if not body:
        return ErrorBody(shape="unread")
    if media_type == b"text/html" or body.lstrip()[:1] == b"<":
        return ErrorBody(shape="html")
    decoded = _read(body)
    if decoded is None:
        return ErrorBody(shape="other")
    error = as_object(decoded.error)
    message = _text(error.get("message") or decoded.message or decoded.error)
    upstream = _UPSTREAM_ID(message)
    return ErrorBody(
        shape=_shape(decoded),
        code=_code(error.get("code") or decoded.statusCode),
        api_type=clean_word(error.get("type")),
        message=message,
        request_id=_id(decoded.request_id) or (upstream[1] if upstream else None),
        activity_id=_id(decoded.activityId),
    )


def _shape(body: _Body) -> str:
    if body.type == "error":
        return "anthropic"
    if body.error is not None:
        return "azure"
    return "gateway" if body.statusCode is not None else "other"


def _text(value: object) -> str:
    return value if type(value) is str else ""


def _id(value: object) -> str | None:
    return clean_id(value.encode("utf-8", "replace")) if type(value) is str else None


def _code(value: object) -> str | None:
    text = str(value) if type(value) is int else value
    return text if type(text) is str and (text in _BY_CODE or _CODE(text)) else None


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
    kind = _kind(status, body) if supported else "unsupported_endpoint"
    suspect_token = kind is None or kind.startswith("auth")
    token = read_token(bearer, now_s) if suspect_token else None
    if kind is None:
        kind = judge(auth_scheme, token)
    return make_failure(
        kind,
        status=status,
        origin=_origin(body, ids, on_foundry_host=on_foundry_host),
        code=body.code,
        api_type=body.api_type,
        missing_data_action=_found(_DATA_ACTION(body.message)),
        token=token,
    )


def _found(match: re.Match[str] | None) -> str | None:
    return match[1] if match else None


def _kind(status: int, body: ErrorBody) -> str | None:
    """The class, or ``None`` when only the credential can tell it."""
    if body.shape == "html":
        return "gateway_html"
    if body.code in _BY_CODE:
        return _BY_CODE[body.code]
    for phrase, kind in _BY_PHRASE:
        if body.message.startswith(phrase):
            return kind
    if _UNSUPPORTED_FEATURE(body.message):
        return "unsupported_feature"
    if body.api_type in _BY_TYPE:
        return _BY_TYPE[body.api_type]
    return _kind_of_status(status)


def _kind_of_status(status: int) -> str | None:
    if status < _FIRST_ERROR:  # an error event of a kind we do not know, inside a 200
        return "server_error"
    return _BY_STATUS.get(status, f"http_{status}")


_ORIGINS: Final[dict[str, Origin]] = {"anthropic": "anthropic", "azure": "foundry", "html": "proxy"}


def _origin(body: ErrorBody, ids: RequestIds, *, on_foundry_host: bool) -> Origin:
    """Who answered. Azure and a customer's API Management share a shape; Azure always adds its id."""
    if body.shape in _ORIGINS:
        return _ORIGINS[body.shape]
    if body.shape == "unread":  # the SDK closes the body of a stream that failed and tries again
        return "unknown"
    if ids.apim_request_id or on_foundry_host:
        return "foundry"
    return "customer_gateway" if body.shape == "gateway" else "unknown"


def make_failure(
    kind: str,
    *,
    origin: Origin,
    status: int | None = None,
    **facts: object,
) -> Failure:
    """A failure of class `kind`, with what follows from the class filled in.

    Args:
        kind: A key of ``CLASSES``, or ``http_<status>``.
        origin: Who answered.
        status: HTTP status; it alone says whether an answer of a proxy can be retried.
        facts: Further fields of ``Failure``.
    """
    known = CLASSES.get(kind) or _by_status(status or 0)
    fault = known.fault
    if origin == "customer_gateway" and not fault.startswith("caller"):
        fault = "customer_gateway"
    return Failure(
        type=kind,
        origin=origin,
        fault=fault,
        retryable=known.retryable or (kind == "gateway_html" and _by_status(status or 0).retryable),
        auth_failure=known.auth_failure,
        **facts,  # type: ignore[arg-type]
    )


def _by_status(status: int) -> FailureClass:
    """For an answer that fits no class: 4xx is the caller's move, 5xx Azure's; the SDK retries these."""
    if status >= 500:  # noqa: PLR2004
        return FailureClass("azure", retryable=True)
    return FailureClass("caller_request", retryable=status in (408, 409, 429))
