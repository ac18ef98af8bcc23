"""One colour for one cause and one owner, on all tabs.

There are more causes than colours that people tell apart, so rare causes share the colour of another
that seldom occurs beside them. The causes of `OFTEN` share none among themselves, nor do the authentication
failures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OWNERS: Final[Mapping[str, str]] = {
    "caller_credential": "orange",
    "caller_authorization": "yellow",
    "caller_request": "lightBlue",
    "quota": "purple",
    "customer_gateway": "pink",
    "azure": "blue",
    "model_service": "redBright",
    "network": "turquoise",
    "client": "gray",
    "unknown": "brown",
}
CAUSES: Final[Mapping[str, str]] = {
    "auth_gateway_key_invalid": "pink",
    "auth_gateway_key_missing": "lightBlue",
    "auth_invalid_key": "orange",
    "auth_missing_credential": "gray",
    "auth_tenant_mismatch": "magenta",
    "auth_token_expired": "blue",
    "auth_token_rejected": "purple",
    "auth_wrong_audience": "turquoise",
    "authz_gateway_denied": "blueDark",
    "authz_key_auth_disabled": "brown",
    "authz_missing_role": "redBright",
    "authz_network_denied": "green",
    "authz_resource_blocked": "redDark",
    "client_error": "green",
    "client_timeout": "gray",
    "connection_error": "turquoise",
    "content_filtered": "green",
    "credential_error": "yellow",
    "decoding_error": "blueDark",
    "deployment_not_found": "magenta",
    "empty_response": "gray",
    "gateway_error": "green",
    "gateway_html": "brown",
    "gateway_quota_exceeded": "pink",
    "gateway_rate_limited": "magenta",
    "invalid_request": "brown",
    "model_not_found": "orange",
    "model_retired": "lightBlue",
    "overloaded": "redDark",
    "pool_timeout": "yellow",
    "prompt_too_long": "green",
    "rate_limited": "purple",
    "redirected": "gray",
    "request_too_large": "pink",
    "route_not_found": "blueDark",
    "server_error": "magenta",
    "service_unavailable": "blueDark",
    "stream_truncated": "lightBlue",
    "timeout": "pink",
    "unexpected_response": "gray",
    "unsupported_beta": "turquoise",
    "unsupported_endpoint": "yellow",
    "unsupported_feature": "orange",
    "unsupported_parameter": "blue",
    "upstream_auth": "redBright",
}
OFTEN: Final = (
    "auth_invalid_key",
    "auth_token_expired",
    "authz_missing_role",
    "client_timeout",
    "connection_error",
    "credential_error",
    "gateway_error",
    "invalid_request",
    "overloaded",
    "rate_limited",
    "server_error",
    "service_unavailable",
    "stream_truncated",
    "timeout",
)
"""What is met most, and so may stand in one chart."""
