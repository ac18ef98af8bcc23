"""What evidence adds to the advice on failures: one row for each thing it can show, the specific first."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.incident.evidence import Evidence
from foundry_telemetry.investigate.incident.numbers import compared, duration
from foundry_telemetry.investigate.incident.why_codes import CODES
from foundry_telemetry.investigate.incident.why_credentials import (
    CREDENTIAL_ROWS,
    DEPLOYMENTS_MISSING,
    KEYS,
    NETWORKS,
    OF_A_VERSION,
    ROLES,
)
from foundry_telemetry.investigate.incident.why_row import (
    Condition,
    Row,
    Values,
    all_of,
    moved,
    new,
)
from foundry_telemetry.wire.causes import CLASSES

_PATH: Final = ("connection_error", "stream_truncated")
_LIMITED: Final = ("stream_truncated", "timeout", "gateway_error", "connection_error", "http_504")
_NAMED_LIMITS_MS: Final = {
    60_000: "the default read timeout of nginx",
    230_000: "the request timeout of Azure App Service",
    240_000: "the default idle timeout of Azure Load Balancer and NAT Gateway",
    600_000: "the default timeout of the Anthropic SDK",
}
_ALIKE: Final = 0.02
_CALLERS: Final = ("caller_request", "caller_credential", "caller_authorization", "client", None)
"""Owners of failures that a release of the caller can bring; what a service answers is not among them."""
_EXAMPLES: Final = "({number} of {examples} examples)"


def _began(evidence: Evidence) -> Values | None:
    """Most examples had a first token."""
    begun = [one for one in evidence.examples if one.first_token_ms is not None and one.duration_ms]
    if 2 * len(begun) <= len(evidence.examples):
        return None
    newest = begun[-1]
    return {
        "first": duration(newest.first_token_ms or 0.0),
        "duration": duration(newest.duration_ms or 0.0),
        "number": str(len(begun)),
        "examples": str(len(evidence.examples)),
    }


def _no_response(evidence: Evidence) -> Values | None:
    """No example had a response."""
    found = evidence.examples
    if not found or any(one.status is not None or one.outcome == "not_sent" for one in found):
        return None
    return {"number": str(len(found)), "examples": str(len(found))}


def _clustered(evidence: Evidence) -> Values | None:
    """All examples lasted equally long."""
    value = evidence.cluster_ms()
    return None if value is None else {"value": duration(value), "number": str(len(evidence.examples))}


def _named_limit(evidence: Evidence) -> Values | None:
    """All examples lasted as long as a limit that is known."""
    value = evidence.cluster_ms() or 0.0
    known = (name for limit, name in _NAMED_LIMITS_MS.items() if abs(value - limit) <= _ALIKE * limit)
    return next(({"value": duration(value), "limit": name} for name in known), None)


def _answered_by(origin: str) -> Condition:
    def found(evidence: Evidence) -> Values | None:
        if not evidence.is_failure or evidence.origin() != origin:
            return None
        return {"examples": str(len(evidence.examples)), "number": str(len(evidence.examples))}

    return found


def _retried_without_effect(evidence: Evidence) -> Values | None:
    """Calls make more attempts, and none of them recovers."""
    finding, change = evidence.finding, evidence.moved("attempts", "higher")
    if change is None or not evidence.is_failure or finding.recovered_calls or not finding.failed_calls:
        return None
    return {"change": compared(change)}


def _of_the_caller(evidence: Evidence) -> Values | None:
    return {} if evidence.is_failure and evidence.finding.owner in _CALLERS else None


def _without_own_row(evidence: Evidence) -> Values | None:
    """No row says more of a version with this cause."""
    return None if evidence.cause in (*KEYS, *ROLES, *NETWORKS, *DEPLOYMENTS_MISSING) else {}


_TIMES: Final = (
    Row(
        name="known_limit",
        about=("client_timeout", *_LIMITED),
        found=_named_limit,
        text="{value} is {limit}.",
    ),
    Row(
        name="client_timeout_value",
        about=("client_timeout",),
        found=_clustered,
        text="All {number} examples ended after about {value}: likely the timeout of the client.",
        next_step="Compare the client timeout with {value}; stream long responses, or raise it.",
    ),
    Row(
        name="time_limit_in_path",
        about=_LIMITED,
        found=_clustered,
        text="All {number} examples ended after about {value}: likely a fixed time limit in the path.",
        next_step="Find the proxy, gateway or load balancer with a time limit of {value}.",
    ),
    Row(
        name="stalled",
        about=("client_timeout", "timeout", *_PATH),
        found=_began,
        text=f"The stream had begun: first token after {{first}}, end after {{duration}} {_EXAMPLES}.",
        next_step="Check idle limits of proxies and gateways; retry such streams in the application.",
    ),
    Row(
        name="no_response",
        about=("client_timeout", *_PATH),
        found=_no_response,
        text=f"No response had arrived {_EXAMPLES}.",
    ),
)
_ANSWERED: Final = (
    Row(
        name="gateway_answered",
        found=_answered_by("customer_gateway"),
        text=f"Your gateway responded {_EXAMPLES}.",
        next_step="Contact the owner of the gateway: the response is its own.",
        owner="customer_gateway",
    ),
    Row(
        name="proxy_answered",
        found=_answered_by("proxy"),
        text=f"A proxy responded {_EXAMPLES}.",
    ),
    Row(
        name="anthropic_answered",
        found=_answered_by("anthropic"),
        text=f"Anthropic responded {_EXAMPLES}.",
    ),
    Row(
        name="azure_answered",
        found=_answered_by("foundry"),
        text=f"Azure responded {_EXAMPLES}.",
    ),
)
_LOAD: Final = (
    Row(
        name="quota_and_load",
        about=("rate_limited", "gateway_rate_limited"),
        found=moved("volume:more"),
        text="The load grew too: {change}.",
        next_step="Lower the load of the affected calls, or raise the limit of the deployment.",
    ),
    Row(
        name="quota_and_prompt",
        about=("rate_limited",),
        found=moved("input_tokens"),
        text="Prompts are longer too, and uncached input counts against the limit: {change}.",
        next_step="Shorten or cache the prompt, or raise the limit of the deployment.",
    ),
    Row(
        name="quota_and_cache",
        about=("rate_limited",),
        found=moved("cache_hit_rate", "lower"),
        text="Fewer prompts are read from the cache, and uncached input counts against the limit: {change}.",
        next_step="Restore the prompt cache: keep the beginning of the prompt as it was.",
    ),
)
_RELEASES: Final = (
    Row(
        name="retries_add_load",
        found=_retried_without_effect,
        text="Retries add load: {change}; no affected call recovered.",
    ),
    Row(
        name="other_credential",
        about=tuple(name for name, kind in CLASSES.items() if kind.auth_failure),
        found=new("auth_scheme"),
        text="The affected calls use credential type {new}, first seen {at}; before: {before}.",
        next_step="Check the credential of type {new}, or go back to {before}.",
    ),
    Row(
        name="other_client",
        found=all_of(_of_the_caller, new("client")),
        text="The affected calls use client library {new}, first seen {at}; before: {before}.",
        next_step="Compare client library {new} with {before}; go back to it if it is the cause.",
    ),
    Row(
        name="failures_of_a_version",
        found=all_of(_of_the_caller, _without_own_row, new("version")),
        text=OF_A_VERSION,
        next_step="Compare version {new} with {before}; roll back if the change is not wanted.",
    ),
)
FAILURE_ROWS: Final = (*CODES, *CREDENTIAL_ROWS, *_TIMES, *_LOAD, *_ANSWERED, *_RELEASES)
"""Of failures."""
