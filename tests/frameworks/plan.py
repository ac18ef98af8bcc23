"""What is asked through each framework, and what is served: the scenarios, and the words of the two sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TEXT: Final = "The capital of France is Paris."


@dataclass(frozen=True)
class Scenario:
    """One thing asked of a framework.

    Args:
        number: Makes its token counts its own.
        reported: What it is, for the reader of the table.
        statuses: What the service answers, attempt by attempt; the last is repeated.
    """

    number: int
    reported: str
    statuses: tuple[int, ...] = (200,)

    @property
    def usage(self) -> dict[str, int]:
        """Counters of its answer, unlike those of every other scenario."""
        return {"input_tokens": 1000 + 10 * self.number, "output_tokens": self.number}


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "plain": Scenario(1, "a whole answer"),
    "streamed": Scenario(2, "a stream, read to its end"),
    "async": Scenario(3, "a whole answer, in a task"),
    "async_streamed": Scenario(4, "a stream, in a task"),
    "sdk_retry": Scenario(5, "429, then tried again by the client that the framework uses", (429, 200)),
    "own_retry": Scenario(6, "429, then tried again by the framework, not by its client", (429, 200)),
    "refused": Scenario(7, "401", (401,)),
}


def prompt(name: str) -> str:
    """What is asked in a scenario."""
    return f"Capital of France? (scenario {name}.)"


def scenario_of(body: bytes) -> str:
    """The scenario that a request belongs to."""
    text = body.decode("utf-8", "replace")
    return next(name for name in SCENARIOS if f"(scenario {name}.)" in text)
