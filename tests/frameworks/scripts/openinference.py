"""The SDK beside OpenInference's instrumentor."""

from __future__ import annotations

from openinference.instrumentation.anthropic import AnthropicInstrumentor

from tests.frameworks.scripts.sdk import scenarios

__all__ = ["scenarios"]

AnthropicInstrumentor().instrument()
