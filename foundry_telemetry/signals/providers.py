"""The providers of OpenTelemetry that signals go to: whether there is one, and whether its SDK is on."""

from __future__ import annotations


def is_placeholder(provider: object) -> bool:
    """Whether a provider is one of the API package, which drops what it gets until an SDK takes its place."""
    return type(provider).__module__.startswith(
        ("opentelemetry.metrics", "opentelemetry._logs", "opentelemetry.trace")
    )
