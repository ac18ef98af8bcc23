"""The frozen facts of one finished attempt.

*Call*: one thing the application asked for. *Attempt*: one HTTP exchange for it; retries, redirects and
re-sends after a 401 are further attempts. *Observation*: what is known of an attempt once it is over.

Its parts are defined where they are read from the wire: ids with the headers, tokens with the body.

``None`` always means unknown. It never stands for zero, and zero never stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foundry_telemetry.schema.value import AuthScheme, Origin, Outcome, Owner
from foundry_telemetry.wire.causes import Failure
from foundry_telemetry.wire.claims import EntraFacts, TokenFacts
from foundry_telemetry.wire.headers import NO_IDS, RequestIds
from foundry_telemetry.wire.usage import NO_USAGE, TokenUsage

__all__ = [
    "NO_IDS",
    "NO_USAGE",
    "AuthScheme",
    "Cost",
    "EntraFacts",
    "Failure",
    "Observation",
    "Origin",
    "Outcome",
    "Owner",
    "RequestIds",
    "TokenFacts",
    "TokenUsage",
    "support_code",
]

NO_TAGS: Mapping[str, str] = {}
"""A plain dict, not to be changed: sinks pickle and encode what they get."""


class Cost(Struct, frozen=True, gc=False):
    """An estimate, and where its prices come from."""

    usd: float
    source: str
    """``genai-prices 0.2.3``, the same with ``x 1.1`` for a multiple of it, or ``override``."""
    is_partial: bool = False
    """Whether it is the price of the input alone, because the output was not reported."""


class Observation(Struct, frozen=True, kw_only=True):
    """One finished attempt."""

    call_id: str
    """16 hex digits; the attempts of one call share it."""
    attempt_number: int = 1
    client: str | None = None

    operation: str | None = None
    """``chat``, ``count_tokens``, or ``None`` for an endpoint Foundry does not offer."""
    deployment: str | None = None
    """``model`` of the request, which on Foundry names the deployment."""
    stream: bool = False
    max_tokens: int | None = None
    method: str = "POST"
    scheme: str = "https"
    server_address: str | None = None
    server_port: int | None = None
    path: str = ""
    """Path of the URL, without the query."""
    resource: str | None = None
    anthropic_version: str | None = None
    auth_scheme: AuthScheme = "none"

    status_code: int | None = None
    response_model: str | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    refusal_category: str | None = None
    region: str | None = None
    ids: RequestIds = NO_IDS
    counted_input_tokens: int | None = None
    """The estimate ``count_tokens`` answered; not consumption."""

    outcome: Outcome
    failure: Failure | None = None
    retry_after_s: float | None = None
    """Seconds the answer asked to wait."""

    trace_id: str | None = None
    """32 hex digits: the trace the attempt belongs to, whether it was sampled or not."""
    started_ns: int
    """When the request left, nanoseconds since the epoch."""
    duration_s: float
    """Seconds to the end of the body, from the monotonic clock."""
    time_to_headers_s: float | None = None
    time_to_first_token_s: float | None = None
    connect_s: float | None = None
    clock_offset_s: int | None = None
    """Seconds by which the client's clock is ahead of the server's at least, negative where it is behind;
    ``None`` below 10 seconds."""
    timeout_s: float | None = None
    """Seconds that the client would have waited for what was due when the attempt was cut short."""

    usage: TokenUsage = NO_USAGE
    cost_usd: float | None = None
    """Estimate at list price, or at the prices that were set."""
    partial_cost_usd: float | None = None
    """What the input of an answer costs whose output was not reported. Never beside `cost_usd`, and no
    part of it: the bill is higher."""
    cost_source: str | None = None
    tags: Mapping[str, str] = NO_TAGS

    @property
    def support_code(self) -> str:
        """A short name of the call, to show to a user: ``FT-`` and the first ten digits of the call id."""
        return support_code(self.call_id)

    @property
    def anthropic_request_id(self) -> str | None:
        """The model service's id, from the header, else from the body."""
        return self.ids.request_id or self.ids.body_request_id


def support_code(call_id: str) -> str:
    """The short name of a call by its id, 16 hex digits."""
    digits = call_id.upper()
    return f"FT-{digits[:5]}-{digits[5:10]}"
