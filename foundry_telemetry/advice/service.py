"""Advice on failures of the services: Anthropic, Azure, and what stands before them."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_HOW_WIDE: Final = (
    "Check the scope: one deployment or all, one region or all, and since when. If only one kind of request "
    "fails, the cause is in that request, not in the service."
)
_SDK_RETRIES: Final = (
    "The SDK retries a failed request up to twice by default: check foundry.attempt.number, and set "
    "max_retries. The SDK does not retry a stream that failed after it started."
)
_HEALTH: Final = "Check Azure Service Health for the region of the resource."

SERVICE: Final = by_name(
    Advice(
        about="overloaded",
        meaning="Anthropic is overloaded; your quota is not the limit.",
        next_step="Retry with exponential backoff; defer batch work or switch to another model.",
        steps=(
            Step(_HOW_WIDE),
            Step(_SDK_RETRIES),
            Step("Defer work that can wait; send the rest to another model if the application supports it."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.ATTEMPT_NUMBER, names.OUTCOME, names.REGION),
        retry="With exponential backoff; the application must retry a stream that had started.",
        ticket="if it lasts, or if Anthropic's status page reports no incident.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="server_error",
        meaning="The service that responded had an internal error.",
        next_step=(
            "Retry; if the error persists, open a ticket with the request ID of the service that responded."
        ),
        steps=(
            Step(_HOW_WIDE),
            Step(_SDK_RETRIES),
            Step(
                "If one kind of request always fails, its content may trigger the error: reduce it "
                "until it succeeds."
            ),
            Step(
                "Read foundry.error.origin for the service that responded. Without "
                "anthropic.request.id the request may not have reached Anthropic."
            ),
        ),
        relevant_fields=(names.ERROR_ORIGIN, names.ANTHROPIC_REQUEST_ID, names.ATTEMPT_NUMBER, names.OUTCOME),
        retry="With exponential backoff; the application must retry a stream that had started.",
        ticket="if it persists; Anthropic if its request ID is present, otherwise Azure.",
        support_channels=("Anthropic", "Azure"),
    ),
    Advice(
        about="service_unavailable",
        meaning="The service was temporarily unavailable.",
        next_step=(
            "Retry with exponential backoff; if it persists, check Azure Service Health for the region."
        ),
        steps=(Step(_HOW_WIDE), Step(_SDK_RETRIES), Step(_HEALTH)),
        relevant_fields=(names.REGION, names.RESOURCE, names.RETRY_AFTER, names.ATTEMPT_NUMBER),
        retry="After foundry.retry_after_s; without it, with exponential backoff.",
        ticket="if it persists and Service Health shows no incident.",
        support_channels=("Azure",),
    ),
    Advice(
        about="timeout",
        meaning="The service timed out before the model finished its response.",
        next_step="Stream long responses, lower max_tokens or shorten the prompt; retry.",
        steps=(
            Step(
                "Check whether foundry.duration_ms is always the same: a fixed limit in the path then "
                "stops every longer response."
            ),
            Step("Use streaming for long responses; lower max_tokens; shorten the prompt."),
            Step(_HOW_WIDE),
        ),
        relevant_fields=(names.DURATION, names.ERROR_ORIGIN, names.REQUEST_STREAM, names.REQUEST_MAX_TOKENS),
        retry="It may succeed; the attempt that timed out may be billed too.",
        ticket="if short requests time out too; Anthropic if its request ID is present, otherwise Azure.",
        support_channels=("Anthropic", "Azure"),
    ),
    Advice(
        about="upstream_auth",
        meaning="Azure could not authenticate to Anthropic; your own credentials are valid.",
        next_step="Do not change keys or roles; retry; if every call fails, check Marketplace and billing.",
        steps=(
            Step("Do not change keys, tokens or roles: Azure accepted them."),
            Step("Retry: single errors of this kind recover."),
            Step(
                "If every call fails, check in the portal that the Marketplace subscription for Claude "
                "is active and the payment method of the Azure subscription is valid."
            ),
            Step("Open a ticket and include anthropic.request.id, which comes from the error message."),
        ),
        relevant_fields=(
            names.AZURE_REQUEST_ID,
            names.ANTHROPIC_REQUEST_ID,
            names.RESOURCE,
            names.ATTEMPT_NUMBER,
        ),
        retry="The error is intermittent.",
        ticket="if it persists and billing is in order.",
        support_channels=("Azure",),
    ),
    Advice(
        about="gateway_html",
        meaning="The response is a web page: a host in the path responded, not Foundry.",
        next_step=(
            "Find the host that responds (proxy, sign-in page, gateway); check base URL, HTTPS_PROXY "
            "and NO_PROXY."
        ),
        steps=(
            Step("Check that server.address is the host you intend to call."),
            Step("Read the response headers where the service runs.", REACH),
            Step("Check HTTPS_PROXY and NO_PROXY there, and contact the owner of the proxy or gateway."),
            Step("With status 200 the SDK returns the page to the application as text: handle that case."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AZURE_REQUEST_ID),
        retry="Only with a 5xx status.",
        ticket="if azure.service.request.id is present, or no proxy or gateway of yours is in the path.",
        support_channels=("Azure",),
    ),
)
"""By failure class."""
