"""Runs the process of a cell between a fake Foundry and a fake Azure, and keeps what both saw."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from foundry_telemetry.azure.pipelines import QUIET
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.testing import FakeFoundry, FakeResponse, ReceivedRequest, message, stream
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import NO_FASTAPI, stored
from tests.settings_matrix.calls import CALLS, CONNECTION_STRING, DEADLINE_S
from tests.support.omitted import whole_event

ROOT: Final = Path(__file__).parents[2]
SCRIPT: Final = Path(__file__).with_name("calls.py")

_USAGE: Final = {
    "input_tokens": 17,
    "output_tokens": 5,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 50,
}


def _kept(made: FakeResponse) -> FakeResponse:
    """A response that is played as it is: the same bytes to every process, and no date that grows old."""
    headers = tuple(pair for pair in made.headers if pair[0].lower() != "date")
    return structs.replace(made, make=None, headers=headers)


_WHOLE: Final = _kept(message(usage=_USAGE))
_STREAMED: Final = _kept(stream(usage=_USAGE))
SENT: Final = [sha256(reply.body).hexdigest() for reply in (_WHOLE, _STREAMED, _WHOLE)]
"""What `Ran.bytes` is where nobody changes a byte."""

_NOT_INHERITED: Final = ("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_", "WEBSITE_")
_DROPPED_LOGS: Final = re.compile(r"(\d+) logs \(")

Event = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Ran:
    """What became of a process."""

    way: str
    code: int
    said: tuple[Mapping[str, str], ...]
    errors: str
    """Its standard error."""
    events: tuple[Event, ...]
    """Ledger events, without the values of what differs from call to call."""
    kept: int
    """Ledger events on disk, to be sent later."""
    controls: int
    """Custom events of the application that arrived."""
    counted: int
    """Log records told of as lost: to Azure, or in the log at the end."""
    messages: int
    """Log lines that arrived."""

    @property
    def reached(self) -> str:
        """How far it came."""
        return self.said[-1]["at"] if self.said else "start"

    @property
    def bytes(self) -> list[str]:
        """The digest of each answer."""
        return [one["bytes"] for one in self.said if "bytes" in one]

    @property
    def last_line(self) -> str:
        """Of standard error, for people."""
        return (self.errors.strip().splitlines() or [""])[-1][:300]


class Stage:
    """Both servers' addresses, and the runs that others are compared with."""

    def __init__(self, foundry: FakeFoundry) -> None:
        self._foundry = foundry

    def run(self, way: str, **variables: str) -> Ran:
        """Run a process to its end.

        Args:
            way: A name of `calls.WAYS`.
            variables: What its environment has besides.
        """
        with FakeIngestion() as azure, tempfile.TemporaryDirectory() as folder:
            quiet = {} if way == "configure" else QUIET
            environment = {
                **{key: value for key, value in os.environ.items() if not key.startswith(_NOT_INHERITED)},
                "ANTHROPIC_FOUNDRY_BASE_URL": self._foundry.base_url,
                "ANTHROPIC_FOUNDRY_API_KEY": "any",
                CONNECTION_STRING: azure.connection_string,
                "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the distro's default asks the network
                **NO_FASTAPI,
                "PYTHONPATH": str(ROOT),
                "TMPDIR": folder,
                **quiet,
                **variables,
            }
            ended = subprocess.run(
                [sys.executable, str(SCRIPT), way],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=DEADLINE_S * 2,  # it watches itself, and says where it stands
            )
            kept = stored(Path(folder)).count('"foundry.attempt"')
            said = tuple(json.loads(line) for line in ended.stdout.splitlines())
            return Ran(
                way=way,
                code=ended.returncode,
                said=said,
                errors=ended.stderr,
                events=tuple(map(_steady, _attempts(azure))),
                kept=kept,
                controls=len(azure.events("control")),
                counted=_counted(azure, ended.stderr),
                messages=len(azure.messages()),
            )

    @cached_property
    def whole(self) -> frozenset[Event]:
        """The ledger of a process without the variable."""
        events = self.run("configure").events
        assert len(set(events)) == len(events) == CALLS
        return frozenset(events)


@contextmanager
def staged() -> Iterator[Stage]:
    """Set the stage."""
    with FakeFoundry(_answer) as foundry:
        yield Stage(foundry)


def _answer(request: ReceivedRequest) -> FakeResponse:
    return _STREAMED if json.loads(request.body).get("stream") else _WHOLE


def _attempts(azure: FakeIngestion) -> Iterator[Mapping[str, str]]:
    """The ledger events that arrived, with what `configure` leaves out of rows and the distro does not."""
    for envelope in azure.envelopes:
        row = whole_event(envelope)["data"]["baseData"]
        if row.get("name") == EVENT_NAME:
            yield row["properties"]


def _steady(event: Mapping[str, str]) -> Event:
    """The fields of an event; of ids and times only that they are there."""
    return frozenset(
        (name, "" if name.endswith("_ms") or name == "foundry.call.id" else value)
        for name, value in event.items()
    )


def _counted(azure: FakeIngestion, errors: str) -> int:
    points: list[dict[str, Any]] = azure.metrics("foundry.telemetry.dropped")
    reported = sum(
        int(point["value"]) for point in points if point["properties"]["foundry.telemetry.signal"] == "logs"
    )
    _, found, last = errors.rpartition("not reported to Azure")
    return reported + sum(map(int, _DROPPED_LOGS.findall(last if found else "")))
