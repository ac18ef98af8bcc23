"""The SDK beside traceloop's instrumentor."""

from __future__ import annotations

from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

from tests.frameworks.scripts.sdk import scenarios

__all__ = ["scenarios"]

AnthropicInstrumentor().instrument()
