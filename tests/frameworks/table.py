"""The frameworks that are tried, each with what its environment needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

ANTHROPIC: Final = "anthropic==2.14.0"


@dataclass(frozen=True)
class Framework:
    """One framework.

    Args:
        requirements: What is installed beside the library; the first is the framework itself. Pinned, so that
            a new release is tried when somebody means to.
        script: Its module below `scripts`.
        spans_of_sdk: Whether the anthropic SDK makes its own spans, as it does by default.
        known: Rules of `judge` that it breaks by itself or by a limit of ours, each with the reason.
    """

    requirements: tuple[str, ...]
    script: str
    spans_of_sdk: bool = True
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def distribution(self) -> str:
        """The name of its package."""
        return self.requirements[0].partition("==")[0].partition("[")[0]

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of its processes."""
        return {} if self.spans_of_sdk else {"ANTHROPIC_OPEN_TELEMETRY": "false"}


def home_of(name: str) -> str:
    """The name of the environment of a row."""
    return name.partition(" ")[0]


_FRAMEWORKS: Final[Mapping[str, Framework]] = {
    "anthropic": Framework((ANTHROPIC,), "sdk"),
    "langchain": Framework(("langchain-anthropic==1.7.10", ANTHROPIC), "langchain"),
    "pydantic-ai": Framework(("pydantic-ai-slim[anthropic,retries]==2.68.0", ANTHROPIC), "pydantic_ai"),
    "litellm": Framework(("litellm==1.110.2", "tenacity==9.1.4"), "litellm"),
    "openinference": Framework(
        ("openinference-instrumentation-anthropic==3.1.0", ANTHROPIC), "openinference"
    ),
    "traceloop": Framework(("opentelemetry-instrumentation-anthropic==0.62.4", ANTHROPIC), "traceloop"),
    "agent-framework": Framework(
        ("agent-framework-anthropic==1.0.0b261022", "agent-framework-core==1.23.0", "anthropic==1.17.0"),
        "agent_framework",
    ),
    "strands": Framework(("strands-agents[anthropic]==1.62.0", "anthropic==0.125.0"), "strands"),
    "google-adk": Framework(("google-adk==2.13.0", "litellm==1.110.2"), "google_adk"),
    "crewai": Framework(("crewai[anthropic]==1.15.30", "anthropic==0.73.0"), "crewai"),
    "langgraph": Framework(("langgraph==1.2.24", "langchain-anthropic==1.7.10", ANTHROPIC), "langgraph"),
    "dspy": Framework(("dspy==3.4.1", "litellm==1.110.2"), "dspy"),
    "instructor": Framework(("instructor[anthropic]==1.17.0", "anthropic==0.93.0"), "instructor"),
    "haystack": Framework(("anthropic-haystack==8.0.1", ANTHROPIC), "haystack"),
    "llama-index": Framework(("llama-index-llms-anthropic==0.12.3", "anthropic==0.125.0"), "llama_index"),
}
_TRACED: Final = ("anthropic", "pydantic-ai", "openinference", "traceloop", "agent-framework")
"""Those tried without the SDK's spans as well: what has spans of its own, beside an SDK that has them too."""

FRAMEWORKS: Final[Mapping[str, Framework]] = {
    row: framework
    for name, each in _FRAMEWORKS.items()
    for row, framework in (
        (name, each),
        *([(f"{name} alone", replace(each, spans_of_sdk=False))] if name in _TRACED else []),
    )
}
"""By the name of the row; the first word names the environment. *Alone* are those without the SDK's spans."""
