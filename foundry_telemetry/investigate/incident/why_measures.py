"""What evidence adds to the advice on measures that are no failures, and what any finding can show."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import DEPLOYMENTS
from foundry_telemetry.investigate.incident.evidence import Evidence
from foundry_telemetry.investigate.incident.measure_advice import DOCTOR
from foundry_telemetry.investigate.incident.numbers import share_of
from foundry_telemetry.investigate.incident.why_credentials import KEYS, TOKENS
from foundry_telemetry.investigate.incident.why_row import (
    Row,
    Values,
    all_of,
    clock_differs,
    moved,
    new,
    not_moved,
    not_parted_by,
    one_instance,
    one_tag,
    one_value,
    region,
    share_of_load,
)

_SLOW: Final = ("latency", "time_to_first_token")
_TTFT: Final = "time_to_first_token"
_TPOT: Final = "time_per_output_token"
_NEARLY_ALL: Final = 0.95
_OF_THE_REQUEST: Final = (
    "stop_reason:max_tokens",
    "stop_reason:refusal",
    "stop_reason:tool_use",
    "input_tokens",
    "output_tokens",
    "cache_hit_rate",
    "cost",
    "price",
)
"""Measures that a release of the caller can change by what it asks for."""
_OF_THE_CALLER: Final = ("instance", "version", "client", "max_tokens", "tag", "operation", "stream")
"""Dimensions of the one who calls: where they part the affected, the one that answers is not slow."""
_OWN_ROW: Final = ("volume:silent", "clock_skew", *KEYS, *TOKENS)
"""Causes that have a row of their own for one instance."""


def _all_silent(evidence: Evidence) -> Values | None:
    """Nothing parts the silent from others."""
    extent = evidence.finding.extent
    return {"last": evidence.when(evidence.finding.period.last)} if not extent else None


def _some_silent(evidence: Evidence) -> Values | None:
    """Others are not silent."""
    parting = next((term for term in reversed(evidence.finding.extent) if term.unaffected), None)
    if parting is None:
        return None
    return {
        "last": evidence.when(evidence.finding.period.last),
        "dimension": parting.dimension,
        "others": ", ".join(parting.unaffected[:3]),
    }


def _duplicated(evidence: Evidence, *, nearly_all: bool) -> Values | None:
    now = evidence.finding.main.now
    return {"share": share_of(now)} if (now >= _NEARLY_ALL) == nearly_all else None


_SPEED: Final = (
    Row(
        name="retries_hidden",
        about=_SLOW,
        found=moved("attempts"),
        text="Calls also need more attempts: {change}. Retries add to the duration of a call.",
        next_step="Find the error that is retried, and remove its cause; latency follows.",
    ),
    Row(
        name="longer_prompt",
        about=_SLOW,
        found=all_of(moved(_TTFT), moved("input_tokens")),
        text="Prompts are longer too: {change}.",
        next_step="Shorten the prompt, or cache its beginning with cache_control.",
    ),
    Row(
        name="lost_cache",
        about=(*_SLOW, "cost"),
        found=moved("cache_hit_rate", "lower"),
        text="Fewer prompts are read from the cache: {change}.",
        next_step="Restore the prompt cache: keep the beginning of the prompt as it was.",
    ),
    Row(
        name="queueing",
        about=_SLOW,
        found=all_of(
            moved(_TTFT),
            not_moved(_TPOT, "input_tokens", "cache_hit_rate", "attempts", "output_tokens"),
            not_parted_by(*_OF_THE_CALLER),
            region,
        ),
        text="Time to first token grew; no change in time per output token, tokens or cache hit rate was "
        "found: likely queueing before generation.",
        next_step="Check the load of the deployment, and Azure Service Health{in_region}; "
        "compare another deployment.",
    ),
    Row(
        name="slow_generation",
        about=("latency", _TPOT),
        found=all_of(moved(_TPOT), not_moved(_TTFT), not_parted_by(*_OF_THE_CALLER), region),
        text="Output tokens arrive more slowly; no change in time to first token was found: likely "
        "slower generation.",
        next_step="Check Azure Service Health{in_region}; compare another deployment or region of the model.",
    ),
    Row(
        name="slow_throughout",
        about=("latency", _TTFT, _TPOT),
        found=all_of(moved(_TTFT), moved(_TPOT)),
        text="Both phases are slower: before the first token, and for each output token.",
    ),
    Row(
        name="longer_responses",
        about=("latency", "cost"),
        found=all_of(moved("output_tokens"), not_moved(_TPOT)),
        text="Responses are longer: {change}.",
        next_step="Compare the prompt with that of before; lower max_tokens or ask for shorter responses.",
    ),
)
_CONTENT: Final = (
    Row(
        name="lower_max_tokens",
        about=("stop_reason:max_tokens",),
        found=moved("output_tokens", "lower"),
        text="Responses are shorter than before: {change}. Likely a lower max_tokens.",
        next_step="Raise max_tokens of the affected calls to its value of before.",
        owner="caller_request",
    ),
    Row(
        name="new_max_tokens",
        about=("stop_reason:max_tokens",),
        found=new("max_tokens"),
        text="The affected calls ask for max_tokens {new}, first seen {at}; before: {before}.",
        next_step="Raise max_tokens of the affected calls to its value of before ({before}).",
        owner="caller_request",
    ),
    Row(
        name="request_of_a_version",
        about=_OF_THE_REQUEST,
        found=new("version"),
        text="The affected calls have version {new}, first seen {at}; before: {before}.",
        next_step="Compare prompt and parameters of version {new} with {before}; roll back if unwanted.",
        owner="caller_request",
    ),
    Row(
        name="longer_than_max_tokens",
        about=("stop_reason:max_tokens",),
        found=moved("output_tokens"),
        text="Responses are longer than before and reach the limit: {change}.",
        next_step="Raise max_tokens, or ask for shorter responses.",
    ),
    Row(
        name="other_model",
        about=(*_OF_THE_REQUEST, *_SLOW, _TPOT),
        found=new("model"),
        text="Model {new} responds since {at}; before: {before}.",
        next_step="Check which model and version the deployment serves, and its upgrade policy.",
        command=DEPLOYMENTS,
    ),
    Row(
        name="dearer_prompt",
        about=("cost",),
        found=moved("input_tokens"),
        text="Prompts are longer: {change}.",
        next_step="Find what makes the prompt longer: history, documents or tool definitions.",
    ),
    Row(
        name="slow_version",
        about=(*_SLOW, _TPOT, "attempts", "volume:more", "volume:silent"),
        found=new("version"),
        text="The affected calls have version {new}, first seen {at}; before: {before}.",
        next_step="Compare version {new} with {before}; roll back if the change is not wanted.",
    ),
    Row(
        name="one_tag",
        about=(*_OF_THE_REQUEST, "attempts"),
        found=one_tag,
        text="All affected attempts have the tag {tag}.",
        next_step="Compare the requests with tag {tag} with those of before.",
    ),
)
_VOLUME: Final = (
    Row(
        name="counted_twice",
        about=("volume:more", "cost"),
        found=moved("duplicates"),
        text="A part of the increase is not real: {change}.",
        next_step="Remove the duplicate records first: check exporters and integrations.",
        command=DOCTOR,
    ),
    Row(
        name="load_of_a_tag",
        about=("volume:more", "rate_limited", "gateway_rate_limited"),
        found=all_of(one_tag, share_of_load),
        text="Of the {whole} checked, tag {tag} made {calls}{when} ({share}).",
        next_step="Limit the calls with tag {tag}, or give them a deployment of their own.",
    ),
    Row(
        name="silent_instance",
        about=("volume:silent",),
        found=all_of(one_instance, _some_silent),
        text="Last call: {last}. {others} still report: the instance stopped, has no requests, or lost its "
        "telemetry.",
        next_step="Check that {instance} runs and has requests; if it does, check its telemetry.",
        command=DOCTOR,
    ),
    Row(
        name="silent_part",
        about=("volume:silent",),
        found=all_of(not_parted_by("instance"), _some_silent),
        text="Last call: {last}. Others still report ({dimension} {others}): this source receives data.",
        next_step="Check that the service runs and has requests; if it does, check its telemetry.",
        command=DOCTOR,
    ),
    Row(
        name="all_silent",
        about=("volume:silent",),
        found=_all_silent,
        text="Last call of any service: {last}. Either nothing calls Claude, or no telemetry arrives here.",
        next_step="Check the telemetry first: connection string, network and daily cap.",
        command=DOCTOR,
    ),
)
_RECORDS: Final = (
    Row(
        name="two_exporters",
        about=("duplicates",),
        found=lambda evidence: _duplicated(evidence, nearly_all=True),
        text="{share} of the affected attempts are recorded more than once: likely two exporters or two "
        "integrations.",
        next_step="Find the second exporter or integration of the service, and remove it.",
        command=DOCTOR,
        owner="client",
    ),
    Row(
        name="sent_again",
        about=("duplicates",),
        found=lambda evidence: _duplicated(evidence, nearly_all=False),
        text="{share} of the affected attempts are recorded more than once: likely batches that were sent "
        "again, such as a replayed disk buffer.",
        next_step="Check the exporter for retries and for a storage directory that processes share.",
        command=DOCTOR,
    ),
    Row(
        name="clock",
        about=("clock_skew",),
        found=clock_differs,
        text="The clock of the client is {offset} {side} that of the server. Tokens can be rejected, and "
        "times of telemetry are wrong.",
        next_step="Synchronise the clock of the affected host with NTP.",
        command="timedatectl status",
        owner="client",
    ),
)
_INSTANCES: Final = (
    Row(
        name="one_instance",
        found=lambda evidence: None if evidence.cause in _OWN_ROW else one_instance(evidence),
        text="Instance {instance} is affected; {others} not.",
        next_step="Compare {instance} with the others, then restart or replace it.",
    ),
)
_REGIONS: Final = (
    Row(
        name="one_region",
        about=(*_SLOW, _TPOT, "attempts", "service_unavailable", "server_error", "overloaded", "timeout"),
        found=one_value("region"),
        text="Region {value} is affected; not affected: {unaffected}.",
        next_step="Check Azure Service Health for {value}; send calls to {unaffected} until it recovers.",
    ),
)
MEASURE_ROWS: Final = (*_REGIONS, *_SPEED, *_CONTENT, *_VOLUME, *_RECORDS, *_INSTANCES)
"""Of measures, and of any finding."""
