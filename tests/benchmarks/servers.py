"""The processes at the other end of a whole process: `python -m tests.benchmarks.servers service|sink`.

Each reports where it listens, and on every line that it reads what has come since the line before; it ends
with its input. Whatever they do is not counted, for they are not the measured process.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from foundry_telemetry.ingestion.fault_injection import InjectedError
from foundry_telemetry.testing import FakeFoundry, FakeResponse
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.benchmarks.transports import HEADERS, message
from tests.soak.stage import Served, python

if TYPE_CHECKING:
    from starlette.requests import Request

Serving = tuple[str, Callable[[], Any]]
"""Where it listens, and what gives what has come."""


class MeasuringIngestion(FakeIngestion):
    """Takes envelopes as Azure does, and keeps each post with the bytes it had on the wire."""

    def __init__(self) -> None:
        super().__init__()
        self._measured: list[dict[str, Any]] = []

    def taken(self) -> list[dict[str, Any]]:
        """The posts since the last time: bytes on the ``wire``, bytes of JSON, and the envelopes."""
        found, self._measured = self._measured, []
        return found

    def _observe(self, request: Request, body: bytes, error: InjectedError) -> None:
        wire = int(request.headers["content-length"])
        self._measured.append({"wire": wire, "json": len(body), "body": body.decode()})


@contextmanager
def service() -> Iterator[Serving]:
    """Plays Foundry: every answer is the same, of one kilobyte, but has the date of now."""
    body = message()
    headers = {"content-type": "application/json", "content-length": str(len(body[0])), **HEADERS}
    response = FakeResponse(headers=tuple(headers.items()), chunks=tuple(body))
    foundry = FakeFoundry(lambda _: response.with_headers({"date": formatdate(usegmt=True)}))
    foundry._play._requests = deque(maxlen=0)  # type: ignore[assignment] - it would keep every body
    with foundry:
        yield foundry.base_url, dict


@contextmanager
def sink() -> Iterator[Serving]:
    """Plays the ingestion endpoint."""
    with MeasuringIngestion() as azure:
        yield azure.connection_string, azure.taken


SERVERS = {"service": service, "sink": sink}


@contextmanager
def served(kind: str) -> Iterator[Served]:
    """One of `SERVERS` in a process of its own, ended with the block."""
    with python("tests.benchmarks.servers", kind) as process:
        yield Served(process)


def main() -> None:
    """Serve until the input ends."""
    with SERVERS[sys.argv[1]]() as (where, taken):
        _report({"where": where})
        for _ in sys.stdin:
            _report({"taken": taken()})


def _report(facts: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
