"""Every integration records to the test, with its clock, ids and providers in place of the process's."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

from foundry_telemetry import attempt as attempt_module
from foundry_telemetry import instrumentation as attach_module
from foundry_telemetry import pricing
from foundry_telemetry.config import load_environment
from foundry_telemetry.instrumentation import calls as calls_module
from foundry_telemetry.instrumentation import connect_timer as timer_module
from foundry_telemetry.instrumentation import tracked_request as tracked_request_module
from foundry_telemetry.instrumentation import tracker as tracker_module
from foundry_telemetry.instrumentation.calls import FailedAttempts, Origin
from foundry_telemetry.instrumentation.listeners import make_listeners
from foundry_telemetry.instrumentation.tracked_request import Settings, TrackedRequest
from foundry_telemetry.instrumentation.tracker import RequestMarker, Tracker
from foundry_telemetry.instrumentation.transport import attach_process, process_tracker
from foundry_telemetry.instrumentation.unnamed_hosts import UnnamedHosts
from foundry_telemetry.observation import Observation
from foundry_telemetry.testing import id_rewriting
from foundry_telemetry.testing.kit.capture import Capture
from foundry_telemetry.testing.kit.clock import Clock, CountingResponseIds
from foundry_telemetry.testing.kit.patches import Patches
from foundry_telemetry.wire.request_matcher import Hosts, parse_hosts

_TIMED: Final = (
    (attempt_module, ("perf_counter_ns", "time_ns")),
    (tracker_module, ("perf_counter_ns", "time_ns")),
    (tracked_request_module, ("perf_counter_ns",)),
    (timer_module, ("perf_counter_ns",)),
)
"""Who reads which clock."""


class ProviderOverride:
    """Makes every integration that the application attaches, or has attached, record to this test.

    Args:
        clock: The clock of the test.
        ids: The ids that the service gives.
        capture: Keeps what is recorded.
        hosts: Hosts that count as Foundry besides those of the integrations.
    """

    def __init__(self, clock: Clock, ids: CountingResponseIds, capture: Capture, hosts: Hosts) -> None:
        self._clock = clock
        self._ids = ids
        self._capture = capture
        self._hosts = hosts
        self._patches = Patches()
        self._tracked_requests: list[TrackedRequest] = []

    @property
    def still_open(self) -> int:
        """How many attempts have not ended."""
        return sum(tracked.attempt.is_open for tracked in self._tracked_requests)

    def begin(self) -> None:
        """From now on everything is recorded to the test."""
        ours = {"perf_counter_ns": self._clock.monotonic_ns, "time_ns": self._clock.wall_ns}
        for module, names in _TIMED:
            for name in names:
                self._patches.set(module, name, ours[name])
        # The last attempt of an earlier test must not be taken for an attempt of the first call.
        fresh: ContextVar[Observation | None] = ContextVar("foundry_telemetry.last_attempt", default=None)
        self._patches.set(attempt_module, "_last", fresh)
        fresh_calls = FailedAttempts()
        for module in (calls_module, tracked_request_module, tracker_module):
            self._patches.set(module, "failed_attempts", fresh_calls)
        self._patches.set(id_rewriting, "source", self._ids)
        self._patches.set(id_rewriting, "clock_s", lambda: self._clock.wall_ns() / 1e9)
        # Each test has its own lines, whatever an earlier one has called.
        self._patches.set(tracker_module, "unnamed_hosts", UnnamedHosts())
        self._patches.set(attach_module, "parse_hosts", lambda hosts: parse_hosts(hosts) | self._hosts)
        self._patches.set(Tracker, "open", self._redirected(Tracker.open))

    def open_integration(self) -> None:
        """Watch the process if the application does not, and the hosts of the test if it does."""
        tracker = process_tracker()
        if tracker is None:
            load_environment()
            pricing.preload()
            signals = self._capture.signals
            attach_process(Tracker(Settings(signals, make_listeners(signals), self._hosts)))
        elif self._hosts:
            settings = _settings(tracker)
            attach_process(Tracker(settings._replace(hosts=settings.hosts | self._hosts)))

    def undo(self) -> None:
        """Put everything back."""
        self._patches.undo()

    def _redirected(self, original: Any) -> Any:
        """`Tracker.open` with the providers of the test; sinks and notes of the application stay."""
        capture, tracked_requests = self._capture, self._tracked_requests

        def open_here(tracker: Tracker, origin: Origin, marker: RequestMarker) -> TrackedRequest:
            settings = _settings(tracker)
            ours: dict[object, Any] = dict(zip(settings.signals, capture.signals, strict=True))
            listeners = (*(ours.get(each, each) for each in settings.listeners), *capture.listeners)
            here = settings._replace(signals=capture.signals, listeners=listeners)
            tracked: TrackedRequest = original(Tracker(here), origin, marker)
            tracked_requests.append(tracked)
            return tracked

        return open_here


def _settings(tracker: Tracker) -> Settings:
    return tracker._settings  # noqa: SLF001 - the kit stands in for what the tracker does with them
