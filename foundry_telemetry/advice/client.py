"""Advice on failures on the way and in the calling process."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, RESOLVE, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

CLIENT: Final = by_name(
    Advice(
        about="client_error",
        meaning="An exception was raised in the calling process that is none of the network.",
        next_step="Find the traceback of this trace; look at event hooks, middleware, auth flows and "
        "redirects.",
        steps=(
            Step("Find the exception of the same operation in AppExceptions or in the service's own log."),
            Step(
                "Look at event hooks, middleware, custom transports and auth flows: what a hook raises "
                "becomes a connection error in the SDK and is sent again, and each time may be billed."
            ),
            Step("Too many redirects: check the base URL and the gateway."),
        ),
        relevant_fields=(names.CLIENT, names.ERROR_CODE, names.ATTEMPT_NUMBER, names.SERVER_ADDRESS),
        retry="The same code gets the same exception.",
        ticket="it happens in your process.",
    ),
    Advice(
        about="client_timeout",
        meaning="The client stopped waiting; the service may have finished, and may bill it.",
        next_step="Compare foundry.duration_ms with the timeout of the client; stream long answers or "
        "raise it.",
        steps=(
            Step(
                "Compare foundry.duration_ms with the timeouts of the client. Those of the SDK are 600 s, "
                "and 5 s to connect."
            ),
            Step("About the time to connect: treat it as connection_error."),
            Step("Longer: use stream, lower max_tokens, or raise the timeout of the client."),
            Step(
                "Mind the bill: no key tells the service that a second attempt is the same request, so "
                "both may be billed."
            ),
        ),
        relevant_fields=(names.DURATION, names.CONNECT, names.REQUEST_STREAM, names.REQUEST_MAX_TOKENS),
        retry="It may pass, and may be billed twice.",
        ticket="as a rule no answer came, so there is no id to give.",
    ),
    Advice(
        about="connection_error",
        meaning="No connection, or it broke before an answer came.",
        next_step="Read foundry.error.code: EAI_NONAME is DNS, ECONNREFUSED the port, "
        "CERTIFICATE_VERIFY_FAILED a TLS proxy.",
        steps=(
            Step(
                "Read foundry.error.code. EAI_NONAME, EAI_AGAIN: the name does not resolve. ECONNREFUSED: "
                "nothing listens there. ECONNRESET: cut on the way. CERTIFICATE_VERIFY_FAILED: a proxy "
                "may replace the certificate, and its authority is not known to the client."
            ),
            Step(
                "Resolve the name where the service runs; with a private endpoint it must be private.",
                RESOLVE,
            ),
            Step("See how far a request gets from there.", REACH),
            Step("Check HTTPS_PROXY and NO_PROXY, and what changed in the network when it began."),
        ),
        relevant_fields=(names.ERROR_CODE, names.SERVER_ADDRESS, names.CONNECT, names.ATTEMPT_NUMBER),
        retry="A cut connection often passes; a wrong name does not.",
        ticket="no answer came, so there is no id to give; look at Azure Service Health.",
    ),
    Advice(
        about="decoding_error",
        meaning="The body could not be decompressed: it was damaged, or wrongly labelled, on the way.",
        next_step="Find the proxy or gateway that changes bodies; send accept-encoding identity to make "
        "sure.",
        steps=(
            Step("See whether it is one host or one way out: then a proxy or gateway there changes bodies."),
            Step("Send the header accept-encoding: identity for a while; if it passes, that is the place."),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.CLIENT),
        retry="It may pass; the lost answer may be billed.",
        ticket="if nothing of yours is on the way.",
        support_channels=("Azure",),
    ),
    Advice(
        about="pool_timeout",
        meaning="No connection in the pool of the client became free; the request was never sent.",
        next_step="Close streams, share one client, lower concurrency, or raise max_connections of its "
        "limits.",
        steps=(
            Step("Look for streams that are neither read to their end nor closed: each holds a connection."),
            Step("Share one client in the process; lower concurrency."),
            Step("If the load is meant, raise max_connections in the limits of the HTTP client."),
        ),
        relevant_fields=(names.DURATION, names.CLIENT, names.OUTCOME),
        retry="Once other calls have ended.",
        ticket="it happens in your process.",
    ),
    Advice(
        about="stream_truncated",
        meaning="The stream ended before its last event: the answer is a fragment, its final usage unknown.",
        next_step="Ask again; check stop_reason before use; look for an idle timeout of a proxy or gateway.",
        steps=(
            Step(
                "Let the application check that stop_reason is there before it uses an answer: the SDK "
                "raises nothing where the stream ends early without an error."
            ),
            Step(
                "See whether foundry.duration_ms of these attempts is always about the same: then a "
                "proxy, gateway or load balancer has a time limit."
            ),
            Step(
                "foundry.error.code tells of a broken connection, such as ECONNRESET; without it the body "
                "just ended."
            ),
        ),
        relevant_fields=(names.DURATION, names.TIME_TO_FIRST_TOKEN, names.ERROR_CODE, names.USAGE_COMPLETE),
        tab="Streams",
        retry="By the application: the SDK does not, and the fragment may be billed.",
        ticket="if nothing of yours is on the way.",
        support_channels=("Azure", "Anthropic"),
    ),
)
"""By failure class."""
