"""What the fake answers, and what passed between it and the code under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from foundry_telemetry.instrumentation.tracked_request import TrackedRequest
from foundry_telemetry.instrumentation.tracker import MARKER_KEY
from foundry_telemetry.schema.field_table import AUTH_SCHEME
from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.kit.clock import HEADERS_S, Clock, CountingResponseIds
from foundry_telemetry.testing.kit.content import Sample, of_request, of_response
from foundry_telemetry.testing.kit.incidents import Incident, as_in_case
from foundry_telemetry.testing.recorded_responses import SHORT_RETRY_S
from foundry_telemetry.testing.response import FakeResponse
from foundry_telemetry.testing.script import Item, NoAnswer, Play, Respond

_OK = 200


class FakeState:
    """Plays a script, and moves the clock on as it does.

    Args:
        clock: The clock of the test.
        ids: The ids that the service gives.
    """

    def __init__(self, clock: Clock, ids: CountingResponseIds) -> None:
        self._clock = clock
        self._ids = ids
        self._play = Play(_OK, retry_after_s=SHORT_RETRY_S)
        self._credential: str | None = None
        self._responses: list[tuple[ReceivedRequest, FakeResponse | None]] = []

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that came, in order."""
        return self._play.requests

    def change(self, script: Item | Iterable[Item] | Respond) -> None:
        """Play another script from now on."""
        self._play.change(script)
        self._credential = None

    def enact(self, incident: Incident) -> None:
        """Play an incident from now on."""
        self.change(incident.make())
        self._credential = incident.credential

    def next(self, request: ReceivedRequest) -> FakeResponse | NoAnswer:
        """Record a request, and return its response."""
        with self._ids.counting():
            item = self._play.next(request)
        if isinstance(item, NoAnswer):
            self._responses.append((request, None))
            return item
        self._responses.append((request, item))
        self._clock.advance(HEADERS_S)
        return item

    def dress(self, request: Any) -> None:
        """Before a request is answered: its record carries the credential of the incident."""
        tracked = request.extensions.get(MARKER_KEY)
        if self._credential is None or not isinstance(tracked, TrackedRequest):
            return
        attempt, binding = tracked.attempt, tracked.binding
        attempt.request = as_in_case(attempt.request, self._credential, self._clock.wall_ns() / 1e9)
        if binding.span is not None:
            binding.span.set_attribute(AUTH_SCHEME, attempt.request.auth_scheme)

    def samples(self) -> Iterator[Sample]:
        """What must not be recorded of all that passed."""
        for number, (request, response) in enumerate(self._responses, 1):
            yield from of_request(number, request)
            if response is not None:
                yield from of_response(number, response)
