"""The frozen facts of one finished attempt.

*Call*: one thing the application asked for. *Attempt*: one HTTP exchange for it; retries, redirects and
re-sends after a 401 are further attempts. *Observation*: what is known of an attempt once it is over.

``None`` always means "not told". It never stands for zero, and zero never stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foundry_telemetry.schema.value import AuthScheme, Origin, Outcome, Owner

__all__ = [
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


class TokenUsage(Struct, frozen=True, kw_only=True, gc=False):
    """Token counters as the Anthropic API names them."""

    input_tokens: int | None = None
    """Input outside the cache."""
    output_tokens: int | None = None
    """Final output, thinking included; ``None`` until the service has told the final number."""
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation_5m: int | None = None
    """The part of ``cache_creation_input_tokens`` that lives five minutes."""
    cache_creation_1h: int | None = None
    """The part of ``cache_creation_input_tokens`` that lives an hour."""
    thinking_tokens: int | None = None
    """The part of ``output_tokens`` spent on thinking."""
    web_search_requests: int | None = None
    web_fetch_requests: int | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None
    compaction_input_tokens: int | None = None
    """Input of server-side compaction, cache included; not part of ``input_tokens``."""
    compaction_output_tokens: int | None = None
    """Output of server-side compaction; not part of ``output_tokens``."""
    has_other_charges: bool = False
    """Whether something was billed that these counters do not hold: another model (an advisor, a fallback),
    a credit, a tool, a cache lifetime or a term that we do not know."""
    complete: bool = False
    """Whether the final counters were seen."""

    @property
    def is_reported(self) -> bool:
        """Whether any token count is known."""
        return self.input_tokens is not None or self.output_tokens is not None

    @property
    def total_input_tokens(self) -> int | None:
        """All input: uncached, cache write and cache read. This is ``gen_ai.usage.input_tokens``."""
        if self.input_tokens is None:
            return None
        return (
            self.input_tokens + (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        )

    @property
    def uncached_input_tokens(self) -> int | None:
        """Input plus cache write: what Foundry counts against the input limit."""
        if self.input_tokens is None:
            return None
        return self.input_tokens + (self.cache_creation_input_tokens or 0)


NO_USAGE = TokenUsage()
"""Nothing was told."""


class Cost(Struct, frozen=True, gc=False):
    """An estimate, and where its prices come from."""

    usd: float
    source: str
    """``genai-prices 0.2.3``, the same with ``x 1.1`` for a multiple of it, or ``override``."""
    is_partial: bool = False
    """Whether it is the price of the input alone, because the output was not told."""


class RequestIds(Struct, frozen=True, kw_only=True, gc=False):
    """Every id an answer carried, cleaned: ``[A-Za-z0-9._:-]``, at most 128 characters."""

    apim_request_id: str | None = None
    """Azure's id, which Azure support asks for."""
    request_id: str | None = None
    """The model service's id, which Anthropic support asks for; absent when Azure refused the call."""
    x_request_id: str | None = None
    """Set by gateways."""
    body_request_id: str | None = None
    """``request_id`` of an error body or event, or the id in the text of an upstream failure."""
    activity_id: str | None = None
    """``activityId`` of an API Management error."""


NO_IDS = RequestIds()


class TokenFacts(Struct, frozen=True, kw_only=True, gc=False):
    """What the claims of a refused bearer token say. The token itself is never kept."""

    expires_in_s: int | None = None
    """Seconds from now to ``exp``; negative when expired."""
    audience: str | None = None
    tenant: str | None = None
    application: str | None = None
    identity_type: str | None = None


class EntraFacts(Struct, frozen=True, kw_only=True, gc=False):
    """What Entra said when it refused to issue a token; the three things its support asks for."""

    code: str | None = None
    trace_id: str | None = None
    correlation_id: str | None = None


class Failure(Struct, frozen=True, kw_only=True, gc=False):
    """Why an attempt failed, and whose move it is."""

    type: str
    """The failure class, from the table in ``foundry_telemetry.wire.causes``; emitted as ``error.type``."""
    origin: Origin
    owner: Owner | None
    """Who has to act; ``None`` where the evidence does not say."""
    retryable: bool
    """Whether another attempt can help."""
    auth_failure: bool = False
    code: str | None = None
    """The code on the wire, the ``AADSTS`` code, or the name of the socket error."""
    api_type: str | None = None
    """``error.type`` of an Anthropic error body, such as ``overloaded_error``."""
    exception_type: str | None = None
    """Class of the exception that crossed us; never its text."""
    missing_data_action: str | None = None
    """The RBAC data action an ``authz_missing_role`` answer named."""
    token: TokenFacts | None = None
    entra: EntraFacts | None = None


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

    usage: TokenUsage = NO_USAGE
    cost_usd: float | None = None
    """Estimate at list price, or at the prices that were set."""
    partial_cost_usd: float | None = None
    """What the input of an answer costs whose output was not told. Never beside `cost_usd`, and no part of
    it: the bill is higher."""
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
