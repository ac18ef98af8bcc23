"""By what a failed answer is known: one table from codes, messages, types and statuses to causes.

A further code or message is a row. What a row's cause means, and who has to act on it, says `causes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

Evidence = Literal["code", "phrase", "pattern", "type", "status"]
"""What a row is compared with: the code of the body, the beginning of its message as a text or as a pattern,
``error.type`` of the Anthropic API, or the HTTP status."""


class Sign(NamedTuple):
    """One thing by which a cause is known."""

    evidence: Evidence
    value: Any
    """What it must be; of a pattern its ``match``."""
    cause: str | None
    """``None`` where only the credential itself can tell."""
    is_specific: bool = True
    """Whether it names the owner too, whoever answered."""
    of_gateway: bool = False
    """Whether it says so only where a customer's gateway answered."""


_ELEMENT: Final = r"[`'\"]?[\w.\[\]-]{1,200}[`'\"]?"
"""The name of a field, such as ``messages.1.content.0.thinking``."""


def _begins(*patterns: str) -> Callable[[str], object]:
    return re.compile("|".join(patterns), re.IGNORECASE).match


_REFUSED: Final = (
    r"(?:is|are) (?:not (?:supported|permitted|allowed|available)|deprecated|no longer supported)\b"
)


SIGNS: Final = (
    # Codes of Azure, and of what speaks like it.
    Sign("code", "AuthenticationTypeDisabled", "authz_key_auth_disabled"),
    Sign("code", "DeploymentNotFound", "deployment_not_found"),
    Sign("code", "ModelDeprecated", "model_retired"),
    Sign("code", "ModelRetired", "model_retired"),
    Sign("code", "PermissionDenied", "authz_missing_role"),
    Sign("code", "RateLimitReached", "rate_limited"),
    Sign("code", "ServiceModelDeprecated", "model_retired"),
    Sign("code", "ServiceUnavailable", "service_unavailable"),
    Sign("code", "Tenant provided in token does not match resource token", "auth_tenant_mismatch"),
    Sign("code", "Timeout", "timeout"),
    Sign("code", "api_not_supported", "route_not_found"),
    Sign("code", "content_filter", "content_filtered"),
    Sign("code", "context_length_exceeded", "prompt_too_long"),
    Sign("code", "invalid_model_endpoint_authentication", "upstream_auth"),
    Sign("code", "unknown_model", "model_not_found"),
    Sign("code", "unsupported_parameter", "unsupported_parameter"),
    # Messages that only the credential itself can explain.
    Sign("phrase", "Unauthorized. Access token is missing", None, is_specific=False),
    Sign("phrase", "JWT ", None, is_specific=False),
    # Where a customer's API Management says it, the key, the quota and the limit are its own.
    Sign(
        "phrase", "Access denied due to invalid subscription key", "auth_gateway_key_invalid", of_gateway=True
    ),
    Sign(
        "phrase", "Access denied due to missing subscription key", "auth_gateway_key_missing", of_gateway=True
    ),
    Sign("phrase", "Out of call volume quota", "gateway_quota_exceeded", of_gateway=True),
    Sign("phrase", "Out of bandwidth quota", "gateway_quota_exceeded", of_gateway=True),
    Sign("phrase", "Token quota is exceeded", "gateway_quota_exceeded", of_gateway=True),
    Sign("phrase", "Rate limit is exceeded", "gateway_rate_limited", of_gateway=True),
    Sign("phrase", "Token limit is exceeded", "gateway_rate_limited", of_gateway=True),
    # Messages that name the cause alone.
    Sign("phrase", "Access denied due to invalid subscription key or wrong API endpoint", "auth_invalid_key"),
    Sign("phrase", "Access denied due to Virtual Network/Firewall", "authz_network_denied"),
    Sign("phrase", "Public access is disabled", "authz_network_denied"),
    Sign("phrase", "Your resource has been temporarily blocked", "authz_resource_blocked"),
    Sign("phrase", "Tenant provided in token does not match", "auth_tenant_mismatch"),
    Sign("phrase", "Request failed content safety check", "content_filtered"),
    Sign("phrase", "Resource not found", "route_not_found"),
    # Messages about the request.
    Sign("pattern", _begins(rf"{_ELEMENT} (?:is )?not supported in your workspace"), "unsupported_feature"),
    Sign(
        "pattern",
        _begins(
            r"(?:the )?(?:prompt|input) is too long",
            r"input length and `?max_tokens`? exceed",
            r"(?:this|the|your) .{0,80}\b(?:context (?:length|window|limit)|token limit)\b",
        ),
        "prompt_too_long",
    ),
    Sign(
        "pattern",
        _begins(
            r"unexpected value\(s\) .{1,400}\banthropic-beta\b",
            r".{0,40}\banthropic-beta\b",
            r"invalid beta flag",
            r"(?:the|this) .{0,60}\bbeta\b.{0,40}\bnot\b",
        ),
        "unsupported_beta",
    ),
    Sign(
        "pattern",
        _begins(
            r"(?:the )?(?:requested )?(?:model|deployment)\b.{0,160}\b(?:retired|deprecated|no longer)\b",
        ),
        "model_retired",
    ),
    Sign(
        "pattern",
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
    # What the statuses of a gateway mean; an IP filter says `Forbidden` and no word else.
    Sign("status", 401, "authz_gateway_denied", of_gateway=True),
    Sign("status", 403, "authz_gateway_denied", of_gateway=True),
    Sign("status", 429, "gateway_rate_limited", of_gateway=True),
    Sign("status", 500, "gateway_error", of_gateway=True),
    Sign("status", 502, "gateway_error", of_gateway=True),
    Sign("status", 503, "gateway_error", of_gateway=True),
    # Messages of Azure and of gateways alike.
    Sign("phrase", "Access denied due to invalid subscription key", "auth_invalid_key", is_specific=False),
    Sign(
        "phrase",
        "Access denied due to missing subscription key",
        "auth_missing_credential",
        is_specific=False,
    ),
    Sign("phrase", "Rate limit is exceeded", "rate_limited", is_specific=False),
    # Types of the Anthropic API. Gateways say the generic ones of themselves, too.
    Sign("type", "api_error", "server_error", is_specific=False),
    Sign("type", "authentication_error", None, is_specific=False),
    Sign("type", "invalid_request_error", "invalid_request"),
    Sign("type", "not_found_error", "model_not_found"),
    Sign("type", "overloaded_error", "overloaded"),
    Sign("type", "permission_error", "authz_missing_role", is_specific=False),
    Sign("type", "rate_limit_error", "rate_limited", is_specific=False),
    Sign("type", "request_too_large", "request_too_large"),
    Sign("type", "timeout_error", "timeout", is_specific=False),
    # What a status means where the body says no more.
    Sign("status", 401, None, is_specific=False),
    Sign("status", 408, "timeout", is_specific=False),
    Sign("status", 413, "request_too_large", is_specific=False),
    Sign("status", 429, "rate_limited", is_specific=False),
    Sign("status", 500, "server_error", is_specific=False),
    Sign("status", 503, "service_unavailable", is_specific=False),
    Sign("status", 504, "timeout", is_specific=False),
    Sign("status", 529, "overloaded", is_specific=False),
)
"""The first that holds counts. Messages come before types: ``invalid_request_error`` covers too much."""

CODES: Final = frozenset(sign.value for sign in SIGNS if sign.evidence == "code")
"""Codes that are known by the table."""
