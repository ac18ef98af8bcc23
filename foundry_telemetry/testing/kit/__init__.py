"""The test kit: a Claude in Microsoft Foundry that answers the code under test, and what was recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from types import TracebackType
from typing import Any, Final, Self, Unpack

import msgspec
from opentelemetry.sdk.trace import ReadableSpan

from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.instrumentation import exception_notes
from foundry_telemetry.observation import Observation
from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.kit import content
from foundry_telemetry.testing.kit.calls import Calls
from foundry_telemetry.testing.kit.capture import Capture, Point
from foundry_telemetry.testing.kit.clock import Clock, CountingResponseIds
from foundry_telemetry.testing.kit.disable_export import DisabledExport
from foundry_telemetry.testing.kit.fake_state import FakeState
from foundry_telemetry.testing.kit.incidents import INCIDENTS, Incident, incident
from foundry_telemetry.testing.kit.provider_override import ProviderOverride
from foundry_telemetry.testing.kit.router import Router
from foundry_telemetry.testing.responses import AnswerOptions, answer
from foundry_telemetry.testing.script import Item, Respond
from foundry_telemetry.wire.request_matcher import parse_hosts

__all__ = ["FoundryKit"]

_in_use: Final = threading.Lock()
"""Held while a kit answers: the clients of a process can be answered by one alone."""


class FoundryKit:
    """Claude in Microsoft Foundry for one test: it answers every call of the process, without a socket.

    The pytest fixture ``foundry`` is one of these. Elsewhere it is a context manager::

        with FoundryKit() as foundry:
            foundry.incident("rate_limited_once")
            ask_claude("hello")
            foundry.calls.one().has(attempts=2, error=None)

    Calls to anything else go where they always went. Nothing is sent to Azure meanwhile: a ``configure()`` of
    the application attaches its integrations and starts nothing.

    Args:
        hosts: Hosts or base URLs that count as Foundry besides Azure's own and those the application names.

    Raises:
        TypeError, ValueError: As for ``instrument(hosts=...)``.
    """

    def __init__(self, *, hosts: Iterable[str] = ()) -> None:
        self.clock = Clock()
        """Attempts are measured by it. It stands still but for what is played, and `Clock.advance`."""
        response_ids = CountingResponseIds()
        self._state = FakeState(self.clock, response_ids)
        self._capture = Capture()
        known_hosts = parse_hosts(hosts)
        self._router = Router(self._state, self.clock, known_hosts, self._state.dress)
        self._disabled_export = DisabledExport()
        self._override = ProviderOverride(self.clock, response_ids, self._capture, known_hosts)
        self._undo = ExitStack()
        self._canaries: list[content.Sample] = []

    def __enter__(self) -> Self:
        """Begin to answer.

        Raises:
            RuntimeError: Another kit answers in this process.
        """
        if not _in_use.acquire(blocking=False):
            raise RuntimeError(
                "another FoundryKit is active in this process: expected one at a time; run tests in parallel "
                "in processes (pytest-xdist), not in threads"
            )
        with ExitStack() as undo:
            undo.callback(_in_use.release)
            self._begin(undo)
            self._undo = undo.pop_all()
        return self

    def _begin(self, undo: ExitStack) -> None:
        """Put everything in place; what goes wrong on the way leaves nothing behind."""
        undo.callback(self._disabled_export.end)
        self._disabled_export.begin()
        undo.callback(self._override.undo)
        self._override.begin()
        undo.callback(exception_notes.put_back)
        undo.callback(self._router.close)
        self._router.open()
        undo.callback(self._capture.leave)
        self._capture.listen()
        undo.callback(flush_abandoned_bodies)
        self._override.open_integration()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put everything back; what was recorded can still be read."""
        self._undo.close()

    def __repr__(self) -> str:
        return f"<FoundryKit, requests: {len(self.requests)}, attempts: {len(self.attempts)}>"

    def script(self, *items: Item | Respond) -> None:
        """Answer with these items from now on, one for each request; the last is repeated.

        Args:
            *items: Each a status (200 answers in the requested form), the id of a recorded answer, a
                `FakeResponse` of a builder such as `answer`, `stream` or `error`, an exception, or its name,
                such as ``read_timeout``. Or one callable that is given each request and returns an item.

        Raises:
            TypeError, ValueError: An item is not understood.
        """
        if len(items) == 1 and callable(items[0]) and not isinstance(items[0], type):
            self._state.change(items[0])
        else:
            self._state.change(items)  # type: ignore[arg-type]  # a callable among several is refused there

    def respond(self, text: Iterable[str] | str, **options: Unpack[AnswerOptions]) -> None:
        """Answer with this text from now on, streamed to who asks for a stream; options as for `answer`."""
        self._state.change(answer(text, **options))

    def incident(self, name: str) -> Incident:
        """Let something go wrong from now on.

        Args:
            name: One of `incidents`.

        Returns:
            The incident; its ``error`` is the class that the call will be recorded with.

        Raises:
            ValueError: There is no such incident; the message names the nearest.
        """
        found = incident(name)
        self._state.enact(found)
        return found

    @property
    def incidents(self) -> tuple[str, ...]:
        """The names of all incidents; at import time they are the keys of `INCIDENTS`."""
        return tuple(INCIDENTS)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that came, in order."""
        return self._state.requests

    @property
    def calls(self) -> Calls:
        """The calls whose attempts have ended, to assert on."""
        return Calls(self.attempts, self._hints)

    @property
    def attempts(self) -> tuple[Observation, ...]:
        """The attempts that have ended, in that order: what a sink is given."""
        return self._capture.attempts

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans of these calls: ours, and those of others, such as the SDK's, that we wrote onto."""
        return self._capture.spans

    @property
    def metrics(self) -> dict[str, list[Point]]:
        """Data points by name of the metric."""
        return self._capture.metrics

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """Fields of each ledger event, in order."""
        return self._capture.ledger

    def never_record(self, *canaries: str) -> None:
        """Name texts that must not be recorded either, for `assert_no_content` now or at the end of the test.

        Raises:
            ValueError: One is so short that it stands anywhere by chance.
        """
        for canary in canaries:
            if not any(content.pieces(canary)):
                raise ValueError(
                    f"{canary!r} is too short or too plain: expected {content.SHORTEST} characters"
                )
            self._canaries.append(content.Sample("a canary", canary))

    def assert_no_content(self, *canaries: str) -> None:
        """Assert that nothing of prompts, answers, keys and tokens was recorded, in whatever encoding.

        Checked are spans, metrics, ledger events, observations and what the library logged.

        Args:
            *canaries: Texts that must not be there either; see `never_record`.

        Raises:
            AssertionError: Something was. The message has what and where.
        """
        __tracebackhide__ = True
        self.never_record(*canaries)
        finds = content.find([*self._state.samples(), *self._canaries], self._recorded(), self._allowed())
        if finds:
            lines = "\n".join(f"  {find}" for find in finds)
            raise AssertionError(f"prompts, responses or secrets were recorded:\n{lines}")

    def _hints(self) -> Iterator[str]:
        """What may explain that a call is missing."""
        still_open = self._override.still_open
        if still_open:
            yield f"attempts still open: {still_open}; read each body to its end, or close it"
        for passed in dict.fromkeys(self._router.passed):
            yield (
                f"not answered, because the host is not known as Foundry: {passed}; add the host to "
                "instrument(hosts=[...]), configure(hosts=[...]) or @pytest.mark.foundry(hosts=[...])"
            )

    def _recorded(self) -> Iterator[tuple[str, str]]:
        """Everything that was recorded: where, and the text."""
        recorded: tuple[tuple[str, Iterable[object]], ...] = (
            ("attempt", map(msgspec.structs.asdict, self.attempts)),
            ("span", ((span.name, span.to_json()) for span in self._capture.spans)),
            (
                "log record",
                ((item.log_record.body, item.log_record.attributes) for item in self._capture.records),
            ),
            ("metric", (self.metrics,)),
            ("log line of the library", self._capture.lines),
        )
        for kind, items in recorded:
            for number, item in enumerate(items, 1):
                for text in content.texts(item):
                    yield f"{kind} {number}", text

    def _allowed(self) -> str:
        """What is recorded on purpose, though a prompt or an error may name it too."""
        return "\n".join(filter(None, chain.from_iterable(map(_names_in, self.attempts))))


def _names_in(observation: Observation) -> tuple[str | None, ...]:
    failure = observation.failure
    of_failure = (failure.code, failure.missing_data_action) if failure is not None else ()
    request_fields = (
        observation.deployment,
        observation.response_model,
        observation.server_address,
        observation.path,
        observation.client,
    )
    return (*request_fields, *of_failure)
