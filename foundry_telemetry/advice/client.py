"""Advice on failures in the path and in the calling process."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, RESOLVE, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

CLIENT: Final = by_name(
    Advice(
        about="client_error",
        meaning="An exception in the calling process, not in the network, ended the call.",
        next_step=(
            "Find the traceback of this trace; check event hooks, middleware, auth flows and redirects."
        ),
        steps=(
            Step("Find the exception of the same operation in AppExceptions or in the log of the service."),
            Step(
                "Check event hooks, middleware, custom transports and auth flows. The SDK treats an "
                "exception in a hook as a connection error and retries, and each retry may be billed."
            ),
            Step("Too many redirects: check the base URL and the gateway."),
        ),
        relevant_fields=(names.CLIENT, names.ERROR_CODE, names.ATTEMPT_NUMBER, names.SERVER_ADDRESS),
        retry="The same code raises the same exception.",
        ticket="the error is in your process.",
    ),
    Advice(
        about="client_timeout",
        meaning="The client timed out; the service may have finished the response and may bill it.",
        next_step=("Compare foundry.duration_ms with the client timeout; stream long responses or raise it."),
        steps=(
            Step(
                "Compare foundry.duration_ms with foundry.timeout_s, the timeout that applied. The "
                "SDK defaults are 600 s in total and 5 s to connect."
            ),
            Step("Close to the connect timeout: treat it as connection_error."),
            Step("Close to the total timeout: use streaming, lower max_tokens, or raise the timeout."),
            Step("Check the cost: Foundry has no idempotency key, so each attempt may be billed."),
        ),
        relevant_fields=(
            names.DURATION,
            names.CLIENT_TIMEOUT,
            names.CONNECT,
            names.REQUEST_STREAM,
            names.REQUEST_MAX_TOKENS,
        ),
        retry="It may succeed, and both attempts may be billed.",
        ticket="compare the client timeout first; without a response there is usually no request ID.",
    ),
    Advice(
        about="connection_error",
        meaning="The connection failed, or it broke before a response arrived.",
        next_step=(
            "Read foundry.error.code: EAI_NONAME is DNS, ECONNREFUSED the port, "
            "CERTIFICATE_VERIFY_FAILED a TLS proxy."
        ),
        steps=(
            Step(
                "Read foundry.error.code. EAI_NONAME, EAI_AGAIN: the name does not resolve. "
                "ECONNREFUSED: no server listens on the port. ECONNRESET: the connection was reset in"
                " the path. CERTIFICATE_VERIFY_FAILED: a proxy may replace the certificate with one "
                "the client does not trust."
            ),
            Step(
                (
                    "Resolve the name where the service runs; with a private endpoint the address must be"
                    " private."
                ),
                RESOLVE,
            ),
            Step("Test the connection from there.", REACH),
            Step("Check HTTPS_PROXY and NO_PROXY, and recent network changes."),
        ),
        relevant_fields=(names.ERROR_CODE, names.SERVER_ADDRESS, names.CONNECT, names.ATTEMPT_NUMBER),
        retry="A reset connection often recovers; a wrong host name does not.",
        ticket="check the network path and Azure Service Health; without a response there is no request ID.",
    ),
    Advice(
        about="decoding_error",
        meaning="The response body could not be decompressed: a hop in the path changed or mislabelled it.",
        next_step=(
            "Find the proxy or gateway that changes bodies; send accept-encoding: identity to confirm."
        ),
        steps=(
            Step(
                "Check whether one host or one network path is affected: a proxy or gateway there "
                "changes bodies."
            ),
            Step(
                "Send the header accept-encoding: identity for a test. If the calls succeed, that hop"
                " is the cause."
            ),
        ),
        relevant_fields=(names.SERVER_ADDRESS, names.STATUS_CODE, names.CLIENT),
        retry="It may succeed; the lost response may be billed.",
        ticket="if no proxy or gateway of yours is in the path.",
        support_channels=("Azure",),
    ),
    Advice(
        about="pool_timeout",
        meaning="No connection of the client pool became free; the request was not sent.",
        next_step=(
            "Close streams, share one client, lower concurrency, or raise max_connections of the client."
        ),
        steps=(
            Step("Find streams that are neither read to the end nor closed: each holds a connection."),
            Step("Share one client per process; lower concurrency."),
            Step("If the load is expected, raise max_connections in the limits of the HTTP client."),
        ),
        relevant_fields=(names.DURATION, names.CLIENT, names.OUTCOME),
        retry="After other calls end.",
        ticket="the error is in your process.",
    ),
    Advice(
        about="stream_truncated",
        meaning=(
            "The stream ended before its last event: the response is incomplete and its final "
            "usage is unknown."
        ),
        next_step="Retry; check stop_reason before use; check idle timeouts of proxies and gateways.",
        steps=(
            Step(
                "Check stop_reason in the application before it uses a response: the SDK raises no "
                "error when a stream ends early."
            ),
            Step(
                "Check whether foundry.duration_ms is about the same for these attempts: a proxy, "
                "gateway or load balancer then has a time limit."
            ),
            Step(
                "Read foundry.error.code: a code such as ECONNRESET means a broken connection; no "
                "code means the body ended early."
            ),
        ),
        relevant_fields=(names.DURATION, names.TIME_TO_FIRST_TOKEN, names.ERROR_CODE, names.USAGE_COMPLETE),
        tab="Streams",
        retry="By the application: the SDK does not retry, and the incomplete response may be billed.",
        ticket="if no proxy or gateway of yours is in the path.",
        support_channels=("Azure", "Anthropic"),
    ),
)
"""By failure class."""
