"""Every class of failure, who has to act on it, and whether another attempt can help.

*Specific* evidence is what one party alone says, such as a code or a phrase: it names the class and the owner
whoever answered. *Generic* evidence, a status or a type like ``api_error``, may be anybody's: it names the
class, and the owner only where it is known who answered.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from foundry_telemetry.schema.value import Origin, Owner
from foundry_telemetry.wire.claims import EntraFacts, TokenFacts


class Failure(Struct, frozen=True, kw_only=True, gc=False):
    """Why an attempt failed, and who has to act."""

    type: str
    """The failure class, from the table in ``foundry_telemetry.wire.causes``; emitted as ``error.type``."""
    origin: Origin
    owner: Owner | None
    """Who has to act; ``None`` where the evidence does not say."""
    retryable: bool
    """Whether another attempt can help."""
    auth_failure: bool = False
    code: str | None = None
    """The code on the wire, the ``AADSTS`` code, or the name of the socket error."""
    api_type: str | None = None
    """``error.type`` of an Anthropic error body, such as ``overloaded_error``."""
    exception_type: str | None = None
    """Class of the exception that crossed us; never its text."""
    missing_data_action: str | None = None
    """The RBAC data action an ``authz_missing_role`` answer named."""
    token: TokenFacts | None = None
    entra: EntraFacts | None = None


class FailureClass(Struct, frozen=True, gc=False):
    """What follows from a failure's class alone."""

    owner: Owner | None
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
    "empty_response": FailureClass(None),
    "gateway_error": FailureClass("customer_gateway", retryable=True),
    "authz_gateway_denied": FailureClass("customer_gateway", auth_failure=True),
    "gateway_html": FailureClass("customer_gateway"),
    "auth_gateway_key_invalid": FailureClass("customer_gateway", auth_failure=True),
    "auth_gateway_key_missing": FailureClass("customer_gateway", auth_failure=True),
    "gateway_quota_exceeded": FailureClass("customer_gateway"),
    "gateway_rate_limited": FailureClass("customer_gateway", retryable=True),
    "invalid_request": FailureClass("caller_request"),
    "model_not_found": FailureClass("caller_request"),
    "model_retired": FailureClass("caller_request"),
    "overloaded": FailureClass("model_service", retryable=True),
    "pool_timeout": FailureClass("client", retryable=True),
    "prompt_too_long": FailureClass("caller_request"),
    "rate_limited": FailureClass("quota", retryable=True),
    "redirected": FailureClass(None),
    "request_too_large": FailureClass("caller_request"),
    "route_not_found": FailureClass("caller_request"),
    "server_error": FailureClass("model_service", retryable=True),
    "service_unavailable": FailureClass("azure", retryable=True),
    "stream_truncated": FailureClass("network", retryable=True),
    "timeout": FailureClass("model_service", retryable=True),
    "unexpected_response": FailureClass(None),
    "unsupported_beta": FailureClass("caller_request"),
    "unsupported_endpoint": FailureClass("caller_request"),
    "unsupported_feature": FailureClass("caller_request"),
    "unsupported_parameter": FailureClass("caller_request"),
    "upstream_auth": FailureClass("azure", retryable=True),
}
"""Every failure class, except ``http_<status>`` for an answer that fits none."""

_FIRST_SERVER_ERROR: Final = 500
_RETRIED: Final = frozenset({408, 409, 429})
"""Statuses below 500 that the SDK sends again."""
_OF_STATUS: Final[dict[int, Owner]] = {
    **dict.fromkeys((400, 405, 413, 415, 422, 431), "caller_request"),
    529: "model_service",
}
"""Statuses whose owner is the same whoever answers: the request is what is to be changed, or the model
service says that it is overloaded, for which it has a status of its own."""
_NOBODY: Final = frozenset({"unknown", "proxy"})
"""Origins that do not say who answered."""
_OF_WHO_ANSWERED: Final[dict[tuple[Origin, Owner], Owner]] = {
    ("anthropic", "azure"): "model_service",
    ("foundry", "model_service"): "azure",
}
"""Generic failures of the two services are those of the one that answered."""


def make_failure(
    kind: str,
    *,
    origin: Origin,
    status: int | None = None,
    is_specific: bool = True,
    **facts: object,
) -> Failure:
    """A failure of class `kind`, with what follows from the class filled in.

    Args:
        kind: A key of ``CLASSES``, or ``http_<status>``.
        origin: Who answered.
        status: HTTP status; it alone says whether an answer of a proxy can be retried.
        is_specific: Whether the evidence for the class names the owner too, whoever answered.
        facts: Further fields of ``Failure``.
    """
    of_status = _by_status(status or 0)
    known = CLASSES.get(kind) or of_status
    return Failure(
        type=kind,
        origin=origin,
        owner=_owner(known.owner, origin, status, is_specific=is_specific),
        retryable=known.retryable or (kind == "gateway_html" and of_status.retryable),
        auth_failure=known.auth_failure,
        **facts,  # type: ignore[arg-type]
    )


def _owner(owner: Owner | None, origin: Origin, status: int | None, *, is_specific: bool) -> Owner | None:
    """Who has to act, as far as the evidence goes."""
    if owner is None:
        return None
    if origin == "customer_gateway" and not owner.startswith("caller"):
        return "customer_gateway"
    if is_specific:
        return owner
    if origin in _NOBODY:
        return _OF_STATUS.get(status or 0)
    return _OF_WHO_ANSWERED.get((origin, owner), owner)


def _by_status(status: int) -> FailureClass:
    """For an answer that fits no class: 4xx is the caller's move, 5xx Azure's; the SDK retries these."""
    if status >= _FIRST_SERVER_ERROR:
        return FailureClass("azure", retryable=True)
    return FailureClass("caller_request", retryable=status in _RETRIED)
