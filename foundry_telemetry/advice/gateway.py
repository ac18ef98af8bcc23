"""Advice on failures of your own gateway, and on answers that are none of the API's."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_WHERE: Final = (names.SERVER_ADDRESS, names.STATUS_CODE, names.ERROR_ORIGIN)
_GIVE: Final = Step("Give the owner of the gateway the time, the status and server.address.")
_NO_TICKET: Final = "the gateway is yours; the request reached neither Azure nor Anthropic."
_KEY: Final = Step(
    "The gateway requires its own key, in the header Ocp-Apim-Subscription-Key unless its owner changed it; "
    "it is not the key of the Foundry resource."
)
_WHO_ANSWERED: Final = Step("Read the response headers where the service runs.", REACH)

GATEWAY: Final = by_name(
    Advice(
        about="auth_gateway_key_missing",
        meaning="Your API Management gateway received no subscription key.",
        next_step="Send the subscription key of the gateway in its header; it is not the Foundry key.",
        steps=(
            _KEY,
            Step("Check that server.address is your gateway and that the path is the path of its API."),
            _GIVE,
        ),
        relevant_fields=(names.AUTH_SCHEME, *_WHERE),
        tab="Auth",
        retry="Only after the key is sent.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="auth_gateway_key_invalid",
        meaning="Your API Management gateway rejected the subscription key.",
        next_step=(
            "Check the subscription key of the gateway: it must be active and its product must "
            "include this API."
        ),
        steps=(
            _KEY,
            Step(
                "Check in API Management that the subscription is active and that its product "
                "includes this API."
            ),
            Step("If it worked before, check whether the key was regenerated or the subscription suspended."),
            _GIVE,
        ),
        relevant_fields=(names.AUTH_SCHEME, *_WHERE),
        tab="Auth",
        retry="Only after the key changes.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="authz_gateway_denied",
        meaning=(
            "A policy of your gateway denied the caller: an IP filter, a token check or another access rule."
        ),
        next_step=(
            "Ask the owner of the gateway which policy denies this caller: IP filter or token validation."
        ),
        steps=(
            Step("403: compare the public IP address of the service with the ip-filter policy."),
            Step("401: compare the token with the validate-jwt policy: audience, issuer and claims."),
            _GIVE,
        ),
        relevant_fields=(names.AUTH_SCHEME, names.TOKEN_AUDIENCE, *_WHERE),
        tab="Auth",
        retry="Only after the policy or the caller changes.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="gateway_quota_exceeded",
        meaning="Your gateway quota for this subscription is exhausted.",
        next_step="Wait until the gateway renews its quota, or raise it; the Foundry quota is separate.",
        steps=(
            Step("Read the renewal time in the exception message; it is not recorded here."),
            Step("Find the service that used the quota: compare calls by service and deployment."),
            Step("Ask the owner of the gateway to change its quota policy."),
        ),
        relevant_fields=(names.RETRY_AFTER, names.REQUEST_MODEL, *_WHERE),
        retry="Only after the quota is renewed.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="gateway_rate_limited",
        meaning="Your gateway throttles this caller; the Foundry quota is separate.",
        next_step="Wait for retry-after and lower concurrency, or change the policy of the gateway.",
        steps=(
            Step("Wait foundry.retry_after_s; the SDK does so on its own, up to twice by default."),
            Step("Compare the rate-limit policy of the gateway with the quota of the deployment."),
            _GIVE,
        ),
        relevant_fields=(names.RETRY_AFTER, names.ATTEMPT_NUMBER, *_WHERE),
        retry="After foundry.retry_after_s; without it, with exponential backoff.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="gateway_error",
        meaning="Your gateway failed, or it could not reach its backend.",
        next_step="Check the gateway log at this time, by its activity ID if one is recorded.",
        steps=(
            Step("Check in the gateway log whether a policy failed or the backend was unreachable."),
            _GIVE,
            Step("Compare the start time with recent changes of its policies or backend."),
        ),
        relevant_fields=(names.ERROR_CODE, names.ATTEMPT_NUMBER, *_WHERE),
        retry="With exponential backoff.",
        ticket="the gateway is yours; whether the request reached Azure or Anthropic is unknown.",
    ),
    Advice(
        about="redirected",
        meaning="The response is a redirect, often to a sign-in page; no model responded.",
        next_step="Correct the base URL, or the sign-in of the host in front of Foundry.",
        steps=(
            Step("Check that server.address is the host you intend to call and that the scheme is https."),
            _WHO_ANSWERED,
            Step(
                "If it leads to a sign-in page, the host in front of Foundry requires another "
                "credential, or none."
            ),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AUTH_SCHEME),
        retry="The same request fails again.",
        ticket="if azure.service.request.id is present; otherwise contact the owner of the host.",
        support_channels=("Azure",),
    ),
    Advice(
        about="empty_response",
        meaning="The response reports success but has no body.",
        next_step=(
            "Find the host that responds: a gateway, a proxy or a mock may accept the call and drop "
            "the response."
        ),
        steps=(
            Step("Check that server.address is the host you intend to call."),
            _WHO_ANSWERED,
            Step("202 or 204: the host in front of Foundry accepted the call and responded itself."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AZURE_REQUEST_ID),
        retry="At most once; if the body is empty again, a host in the path removes it.",
        ticket="if azure.service.request.id is present.",
        support_channels=("Azure",),
    ),
    Advice(
        about="unexpected_response",
        meaning="The response reports success but its body is not a message.",
        next_step=(
            "Print the body where the service runs; check the host that responds and the path of the API."
        ),
        steps=(
            Step(
                "Check that server.address is the host you intend to call and that the path is the "
                "path of the API."
            ),
            _WHO_ANSWERED,
            Step(
                "A gateway that converts responses into another format hides tokens and cost: disable "
                "the conversion."
            ),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AZURE_REQUEST_ID),
        retry="The same request fails again.",
        ticket="if azure.service.request.id is present.",
        support_channels=("Azure",),
    ),
)
"""By failure class."""
