"""Advice by owner, for what fits no class: ``http_<status>``, or a class that only a newer version knows."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_SEE_MESSAGE: Final = Step(
    "Read the message of the exception that the application caught; it is not kept here."
)
_WHO: Final = (names.STATUS_CODE, names.ERROR_CODE, names.ERROR_ORIGIN, names.SERVER_ADDRESS)

FALLBACKS: Final = by_name(
    Advice(
        about="caller_credential",
        meaning="The credential was refused, for a reason that is not known here.",
        next_step="Check which credential the service sends, and whether it is current and of this resource.",
        steps=(
            Step("See which kind was sent: foundry.auth.scheme."),
            Step("Compare with auth_invalid_key for keys, and with auth_token_rejected for tokens."),
        ),
        relevant_fields=(names.AUTH_SCHEME, *_WHO),
        tab="Auth",
        retry="Seldom helps before the credential changes.",
        ticket="if the credential is known to be good.",
        support_channels=("Azure",),
    ),
    Advice(
        about="caller_authorization",
        meaning="The identity may not do this, for a reason that is not known here.",
        next_step="Check the role of the identity on the Foundry resource, and the network rules of the "
        "resource.",
        steps=(
            Step("Compare with authz_missing_role for roles, and with authz_network_denied for networks."),
            _SEE_MESSAGE,
        ),
        relevant_fields=(names.TOKEN_APPLICATION, *_WHO),
        tab="Auth",
        retry="Seldom helps before a role or a rule changes.",
        ticket="if role and network are known to be right.",
        support_channels=("Azure",),
    ),
    Advice(
        about="caller_request",
        meaning="The status says that the request is at fault; the answer fits no known class.",
        next_step="Read the message of the exception, compare the request with the documentation, then "
        "correct it.",
        steps=(
            _SEE_MESSAGE,
            Step("See who answered: foundry.error.origin. A proxy or gateway has statuses of its own."),
            Step("Compare with the last request of this kind that passed: deployment, client, version."),
        ),
        relevant_fields=(names.ANTHROPIC_VERSION, names.CLIENT, *_WHO),
        retry="Only where foundry.retryable says so: 408, 409 and 429.",
        ticket="if the documentation allows the request; Anthropic where its id is told, else Azure.",
        support_channels=("Anthropic", "Azure"),
    ),
    Advice(
        about="quota",
        meaning="Some limit was met that is not known here.",
        next_step="Wait as long as retry-after says and lower concurrency; see the Limits tab.",
        steps=(Step("Compare with rate_limited."), _SEE_MESSAGE),
        relevant_fields=(names.RETRY_AFTER, *_WHO),
        tab="Limits",
        retry="After foundry.retry_after_s, else with waits that grow.",
        ticket="quota is asked for in the portal.",
    ),
    Advice(
        about="customer_gateway",
        meaning="Your own gateway answered in place of Foundry: its limits, its policies or its backend.",
        next_step="Ask the owner of the gateway, with time and status; it answered, not Foundry.",
        steps=(
            Step("Give the owner of the gateway the time, the status and server.address."),
            Step("429: a limit of the gateway, apart from the quota of Foundry. Wait foundry.retry_after_s."),
            Step("5xx: the gateway failed, or did not reach Foundry; its own log tells which."),
            Step(
                "Keep the header apim-request-id in its answers: it is the id of Azure, and it is missing "
                "here."
            ),
        ),
        relevant_fields=(names.RETRY_AFTER, *_WHO),
        retry="As foundry.retryable says, after foundry.retry_after_s where it is told.",
        ticket="the gateway is yours; whether Azure or Anthropic saw the request is not known.",
    ),
    Advice(
        about="azure",
        meaning="The status says that the serving side failed; the answer fits no known class.",
        next_step="Retry with growing waits; look at Azure Service Health if it lasts, then ask Azure.",
        steps=(
            Step("See how wide it is: one deployment or all, and since when."),
            Step("See who answered: foundry.error.origin. A proxy or gateway may have made the status."),
            Step("Look at Azure Service Health for the region of the resource."),
        ),
        relevant_fields=(names.REGION, *_WHO),
        retry="With waits that grow.",
        ticket="if it lasts.",
        support_channels=("Azure",),
    ),
    Advice(
        about="model_service",
        meaning="The model service failed, in a way that is not known here.",
        next_step="Retry with growing waits; if it lasts, ask Anthropic.",
        steps=(
            Step("See how wide it is: one model or all, and since when."),
            Step("Compare with server_error."),
        ),
        relevant_fields=(names.REQUEST_MODEL, *_WHO),
        retry="With waits that grow, where foundry.retryable says so.",
        ticket="if it lasts.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="network",
        meaning="Something failed between the client and the service, in a way that is not known here.",
        next_step="Check DNS, proxies and the way to server.address from where the service runs.",
        steps=(Step("Compare with connection_error, and with stream_truncated if an answer had begun."),),
        relevant_fields=(names.CONNECT, *_WHO),
        retry="It often passes.",
        ticket="if nothing of yours is on the way.",
        support_channels=("Azure",),
    ),
    Advice(
        about="client",
        meaning="The calling process itself failed, in a way that is not known here.",
        next_step="Find the traceback of this trace in AppExceptions or in the log of the service.",
        steps=(Step("Find the traceback of the same operation."), Step("Compare with client_error.")),
        relevant_fields=(names.CLIENT, *_WHO),
        retry="As foundry.retryable says.",
        ticket="it happens in your process.",
    ),
)
"""By owner."""

UNKNOWN: Final = Advice(
    about="unknown",
    meaning="What was seen of the answer does not say who has to act.",
    next_step="See status, origin and code of the attempt, and the other attempts of the same call.",
    steps=(
        Step(
            "See the other attempts of the call: the body of an error is not read when the client tries "
            "again at once, and the last one says more."
        ),
        _SEE_MESSAGE,
        Step("Update foundry-telemetry here to the version that wrote the record, or newer."),
    ),
    relevant_fields=(names.SCHEMA_VERSION, *_WHO),
    retry="As foundry.retryable says.",
    ticket="which desk is for it cannot be told from here.",
)
"""For what nothing is known of."""
