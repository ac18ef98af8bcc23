"""The processes at the other end: `python -m tests.soak.servers foundry|ingestion`.

Each reports where it listens, and on every line that it reads what has come so far; it ends with its input.
They keep numbers and nothing else, so that a run may last as long as it likes. The number of a call goes out
as ``max_tokens``, and comes back as the request id and as the input tokens: so a ledger event shows by itself
whether it has mixed two calls up.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from contextlib import AbstractContextManager
from typing import Any

from foundry_telemetry import serving
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.testing import FakeFoundry, FakeResponse
from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.ingestion import FakeIngestion, Post
from foundry_telemetry.testing.responses import answer

MOST_CONNECTIONS = 4096
"""Of a server here; as many as can be wanted at once."""


class CountingFoundry:
    """Plays Foundry, and keeps the numbers of the calls that came."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._foundry = FakeFoundry(self._respond)
        self._foundry._play._requests = deque(maxlen=0)  # type: ignore[assignment] - it would keep every body

    def __enter__(self) -> str:
        """The base URL."""
        return self._foundry.__enter__().base_url

    def __exit__(self, *_: object) -> None:
        self._foundry.__exit__(None, None, None)

    def totals(self) -> dict[str, Any]:
        """What came so far."""
        return {"numbers": sorted(self.numbers)}

    def _respond(self, request: ReceivedRequest) -> FakeResponse:
        number = request.json["max_tokens"]
        self.numbers.append(number)
        return answer(usage={"input_tokens": number}).with_headers({"request-id": f"req_{number}"})


class CountingIngestion(FakeIngestion):
    """Takes envelopes as Azure does, and keeps of each ledger event its number."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[int] = []
        self.mixed = 0
        self.outcomes: dict[str, int] = {}

    def totals(self) -> dict[str, Any]:
        """What came so far."""
        return {"numbers": sorted(self.numbers), "mixed": self.mixed, "outcomes": self.outcomes}

    def _record(self, post: Post) -> None:
        for envelope in post.envelopes:
            base = envelope["data"]["baseData"]
            if base.get("name") == EVENT_NAME:
                self._count(base["properties"])

    def _count(self, event: dict[str, str]) -> None:
        number = int(event[names.REQUEST_MAX_TOKENS])
        outcome = event[names.OUTCOME]
        identity = (event.get(names.ANTHROPIC_REQUEST_ID), event.get(names.INPUT_TOKENS, str(number)))
        self.numbers.append(number)
        self.mixed += identity != (f"req_{number}", str(number))
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class _Sink:
    """A `CountingIngestion` that is entered as `CountingFoundry` is."""

    def __init__(self) -> None:
        self._azure = CountingIngestion()
        self.totals = self._azure.totals

    def __enter__(self) -> str:
        return self._azure.__enter__().connection_string

    def __exit__(self, *_: object) -> None:
        self._azure.__exit__(None, None, None)


SERVERS: dict[str, type[CountingFoundry | _Sink]] = {"foundry": CountingFoundry, "ingestion": _Sink}


def main() -> None:
    """Serve until the input ends."""
    serving.MOST_CONNECTIONS = MOST_CONNECTIONS  # type: ignore[misc]
    server = SERVERS[sys.argv[1]]()
    running: AbstractContextManager[str] = server
    with running as where:
        _report({"where": where})
        for _ in sys.stdin:
            _report(server.totals())


def _report(facts: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
