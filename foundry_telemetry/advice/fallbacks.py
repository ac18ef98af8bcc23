"""Advice by owner, for what fits no class: ``http_<status>``, or a class that only a newer version knows."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_SEE_MESSAGE: Final = Step("Read the message of the exception in the application; it is not recorded here.")
_WHO: Final = (names.STATUS_CODE, names.ERROR_CODE, names.ERROR_ORIGIN, names.SERVER_ADDRESS)

FALLBACKS: Final = by_name(
    Advice(
        about="caller_credential",
        meaning="The credential was rejected for an unknown reason.",
        next_step=(
            "Check which credential the service sends, and that it is current and belongs to this resource."
        ),
        steps=(
            Step("Read foundry.auth.scheme for the kind of credential."),
            Step("Compare with auth_invalid_key for keys, and with auth_token_rejected for tokens."),
        ),
        relevant_fields=(names.AUTH_SCHEME, *_WHO),
        tab="Auth",
        retry="Rarely helps before the credential changes.",
        ticket="if the credential is valid.",
        support_channels=("Azure",),
    ),
    Advice(
        about="caller_authorization",
        meaning="The identity was denied for an unknown reason.",
        next_step=(
            "Check the role of the identity on the Foundry resource, and the network rules of the resource."
        ),
        steps=(
            Step("Compare with authz_missing_role for roles, and with authz_network_denied for networks."),
            _SEE_MESSAGE,
        ),
        relevant_fields=(names.TOKEN_APPLICATION, *_WHO),
        tab="Auth",
        retry="Rarely helps before a role or a rule changes.",
        ticket="if role and network rules are right.",
        support_channels=("Azure",),
    ),
    Advice(
        about="caller_request",
        meaning="The status indicates a client error; the response matches no known class.",
        next_step=(
            "Read the message of the exception, compare the request with the documentation, then correct it."
        ),
        steps=(
            _SEE_MESSAGE,
            Step(
                "Read foundry.error.origin for the service that responded. A proxy or gateway uses "
                "statuses of its own."
            ),
            Step("Compare with the last successful request of this kind: deployment, client, version."),
        ),
        relevant_fields=(names.ANTHROPIC_VERSION, names.CLIENT, *_WHO),
        retry="Only if foundry.retryable is true: 408, 409 and 429.",
        ticket=(
            "if the documentation allows the request; Anthropic if its request ID is present, "
            "otherwise Azure."
        ),
        support_channels=("Anthropic", "Azure"),
    ),
    Advice(
        about="quota",
        meaning="An unknown limit was exceeded.",
        next_step="Wait for retry-after and lower concurrency; see the tab Limits of the workbook.",
        steps=(Step("Compare with rate_limited."), _SEE_MESSAGE),
        relevant_fields=(names.RETRY_AFTER, *_WHO),
        tab="Limits",
        retry="After foundry.retry_after_s; without it, with exponential backoff.",
        ticket="request more quota in the portal.",
    ),
    Advice(
        about="customer_gateway",
        meaning="Your own gateway responded instead of Foundry: its limits, its policies or its backend.",
        next_step=(
            "Contact the owner of the gateway, with time and status; the gateway responded, not Foundry."
        ),
        steps=(
            Step("Give the owner of the gateway the time, the status and server.address."),
            Step("429: a limit of the gateway, separate from the Foundry quota. Wait foundry.retry_after_s."),
            Step("5xx: the gateway failed, or could not reach Foundry; its own log has the reason."),
            Step(
                "Forward the header apim-request-id in its responses: it is the Azure request ID, and"
                " it is missing here."
            ),
        ),
        relevant_fields=(names.RETRY_AFTER, *_WHO),
        retry="If foundry.retryable is true, after foundry.retry_after_s where it is present.",
        ticket="the gateway is yours; whether the request reached Azure or Anthropic is unknown.",
    ),
    Advice(
        about="azure",
        meaning="The status indicates a server error; the response matches no known class.",
        next_step=(
            "Retry with exponential backoff; if it persists, check Azure Service Health, then contact Azure."
        ),
        steps=(
            Step("Check the scope: one deployment or all, and since when."),
            Step(
                "Read foundry.error.origin for the service that responded. A proxy or gateway may have"
                " set the status."
            ),
            Step("Check Azure Service Health for the region of the resource."),
        ),
        relevant_fields=(names.REGION, *_WHO),
        retry="With exponential backoff.",
        ticket="if it persists.",
        support_channels=("Azure",),
    ),
    Advice(
        about="model_service",
        meaning="Anthropic failed for an unknown reason.",
        next_step="Retry with exponential backoff; if it persists, contact Anthropic.",
        steps=(
            Step("Check the scope: one model or all, and since when."),
            Step("Compare with server_error."),
        ),
        relevant_fields=(names.REQUEST_MODEL, *_WHO),
        retry="With exponential backoff, if foundry.retryable is true.",
        ticket="if it persists.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="network",
        meaning="The connection between client and service failed for an unknown reason.",
        next_step="Check DNS, proxies and the connection to server.address where the service runs.",
        steps=(Step("Compare with connection_error, and with stream_truncated if a response had started."),),
        relevant_fields=(names.CONNECT, *_WHO),
        retry="It often recovers.",
        ticket="if no proxy or gateway of yours is in the path.",
        support_channels=("Azure",),
    ),
    Advice(
        about="client",
        meaning="The calling process failed for an unknown reason.",
        next_step="Find the traceback of this trace in AppExceptions or in the log of the service.",
        steps=(Step("Find the traceback of the same operation."), Step("Compare with client_error.")),
        relevant_fields=(names.CLIENT, *_WHO),
        retry="If foundry.retryable is true.",
        ticket="the error is in your process.",
    ),
)
"""By owner."""

UNKNOWN: Final = Advice(
    about="unknown",
    meaning="The response does not show who owns the error.",
    next_step="Check status, origin and code of the attempt, and the other attempts of the same call.",
    steps=(
        Step(
            "Check the other attempts of the call: the error body is not read when the client "
            "retries at once; the last attempt has more details."
        ),
        _SEE_MESSAGE,
        Step("Update foundry-telemetry here to the version that recorded the attempt, or newer."),
    ),
    relevant_fields=(names.SCHEMA_VERSION, *_WHO),
    retry="If foundry.retryable is true.",
    ticket="find the owner of the error first.",
)
"""For what nothing is known of."""
