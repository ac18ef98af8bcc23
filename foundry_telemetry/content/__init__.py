"""Request and response logs: opt-in, redacted, budgeted.

With a `ContentPolicy` (`content=`, or ``FOUNDRY_TELEMETRY_CONTENT=1``) the messages of chosen calls go onto
an event of their own, ``gen_ai.client.inference.operation.details``, or to a function of the application.
Without one nothing of this room runs.
"""

from __future__ import annotations

import weakref
from typing import Final, Protocol

from foundry_telemetry.config.content import ContentPolicy

__all__ = ["ContentPolicy", "drain_content", "stop_content"]


class Drainable(Protocol):
    """A pipeline of content."""

    def drain(self, timeout_s: float, /) -> bool:
        """Wait until what waits is handed on."""

    def stop(self) -> None:
        """End its threads."""


pipelines: Final[weakref.WeakSet[Drainable]] = weakref.WeakSet()
"""Those of this process that were made."""
_DRAIN_S: Final = 1.0


def drain_content() -> None:
    """Let the content that waits go on its way, before the log records are flushed; a second at most."""
    for pipeline in list(pipelines):
        pipeline.drain(_DRAIN_S)


def stop_content() -> None:
    """End the threads that redact; attempts that are under way start them again."""
    for pipeline in list(pipelines):
        pipeline.stop()
