"""What each party says of a failure: codes, beginnings and patterns of messages, types, statuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

BY_CODE: Final[Mapping[str, str]] = {
    "AuthenticationTypeDisabled": "authz_key_auth_disabled",
    "DeploymentNotFound": "deployment_not_found",
    "ModelDeprecated": "model_retired",
    "ModelRetired": "model_retired",
    "PermissionDenied": "authz_missing_role",
    "RateLimitReached": "rate_limited",
    "ServiceModelDeprecated": "model_retired",
    "ServiceUnavailable": "service_unavailable",
    "Tenant provided in token does not match resource token": "auth_tenant_mismatch",
    "Timeout": "timeout",
    "api_not_supported": "route_not_found",
    "content_filter": "content_filtered",
    "context_length_exceeded": "prompt_too_long",
    "invalid_model_endpoint_authentication": "upstream_auth",
    "unknown_model": "model_not_found",
    "unsupported_parameter": "unsupported_parameter",
}
"""Codes of Azure, and of what speaks like it."""

OF_CREDENTIAL: Final = ("Unauthorized. Access token is missing", "JWT ")
"""Beginnings of messages that only the credential itself can explain."""

BY_PHRASE: Final = (
    ("Access denied due to invalid subscription key or wrong API endpoint", "auth_invalid_key"),
    ("Access denied due to Virtual Network/Firewall", "authz_network_denied"),
    ("Public access is disabled", "authz_network_denied"),
    ("Your resource has been temporarily blocked", "authz_resource_blocked"),
    ("Tenant provided in token does not match", "auth_tenant_mismatch"),
    ("Request failed content safety check", "content_filtered"),
    ("Resource not found", "route_not_found"),
)
"""Beginnings of messages that name the class alone."""

SHARED_PHRASES: Final = (
    ("Access denied due to invalid subscription key", "auth_invalid_key"),
    ("Access denied due to missing subscription key", "auth_missing_credential"),
    ("Rate limit is exceeded", "rate_limited"),
)
"""The same, said by Azure and by gateways alike."""

OF_GATEWAY: Final = (
    ("Access denied due to invalid subscription key", "auth_gateway_key_invalid"),
    ("Access denied due to missing subscription key", "auth_gateway_key_missing"),
    ("Out of call volume quota", "gateway_quota_exceeded"),
    ("Out of bandwidth quota", "gateway_quota_exceeded"),
    ("Token quota is exceeded", "gateway_quota_exceeded"),
    ("Rate limit is exceeded", "gateway_rate_limited"),
    ("Token limit is exceeded", "gateway_rate_limited"),
)
"""Where a customer's API Management says it, the key, the quota and the limit are its own."""

OF_GATEWAY_STATUS: Final[Mapping[int, str]] = {
    401: "authz_gateway_denied",
    403: "authz_gateway_denied",
    429: "gateway_rate_limited",
    500: "gateway_error",
    502: "gateway_error",
    503: "gateway_error",
}
"""What its statuses mean where no phrase says more; an IP filter says ``Forbidden`` and no word else."""

_ELEMENT: Final = r"[`'\"]?[\w.\[\]-]{1,200}[`'\"]?"
"""The name of a field, such as ``messages.1.content.0.thinking``."""


def _begins(*patterns: str) -> Callable[[str], object]:
    return re.compile("|".join(patterns), re.IGNORECASE).match


_REFUSED: Final = (
    r"(?:is|are) (?:not (?:supported|permitted|allowed|available)|deprecated|no longer supported)\b"
)

BY_PATTERN: Final = (
    (_begins(rf"{_ELEMENT} (?:is )?not supported in your workspace"), "unsupported_feature"),
    (
        _begins(
            r"(?:the )?(?:prompt|input) is too long",
            r"input length and `?max_tokens`? exceed",
            r"(?:this|the|your) .{0,80}\b(?:context (?:length|window|limit)|token limit)\b",
        ),
        "prompt_too_long",
    ),
    (
        _begins(
            r"unexpected value\(s\) .{1,400}\banthropic-beta\b",
            r".{0,40}\banthropic-beta\b",
            r"invalid beta flag",
            r"(?:the|this) .{0,60}\bbeta\b.{0,40}\bnot\b",
        ),
        "unsupported_beta",
    ),
    (
        _begins(
            r"(?:the )?(?:requested )?(?:model|deployment)\b.{0,160}\b(?:retired|deprecated|no longer)\b",
        ),
        "model_retired",
    ),
    (
        _begins(
            rf"{_ELEMENT} ?: extra inputs are not permitted",
            rf"(?:the )?{_ELEMENT}(?: parameter| field)?:? {_REFUSED}",
            rf"{_ELEMENT}: .{{0,100}}\b{_REFUSED}",
            rf"{_ELEMENT} and {_ELEMENT} cannot both be",
            rf"(?:(?:the|this) )?(?:model )?(?:{_ELEMENT} )?does not support\b",
            r"(?:unsupported|unrecognized|unknown) (?:request )?(?:parameter|argument|field)",
        ),
        "unsupported_parameter",
    ),
)
"""Beginnings of messages about the request, first match wins."""

BY_TYPE: Final[Mapping[str, str | None]] = {
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
"""Types of the Anthropic API; ``None`` where only the credential itself can tell."""

SPECIFIC_TYPES: Final = frozenset(
    {"invalid_request_error", "not_found_error", "overloaded_error", "request_too_large"}
)
"""Those whose owner is the same whoever says so; the others are said by gateways of themselves, too."""

BY_STATUS: Final[Mapping[int, str | None]] = {
    401: None,
    408: "timeout",
    413: "request_too_large",
    429: "rate_limited",
    500: "server_error",
    503: "service_unavailable",
    504: "timeout",
    529: "overloaded",
}
"""What a status means where the body says no more."""
