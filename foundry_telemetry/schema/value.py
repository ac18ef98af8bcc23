"""Values that fields can have, and the names of the event, the scope and the prefix of tags."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

SCOPE: Final = "foundry_telemetry"
"""Name of the tracer, the meter and the logger."""

EVENT_NAME: Final = "foundry.attempt"
"""Name of the ledger event, one for each attempt."""

SCHEMA: Final = "1"
"""Version of the ledger event's fields."""

TAG_PREFIX: Final = "foundry.tag."
"""Prefix of the keys given to ``attribute()``."""

CHAT: Final = "chat"
COUNT_TOKENS: Final = "count_tokens"
"""Values of ``gen_ai.operation.name``; the second is ours."""
OPERATION_PATHS: Final = {CHAT: "/v1/messages", COUNT_TOKENS: "/v1/messages/count_tokens"}
"""How the path of each ends."""
PROVIDER_ANTHROPIC: Final = "anthropic"
COGNITIVE_SERVICES: Final = "Microsoft.CognitiveServices"

AuthScheme = Literal["api_key", "entra_id", "gateway_key", "none"]
Outcome = Literal[
    "ok", "error", "stream_error", "truncated", "abandoned", "cancelled", "no_response", "not_sent"
]
Origin = Literal["foundry", "anthropic", "customer_gateway", "proxy", "entra", "client", "unknown"]
Owner = Literal[
    "caller_credential",
    "caller_authorization",
    "caller_request",
    "quota",
    "customer_gateway",
    "azure",
    "model_service",
    "network",
    "client",
]

Unpriced = Literal["no_model", "unknown_model", "unpriced_usage"]
"""Why complete usage has no cost: there is no rate for the model, or for a part of the usage."""
Missing = Literal["incomplete", Unpriced]
"""Why an attempt has no cost: its usage was not all reported, or it is unpriced."""
QuotaKind = Literal["requests", "uncached_input", "output"]
"""What a limit counts."""
QuotaSource = Literal["declared", "learnt"]
"""Where a limit is known from."""


class Signal(StrEnum):
    """What was lost."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"
    ATTEMPTS = "attempts"
    """Whole records of attempts: span, metrics and ledger event at once."""
    TOKENS = "tokens"
    """The token usage of an attempt; all else of it is recorded."""
    TIMINGS = "timings"
    """A time of an attempt; all else of it is recorded."""
    TRACE_CONTEXT = "trace_context"
    """The ``traceparent`` of a request; the attempt is recorded."""
    EXCEPTION_NOTES = "exception_notes"
    """The note on an exception; the attempt is recorded."""
    BUDGETS = "budgets"
    """The sum of a budget; the attempt is recorded."""
    SINKS = "sinks"
    """One call of a sink; the attempt is recorded."""
    CONTENT = "content"
    """The request and response log of an attempt; the attempt is recorded."""


class Reason(StrEnum):
    """Why it was lost."""

    INTERNAL_ERROR = "internal_error"
    """Our own code failed."""
    SINK_ERROR = "sink_error"
    """A sink of the application raised; the record is whole."""
    SAMPLER_ERROR = "sampler_error"
    """A sampler or span processor of the application raised, so an attempt has no span."""
    PROCESSOR_ERROR = "processor_error"
    """A processor of the application raised when it was given a finished span or a ledger event."""
    FORMAT_ERROR = "format_error"
    """A log line of the application does not fit the logging format or its own arguments."""
    QUEUE_FULL = "queue_full"
    """More came in five seconds than the queue holds (``OTEL_BSP_MAX_QUEUE_SIZE``, ``OTEL_BLRP_…``)."""
    AFTER_SHUTDOWN = "after_shutdown"
    """It came after the providers were shut down."""
    EXPORT_ERROR = "export_error"
    """The exporter raised, or could not make a request of it."""
    REFUSED = "refused"
    """Azure answered that it does not want it, now or ever: 400, 404, 413 and the like."""
    QUOTA = "quota"
    """Azure answered 402 or 439: the quota or the daily cap is reached."""
    INGESTION_SAMPLING = "ingestion_sampling"
    """Azure answered that its own sampling left it out."""
    STORAGE_DISABLED = "storage_disabled"
    """It could not be sent, and the exporter has no disk to keep it on."""
    STORAGE_FULL = "storage_full"
    """It could not be sent, and the exporter's disk space (``storage_max_size``) is used up."""
    STORAGE_FAILED = "storage_failed"
    """It could not be sent, and writing it to disk failed."""
    EXPIRED = "expired"
    """It waited on disk for longer than ``storage_retention_period``."""
    EXIT = "exit"
    """The process ended before it was sent or on disk."""
