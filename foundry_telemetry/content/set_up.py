"""Makes what logs content, for a policy."""

from __future__ import annotations

from typing import Any, Final

from opentelemetry._logs import LoggerProvider

from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.content.events import EventSink
from foundry_telemetry.content.listener import ContentListener
from foundry_telemetry.content.pipeline import ContentPipeline
from foundry_telemetry.content.record import PendingContent

_MOST: Final = 8
_made: Final[list[tuple[ContentPolicy, LoggerProvider | None, ContentListener]]] = []
"""Integrations with the same policy share one pipeline, and its threads."""


def content_listener(policy: ContentPolicy, provider: LoggerProvider | None) -> ContentListener:
    """What keeps the content of calls.

    Args:
        policy: What is kept.
        provider: Takes the events; the global one by default.
    """
    for known, its_provider, listener in _made:
        if known == policy and its_provider is provider:
            return listener
    sink = EventSink(provider) if policy.sink is None else _OwnSink(policy.sink)
    made = ContentListener(policy, ContentPipeline(policy, sink))
    _made.append((policy, provider, made))
    del _made[:-_MOST]
    return made


def policies() -> list[ContentPolicy]:
    """Those in use, the newest last."""
    return [policy for policy, _, _ in _made]


class _OwnSink:
    """Calls the function of the application."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def __call__(self, record: dict[str, Any], _: PendingContent) -> None:
        self._sink(record)
