"""The service that the frameworks ask: it keeps what it served, scenario by scenario."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from foundry_telemetry.testing import FakeFoundry, FakeResponse, ReceivedRequest, answer, error
from tests.frameworks.plan import SCENARIOS, TEXT, scenario_of


@dataclass(frozen=True)
class Served:
    """One request and its answer."""

    request: ReceivedRequest
    reply: FakeResponse

    @property
    def ids(self) -> tuple[str | None, str | None]:
        """Azure's and Anthropic's."""
        return self.reply.header("apim-request-id"), self.reply.header("request-id")


@dataclass
class Service:
    """A fake service for one run of a script."""

    served: dict[str, list[Served]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.foundry = FakeFoundry(self._respond)

    def _respond(self, request: ReceivedRequest) -> FakeResponse:
        name = scenario_of(request.body)
        scenario, so_far = SCENARIOS[name], self.served[name]
        status = scenario.statuses[min(len(so_far), len(scenario.statuses) - 1)]
        made = answer(TEXT, usage=scenario.usage) if status == 200 else error(status)
        reply = made.played(request)
        so_far.append(Served(request, reply))
        return reply

    def tokens(self, name: str) -> int:
        """All tokens of a scenario's good answers."""
        good = sum(served.reply.status == 200 for served in self.served[name])
        return good * sum(SCENARIOS[name].usage.values())
