"""What a right next step has to name: words, written by what went wrong and where, apart from what advises.

*Step*: words that all stand in the text of the next step, in any case. Of several steps each is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tests.incident_drills.world import Slice

Step = tuple[str, ...]

_SERVICE_HEALTH: Final[tuple[Step, ...]] = (("service health",), ("another deployment",))
_SERVICE_FAILS: Final[tuple[Step, ...]] = (("backoff",), ("retry",), ("service health",))
_REQUEST: Final[tuple[Step, ...]] = (("prompt",), ("request",))

_STEPS: Final[Mapping[str, tuple[Step, ...]]] = {
    "auth_invalid_key": (("key",),),
    "authz_missing_role": (("assign",), ("role",)),
    "authz_network_denied": (("network",), ("firewall",), ("private endpoint",)),
    "client_timeout": (("timeout",), ("idle limit",)),
    "connection_error": (("dns",), ("connection",), ("proxies",), ("resolve",), ("firewall",)),
    "content_filtered": (("filter",),),
    "deployment_not_found": (("deployment",),),
    "invalid_request": (("message",), ("request",)),
    "overloaded": _SERVICE_FAILS,
    "prompt_too_long": (("shorten",), ("prompt",)),
    "server_error": _SERVICE_FAILS,
    "service_unavailable": _SERVICE_FAILS,
    "stream_truncated": (("idle",), ("retry",), ("time limit",)),
    "timeout": (("stream",), ("retry",), ("time limit",)),
    "rate_limited": (("concurrency",), ("limit",)),
    "attempts": (("retried",), *_SERVICE_FAILS),
    "latency": _SERVICE_HEALTH,
    "time_to_first_token": _SERVICE_HEALTH,
    "time_per_output_token": _SERVICE_HEALTH,
    "stop_reason:max_tokens": (("max_tokens",),),
    "stop_reason:refusal": _REQUEST,
    "stop_reason:tool_use": (("tool",), ("requests with tag",)),
    "input_tokens": (("prompt",), ("requests with tag",)),
    "output_tokens": (("prompt",), ("shorter",), ("requests with tag",)),
    "cache_hit_rate": (("cache",), ("beginning of the prompt",)),
    "cost": (("model",),),
    "volume:silent": (("runs", "telemetry"),),
    "volume:more": (("caller",), ("limit",)),
    "duplicates": (("exporter",),),
    "clock_skew": (("ntp",),),
}
"""By what goes wrong, wherever it does."""

_BY_INSTANCE: Final = frozenset(_STEPS) - {
    *("duplicates", "clock_skew", "volume:more"),
    *("client_timeout", "connection_error", "stream_truncated", "timeout"),
}
"""One instance among others is to be restarted or looked at; not where a path, a clock or an exporter is."""
_BY_REGION: Final = (
    *("latency", "time_to_first_token", "time_per_output_token"),
    *("service_unavailable", "server_error", "overloaded", "timeout"),
)
"""Another region may answer."""
_BY_VERSION: Final = (
    *("stop_reason:max_tokens", "stop_reason:refusal", "stop_reason:tool_use"),
    *("input_tokens", "output_tokens", "cache_hit_rate", "cost"),
    *("invalid_request", "prompt_too_long", "content_filtered"),
)
"""A release of the caller brings it, and can be taken back."""
_BY_TAG: Final = ("volume:more",)
"""Whose load it is is to be limited."""


def steps(measure: str, slice_: Slice, release: tuple[str, str] | None) -> tuple[Step, ...]:
    """What the next step has to name.

    Args:
        measure: What goes wrong.
        slice_: Where.
        release: A service and its new version, where that brings it.
    """
    where = dict(slice_)
    named = [
        *_named(where, ("instance",), measure in _BY_INSTANCE),
        *_named(where, ("region",), measure in _BY_REGION),
        *_named(where, ("tag tenant", "tag feature"), measure in _BY_TAG),
    ]
    if release is not None and "version" in where and measure in _BY_VERSION:
        named.append(release[1])
    own = _STEPS[measure]
    if measure == "auth_invalid_key":
        return tuple((*step, *named) for step in own)
    return tuple((name,) for name in named) or own


def _named(where: Mapping[str, str], dimensions: Iterable[str], holds: bool) -> list[str]:
    return [where[name] for name in dimensions if holds and name in where]


def has(text: str, expected: Iterable[Step]) -> bool:
    """Whether a text has all words of one of the steps."""
    return any(all(word.lower() in text.lower() for word in step) for step in expected)
