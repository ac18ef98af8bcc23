"""Advice on failures of your own gateway, and on answers that are none of the API's."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_WHERE: Final = (names.SERVER_ADDRESS, names.STATUS_CODE, names.ERROR_ORIGIN)
_GIVE: Final = Step("Give the owner of the gateway the time, the status and server.address.")
_NO_TICKET: Final = "the gateway is yours; neither Azure nor Anthropic saw the request."
_KEY: Final = Step(
    "The gateway wants a key of its own, in the header Ocp-Apim-Subscription-Key or the one its owner chose; "
    "it is not the key of the Foundry resource."
)
_WHO_ANSWERED: Final = Step("See who answers where the service runs, by the headers.", REACH)

GATEWAY: Final = by_name(
    Advice(
        about="auth_gateway_key_missing",
        meaning="Your API Management gateway got no subscription key.",
        next_step="Send the subscription key of the gateway in its header; it is not the Foundry key.",
        steps=(_KEY, Step("Is server.address the gateway you mean, and the path that of its API?"), _GIVE),
        relevant_fields=(names.AUTH_SCHEME, *_WHERE),
        tab="Auth",
        retry="Not before the key is sent.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="auth_gateway_key_invalid",
        meaning="Your API Management gateway does not accept the subscription key.",
        next_step="Check the subscription key of the gateway: active, and of the product with this API?",
        steps=(
            _KEY,
            Step("See in API Management that the subscription is active and its product has this API."),
            Step("It used to work: was the key regenerated, or the subscription suspended?"),
            _GIVE,
        ),
        relevant_fields=(names.AUTH_SCHEME, *_WHERE),
        tab="Auth",
        retry="Not before the key changes.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="authz_gateway_denied",
        meaning="A policy of your gateway refused the caller: an address filter, a token check or another "
        "access rule.",
        next_step="Ask the owner of the gateway which policy refuses this caller: address filter or token.",
        steps=(
            Step("403: compare the public address that the service calls from with the ip-filter policy."),
            Step("401: compare the token with the validate-jwt policy: audience, issuer and claims."),
            _GIVE,
        ),
        relevant_fields=(names.AUTH_SCHEME, names.TOKEN_AUDIENCE, *_WHERE),
        tab="Auth",
        retry="Not before the policy or the caller changes.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="gateway_quota_exceeded",
        meaning="The quota that your gateway gives this subscription is used up.",
        next_step="Wait until the gateway renews its quota, or have it raised; the Foundry quota is another.",
        steps=(
            Step("The message of the exception says when the quota is renewed; it is not kept here."),
            Step("See which service used it up: calls by service and deployment."),
            Step("Have the quota policy of the gateway changed by its owner."),
        ),
        relevant_fields=(names.RETRY_AFTER, names.REQUEST_MODEL, *_WHERE),
        retry="Not before the quota is renewed.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="gateway_rate_limited",
        meaning="Your gateway limits the rate of this caller; the quota of Foundry is another.",
        next_step="Wait as long as retry-after says and lower concurrency, or have the policy changed.",
        steps=(
            Step("Wait foundry.retry_after_s; the SDK does so by itself, twice by default."),
            Step("Compare the rate-limit policy of the gateway with the quota of the deployment."),
            _GIVE,
        ),
        relevant_fields=(names.RETRY_AFTER, names.ATTEMPT_NUMBER, *_WHERE),
        retry="After foundry.retry_after_s, else with waits that grow.",
        ticket=_NO_TICKET,
    ),
    Advice(
        about="gateway_error",
        meaning="Your gateway failed itself, or did not reach what is behind it.",
        next_step="Look into the log of the gateway at this time, by its activity id if one is told.",
        steps=(
            Step("See in the log of the gateway whether a policy failed or the backend was not reached."),
            _GIVE,
            Step("It began at a time: what was changed in its policies or its backend?"),
        ),
        relevant_fields=(names.ERROR_CODE, names.ATTEMPT_NUMBER, *_WHERE),
        retry="With waits that grow.",
        ticket="the gateway is yours; whether Azure or Anthropic saw the request is not known.",
    ),
    Advice(
        about="redirected",
        meaning="The answer sends the client elsewhere, often to a sign-in page; no model has answered.",
        next_step="Correct the base URL, or the sign-in of what stands before Foundry; see who answers.",
        steps=(
            Step("Is server.address the host you mean to call, and its scheme https?"),
            _WHO_ANSWERED,
            Step("It leads to a sign-in page: what stands there wants another credential, or none at all."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AUTH_SCHEME),
        retry="The same request gets the same answer.",
        ticket="if azure.service.request.id is told; else ask the owner of the host.",
        support_channels=("Azure",),
    ),
    Advice(
        about="empty_response",
        meaning="The answer says that all is well, and has no body.",
        next_step="See who answers: a gateway, a proxy or a mock may accept the call and drop the answer.",
        steps=(
            Step("Is server.address the host you mean to call?"),
            _WHO_ANSWERED,
            Step("202 or 204: what stands before Foundry has accepted the call and answers for itself."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AZURE_REQUEST_ID),
        retry="Once; if it is empty again, something on the way takes the answer away.",
        ticket="if azure.service.request.id is told.",
        support_channels=("Azure",),
    ),
    Advice(
        about="unexpected_response",
        meaning="The answer says that all is well, but its body is no message.",
        next_step="Print the body where the service runs: who answers, and is the path that of the API?",
        steps=(
            Step("Is server.address the host you mean to call, and the path that of the API?"),
            _WHO_ANSWERED,
            Step("A gateway that turns answers into another format hides tokens and cost: have it stop."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AZURE_REQUEST_ID),
        retry="The same request gets the same answer.",
        ticket="if azure.service.request.id is told.",
        support_channels=("Azure",),
    ),
)
"""By failure class."""
