"""The spans of client frameworks, in the shape in which each makes them: kind, current or not, and usage.

The real libraries run in the nox session of the frameworks; here is what tells their spans from others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Tracer

GENAI_USAGE = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic"}


@dataclass(frozen=True)
class Framework:
    """How one library stands for a call."""

    scope: str
    name: str
    kind: SpanKind = SpanKind.INTERNAL
    is_current: bool = True
    at_start: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    """Set on the open span, before the request leaves."""
    usage: tuple[str, str] = GENAI_USAGE
    """Names under which it writes what went in and out."""

    @contextmanager
    def span(self, tracer: Tracer, deployment: str | None = None) -> Iterator[Span]:
        """The span around one call; its library ends it once the answer is read."""
        span = tracer.start_span(self.name, kind=self.kind, attributes=self.at_start)
        try:
            for name, value in self.later.items():
                span.set_attribute(name, value)
            if deployment is not None:
                span.set_attribute("gen_ai.request.model", deployment)
            if self.is_current:
                with trace.use_span(span, end_on_exit=False):
                    yield span
            else:
                yield span
        finally:
            span.end()

    def write_usage(self, span: Any, tokens: tuple[int, int]) -> None:
        """What the library writes once it has the answer."""
        span.set_attributes(dict(zip(self.usage, tokens, strict=True)))


FRAMEWORKS = {
    "agent-framework": Framework("agent_framework", "chat dep", at_start=CHAT),
    "openinference": Framework(
        "openinference.instrumentation.anthropic",
        "messages.create",
        at_start={"openinference.span.kind": "LLM"},
        usage=("llm.token_count.prompt", "llm.token_count.completion"),
    ),
    "strands": Framework("strands.telemetry.tracer", "chat", at_start=CHAT),
    "google-adk": Framework(
        "gcp.vertex.agent", "call_llm", later={"gen_ai.operation.name": "generate_content"}
    ),
    "traceloop": Framework(
        "opentelemetry.instrumentation.anthropic",
        "anthropic.chat",
        SpanKind.CLIENT,
        is_current=False,
        at_start=CHAT,
    ),
    "traceloop-old": Framework(
        "opentelemetry.instrumentation.anthropic",
        "anthropic.chat",
        SpanKind.CLIENT,
        is_current=False,
        at_start={"llm.request.type": "chat"},
        usage=("llm.usage.prompt_tokens", "llm.usage.completion_tokens"),
    ),
}


def tokens_on(spans: Any) -> list[int]:
    """Input and output on each span that carries any, under whichever names."""
    names = [one for shape in {each.usage for each in FRAMEWORKS.values()} for one in shape]
    sums = (sum((span.attributes or {}).get(name, 0) for name in names) for span in spans)
    return [tokens for tokens in sums if tokens]
