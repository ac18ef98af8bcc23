"""The SDK beside Microsoft's distro of OpenTelemetry, as far as it instruments: nothing is sent."""

from __future__ import annotations

from tests.frameworks.scripts.sdk import scenarios

__all__ = ["scenarios"]
