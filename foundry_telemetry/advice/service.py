"""Advice on failures of those who serve: the model service, Azure, and what stands before them."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_HOW_WIDE: Final = (
    "See how wide it is: one deployment or all, one region or all, and since when. One request that fails "
    "each time is another matter than a share of all."
)
_SDK_RETRIES: Final = (
    "The SDK sends a failed request up to twice more by default; see in foundry.attempt.number whether "
    "that was enough, and set max_retries. A stream that failed after it began is not sent again by "
    "anybody."
)
_HEALTH: Final = "Look at Azure Service Health for the region of the resource."

SERVICE: Final = by_name(
    Advice(
        about="overloaded",
        meaning="The model service has more to do than it can take; it is not your quota.",
        next_step="Retry with growing waits; put off what can wait, or use another model while it lasts.",
        steps=(
            Step(_HOW_WIDE),
            Step(_SDK_RETRIES),
            Step("Put off work that can wait, and send the rest to another model if the application can."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.ATTEMPT_NUMBER, names.OUTCOME, names.REGION),
        retry="With waits that grow; the application itself must retry a stream that had begun.",
        ticket="if it lasts, or hits you alone.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="server_error",
        meaning="Whoever answered failed inside while it worked on the request.",
        next_step="Retry; if it lasts, open a ticket with the id of the side that answered.",
        steps=(
            Step(_HOW_WIDE),
            Step(_SDK_RETRIES),
            Step(
                "If one kind of request fails each time, something in it may be the trigger: make it "
                "smaller until it passes."
            ),
            Step(
                "Who answered: foundry.error.origin. If anthropic.request.id is absent, the request may "
                "not have reached the model service."
            ),
        ),
        relevant_fields=(names.ERROR_ORIGIN, names.ANTHROPIC_REQUEST_ID, names.ATTEMPT_NUMBER, names.OUTCOME),
        retry="With waits that grow; the application itself must retry a stream that had begun.",
        ticket="if it lasts; Anthropic where its id is told, else Azure.",
        support_channels=("Anthropic", "Azure"),
    ),
    Advice(
        about="service_unavailable",
        meaning="The service could not take the request just then.",
        next_step="Retry with growing waits; look at Azure Service Health for the region if it lasts.",
        steps=(Step(_HOW_WIDE), Step(_SDK_RETRIES), Step(_HEALTH)),
        relevant_fields=(names.REGION, names.RESOURCE, names.RETRY_AFTER, names.ATTEMPT_NUMBER),
        retry="After foundry.retry_after_s, else with waits that grow.",
        ticket="if it lasts and Service Health shows nothing.",
        support_channels=("Azure",),
    ),
    Advice(
        about="timeout",
        meaning="The service gave up before the model had answered.",
        next_step="Stream long answers, lower max_tokens or shorten the prompt; retry.",
        steps=(
            Step(
                "See whether foundry.duration_ms of these attempts is always the same: then it is a limit "
                "somewhere on the way, and longer answers will never pass it."
            ),
            Step("Use stream for long answers; lower max_tokens; shorten the prompt."),
            Step(_HOW_WIDE),
        ),
        relevant_fields=(names.DURATION, names.ERROR_ORIGIN, names.REQUEST_STREAM, names.REQUEST_MAX_TOKENS),
        retry="It may pass at the next attempt; the one given up may be billed as well.",
        ticket="if short requests time out too; Anthropic where its id is told, else Azure.",
        support_channels=("Anthropic", "Azure"),
    ),
    Advice(
        about="upstream_auth",
        meaning="Azure could not sign in to the model service behind it; your own credential is good.",
        next_step="Leave keys and roles alone; retry; if every call fails, check Marketplace and billing.",
        steps=(
            Step("Leave keys, tokens and roles alone: they were accepted."),
            Step("Retry: single failures of this kind pass."),
            Step(
                "Every call fails: see in the portal whether the Marketplace subscription for Claude is "
                "active and the payment method of the Azure subscription is valid."
            ),
            Step("Open a ticket, with anthropic.request.id too: it was taken from the message."),
        ),
        relevant_fields=(
            names.AZURE_REQUEST_ID,
            names.ANTHROPIC_REQUEST_ID,
            names.RESOURCE,
            names.ATTEMPT_NUMBER,
        ),
        retry="It comes and goes.",
        ticket="if it lasts and billing is in order.",
        support_channels=("Azure",),
    ),
    Advice(
        about="gateway_html",
        meaning="A web page came back: something on the way answered, not Foundry.",
        next_step="Find who answers: a proxy, a sign-in page, a gateway; check base URL, HTTPS_PROXY and "
        "NO_PROXY.",
        steps=(
            Step("Is server.address the host you mean to call?"),
            Step("See who answers where the service runs, by the headers.", REACH),
            Step("Check HTTPS_PROXY and NO_PROXY there, and ask the owner of the proxy or gateway."),
            Step("With status 200 the SDK gives the page to the application as text: expect that there."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.AZURE_REQUEST_ID),
        retry="A status of 5xx is the exception.",
        ticket="if azure.service.request.id is told, or nothing of yours is on the way.",
        support_channels=("Azure",),
    ),
)
"""By failure class."""
