"""Incidents by name: what goes wrong between a service and Claude in Foundry, ready to be played."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct, structs

from foundry_telemetry.observation import AuthScheme
from foundry_telemetry.testing.recorded_responses import error, recorded
from foundry_telemetry.testing.recordings import case, cases, nearest
from foundry_telemetry.testing.response import FakeResponse
from foundry_telemetry.testing.responses import message, stream
from foundry_telemetry.testing.script import Item, Respond
from foundry_telemetry.wire.headers import Bearer
from foundry_telemetry.wire.request_matcher import Request, is_foundry_host

Script = tuple[Item, ...] | Respond

_SOME_TEXT: Final = 900
"""Bytes of a stream after which some text has come, and more is to come."""

_SCHEMES: Final[Mapping[str, AuthScheme]] = {"none": "none", "entra": "entra_id", "entra_id": "entra_id"}


class Incident(Struct, frozen=True, kw_only=True):
    """Something that goes wrong, and what is recorded of it."""

    name: str
    title: str
    error: str | None
    """`error.type` that the record of the call ends with; ``None`` when trying again helped."""
    make: Callable[[], Script]
    """Makes the script that plays it."""
    credential: str | None = None
    """The recorded case whose credential the request is taken to carry. The answer of the service is the
    same for several; which is meant, only the credential shows."""


def incident(name: str) -> Incident:
    """The incident of this name.

    Raises:
        ValueError: There is none; the message names the nearest.
    """
    found = INCIDENTS.get(name)
    if found is None:
        words = set(name.split("_"))
        alike = [
            each.name for each in INCIDENTS.values() if words <= set(f"{each.name}_{each.error}".split("_"))
        ]
        raise ValueError(f"unknown incident {name!r}: expected {nearest(name, alike or INCIDENTS)}")
    return found


def as_in_case(request: Request, case_id: str, now_s: float) -> Request:
    """The facts of a request, with the credential and the kind of host of a recorded one, as of now."""
    recorded = case(case_id).request
    token = token_in_case(case_id, now_s)
    return structs.replace(
        request,
        auth_scheme=_SCHEMES.get(recorded.auth.mode, "api_key"),
        bearer=None if token is None else Bearer(b"Bearer " + token),
        on_foundry_host=is_foundry_host(recorded.host.encode()),
    )


def token_in_case(case_id: str, now_s: float) -> bytes | None:
    """The Entra token of a recorded request, unsigned and as of now; ``None`` where it had none."""
    auth = case(case_id).request.auth
    if auth.claims is None:
        return None
    shift = int(now_s) - (auth.now or 0)
    parts = ({"alg": "none"}, {**auth.claims, "exp": auth.claims["exp"] + shift})
    encoded = (base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in parts)
    return b".".join((*encoded, b"unsigned"))


def _refused(*items: str | int) -> Callable[[], Script]:
    """Recorded errors by id, asking for short waits, and statuses."""
    return lambda: tuple(error(item) if isinstance(item, str) and item in cases() else item for item in items)


def _by_form(
    streamed: Callable[[], FakeResponse], complete: Callable[[], FakeResponse]
) -> Callable[[], Script]:
    """One answer for a streaming request, another for any other."""

    def script() -> Respond:
        in_pieces, at_once = streamed(), complete()
        return lambda request: in_pieces if request.wants_stream else at_once

    return script


def _broken(case_id: str, error_id: str) -> Callable[[], Script]:
    """A recorded stream that breaks; a request without streaming gets the error that it breaks with."""
    return _by_form(lambda: recorded(case_id, fresh=True), lambda: error(error_id))


_AUTH: Final = (
    ("expired_token", "auth_token_expired", "err_401_token_expired", "the Entra token has expired"),
    ("wrong_audience", "auth_wrong_audience", "err_401_token_wrong_audience", "the token is for another API"),
    (
        "rejected_token",
        "auth_token_rejected",
        "err_401_token_rejected",
        "the token is rejected",
    ),
    (
        "wrong_tenant",
        "auth_tenant_mismatch",
        "err_400_tenant_mismatch",
        "the token is for another tenant (400)",
    ),
    ("missing_role", "authz_missing_role", "err_401_role_missing", "a role assignment is missing (401)"),
    (
        "invalid_key",
        "auth_invalid_key",
        "err_401_invalid_key",
        "the API key is wrong, or for another resource",
    ),
    ("missing_credential", "auth_missing_credential", "err_401_missing_credential", "no credential was sent"),
    ("key_auth_disabled", "authz_key_auth_disabled", "err_403_key_auth_disabled", "API keys are disabled"),
    (
        "gateway_missing_key",
        "auth_gateway_key_missing",
        "err_401_gateway_missing_key",
        "your gateway requires a key",
    ),
    (
        "gateway_invalid_key",
        "auth_gateway_key_invalid",
        "err_401_gateway_invalid_key",
        "your gateway rejects the key",
    ),
    ("gateway_ip_filter", "authz_gateway_denied", "err_403_gateway_ip", "your gateway denies access"),
    (
        "gateway_quota",
        "gateway_quota_exceeded",
        "err_403_gateway_quota",
        "the quota of your gateway is exhausted",
    ),
    (
        "gateway_rate_limited",
        "gateway_rate_limited",
        "err_429_customer_gateway",
        "rate limited by your gateway",
    ),
    ("gateway_error", "gateway_error", "err_500_gateway_activity_id", "your gateway returns an error"),
)
_REFUSED: Final = (
    ("firewall", "authz_network_denied", "err_403_firewall", "network rules deny access"),
    ("private_only", "authz_network_denied", "err_403_public_access_disabled", "public access is disabled"),
    ("resource_blocked", "authz_resource_blocked", "err_403_resource_blocked", "the resource is suspended"),
    (
        "deployment_not_found",
        "deployment_not_found",
        "err_404_deployment_not_found",
        "the deployment does not exist",
    ),
    (
        "model_not_found",
        "model_not_found",
        "err_404_model_not_found",
        "the model does not exist",
    ),
    ("wrong_path", "route_not_found", "err_404_resource_not_found", "the base URL lacks /anthropic"),
    (
        "unsupported_feature",
        "unsupported_feature",
        "err_400_feature_not_supported",
        "the deployment does not support the feature",
    ),
    ("invalid_request", "invalid_request", "err_400_invalid_request", "the request is malformed"),
    (
        "prompt_too_long",
        "prompt_too_long",
        "err_400_prompt_too_long",
        "the prompt exceeds the context window",
    ),
    ("beta_refused", "unsupported_beta", "err_400_beta_refused", "a beta header is rejected"),
    (
        "unsupported_parameter",
        "unsupported_parameter",
        "err_400_unsupported_parameter",
        "a request field is not supported",
    ),
    ("model_retired", "model_retired", "err_410_model_retired", "the model is retired"),
    (
        "content_filtered",
        "content_filtered",
        "err_400_content_filter",
        "the content filter rejects the prompt",
    ),
    ("request_too_large", "request_too_large", "err_413_too_large", "the request body is too large"),
    ("rate_limited", "rate_limited", "err_429_foundry_rate_limit", "rate limited on every attempt"),
    ("rate_limited_without_hint", "rate_limited", "err_429_no_hint", "rate limited, without retry-after"),
    ("server_error", "server_error", "err_500_api_error", "Anthropic returns a server error"),
    ("upstream_auth", "upstream_auth", "err_500_upstream_auth", "Azure cannot authenticate to Anthropic"),
    ("service_unavailable", "service_unavailable", "err_503_service_unavailable", "Azure is overloaded"),
    ("azure_timeout", "timeout", "err_408_timeout", "Azure timed out waiting for Anthropic"),
    ("model_timeout", "timeout", "err_504_timeout_error", "Anthropic timed out"),
    ("overloaded", "overloaded", "err_529_overloaded", "Anthropic is overloaded"),
)
_NO_ANSWER: Final = (
    ("connection_refused", "connection_error", "connect_error", "the connection is refused"),
    ("connect_timeout", "client_timeout", "connect_timeout", "the connection timed out"),
    ("connection_lost", "connection_error", "read_error", "the connection is reset before a response"),
    (
        "server_hung_up",
        "connection_error",
        "remote_protocol_error",
        "the connection is closed before a response",
    ),
    ("read_timeout", "client_timeout", "read_timeout", "the response timed out"),
    ("pool_timeout", "pool_timeout", "pool_timeout", "the connection pool of the client is exhausted"),
)
_ONCE: Final = (
    ("rate_limited_once", ("err_429_foundry_rate_limit", 200), "a 429, then a response"),
    ("overloaded_once", ("err_529_overloaded", 200), "a 529, then a response"),
    ("connection_lost_once", ("read_error", 200), "a reset connection, then a response"),
)
_IN_BODY: Final = (
    (
        "overloaded_in_stream",
        "overloaded",
        _broken("sse_error_overloaded", "err_529_overloaded"),
        "the stream ends with an overloaded error",
    ),
    (
        "error_at_start_of_stream",
        "server_error",
        _broken("sse_error_first_event", "err_500_api_error"),
        "the stream contains an error only",
    ),
    (
        "stream_truncated",
        "stream_truncated",
        _by_form(lambda: recorded("sse_truncated", fresh=True), lambda: message().cut(after_bytes=100)),
        "the stream ends early without an error",
    ),
    (
        "stream_cut",
        "stream_truncated",
        _by_form(lambda: stream().cut(after_bytes=_SOME_TEXT), lambda: message().cut(after_bytes=100)),
        "the connection is closed during the response",
    ),
    (
        "stream_reset",
        "stream_truncated",
        _by_form(lambda: stream().reset(after_bytes=_SOME_TEXT), lambda: message().reset(after_bytes=100)),
        "the connection is reset during the response",
    ),
)


_SIGN_IN: Final = (("location", "https://login.example.com/authorize"), ("content-length", "0"))
_NO_MESSAGE: Final = (
    (
        "sign_in_page",
        "redirected",
        FakeResponse(status=303, headers=_SIGN_IN),
        "redirected to a sign-in page",
    ),
    ("accepted", "empty_response", FakeResponse(status=202), "a 202 without a body"),
    ("plain_text", "unexpected_response", FakeResponse(chunks=(b"OK",)), "a 200 whose body is not a message"),
)


def _all() -> tuple[Incident, ...]:
    auth = (
        Incident(name=name, title=title, error=kind, make=_refused(case_id), credential=case_id)
        for name, kind, case_id, title in _AUTH
    )
    others = (
        Incident(name=name, title=title, error=kind, make=_refused(item))
        for name, kind, item, title in (*_REFUSED, *_NO_ANSWER)
    )
    once = (
        Incident(name=name, title=title, error=None, make=_refused(*items)) for name, items, title in _ONCE
    )
    in_body = (
        Incident(name=name, title=title, error=kind, make=make) for name, kind, make, title in _IN_BODY
    )
    no_message = (
        Incident(name=name, title=title, error=kind, make=partial(tuple, (response,)))
        for name, kind, response, title in _NO_MESSAGE
    )
    return (*auth, *others, *once, *in_body, *no_message)


INCIDENTS: Final[Mapping[str, Incident]] = {each.name: each for each in _all()}
"""All incidents by name. A token provider that raises is none: then there is no request to answer."""
