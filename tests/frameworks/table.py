"""The frameworks that are tried, each with what its environment needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ANTHROPIC: Final = "anthropic==2.14.0"


@dataclass(frozen=True)
class Framework:
    """One framework.

    Args:
        requirements: What is installed beside the library; the first is the framework itself. Pinned, so that
            a new release is tried when somebody means to.
        script: Its module below `scripts`.
        known: Rules of `judge` that it breaks by itself or by a limit of ours, each with the reason.
    """

    requirements: tuple[str, ...]
    script: str
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def distribution(self) -> str:
        """The name of its package."""
        return self.requirements[0].partition("==")[0].partition("[")[0]


FRAMEWORKS: Final[Mapping[str, Framework]] = {
    "anthropic": Framework((ANTHROPIC,), "sdk"),
    "langchain": Framework(("langchain-anthropic==1.7.10",), "langchain"),
    "pydantic-ai": Framework(("pydantic-ai-slim[anthropic,retries]==2.68.0",), "pydantic_ai"),
    "litellm": Framework(("litellm==1.110.2",), "litellm"),
    "openinference": Framework(
        ("openinference-instrumentation-anthropic==3.1.0", ANTHROPIC), "openinference"
    ),
    "traceloop": Framework(("opentelemetry-instrumentation-anthropic==0.62.4", ANTHROPIC), "traceloop"),
}
"""By the name of the environment."""
