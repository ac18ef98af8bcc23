"""Checks of the set-up: packages, address, credential, telemetry and network, each with the fix.

*Check*: a function from a scene to findings. They run side by side, each for a bounded time. No check changes
anything, and none shows a secret.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from foundry_telemetry.investigate.doctor import (
    address,
    content,
    credentials,
    exporting,
    live,
    packages,
    process,
    reachability,
    stored,
    texts,
)
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, State, failure
from foundry_telemetry.observation import Observation

__all__ = ["Finding", "Report", "Scene", "State", "examine"]

_READING_S: Final = 30.0
_NETWORK_S: Final = 25.0
_LIVE_S: Final = 90.0


class _Check(NamedTuple):
    """A check: what is waited for, the function, and the seconds it may take."""

    name: str
    run: Callable[[Scene], Iterable[Finding]]
    limit_s: float = _NETWORK_S


_CHECKS: Final = (
    _Check("packages", packages.check, _READING_S),
    _Check("base URL", address.check, _READING_S),
    _Check("API key", credentials.check_key, _READING_S),
    _Check("token", credentials.check_token),
    _Check("settings", exporting.check, _READING_S),
    _Check("request and response logs", content.check, _READING_S),
    _Check("unsent telemetry", exporting.check_stored, _READING_S),
    _Check("Foundry", reachability.check_foundry),
    _Check("Azure Monitor", reachability.check_monitor),
    _Check("process", process.check, _READING_S),
    _Check("received telemetry", stored.check),
)
"""In the order in which their findings are shown."""


class Report(Struct, frozen=True):
    """What was found."""

    findings: tuple[Finding, ...]
    observation: Observation | None = None
    """Of the live call."""
    event: Mapping[str, Any] = {}
    """Its ledger event."""

    @property
    def counts(self) -> Mapping[State, int]:
        """How many findings there are of each state."""
        return Counter(finding.state for finding in self.findings)

    @property
    def is_sound(self) -> bool:
        """Whether nothing failed."""
        return not self.counts.get("failure")


def examine(scene: Scene, waiting: Callable[[tuple[str, ...]], object] = lambda _: None) -> Report:
    """Run all checks; never raises.

    Args:
        scene: Where to look.
        waiting: Given what is still waited for, whenever that changes.
    """
    loaded = (process.load(scene.app),) if scene.app else ()
    # As the application has left it; the live call hides variables from the exporter for a moment.
    scene = replace(scene, environ=dict(scene.environ))
    seen = live.Seen()
    checks = list(_CHECKS)
    if scene.live:
        checks.append(_Check("live call", lambda scene: live.check(scene, seen), _LIVE_S))
    answers: queue.SimpleQueue[tuple[int, tuple[Finding, ...]]] = queue.SimpleQueue()
    for number, check in enumerate(checks):
        # Daemons: one that hangs must not keep the process from ending.
        threading.Thread(
            target=lambda number=number, check=check: answers.put((number, _run(check, scene))),
            name=f"doctor-{check.name}",
            daemon=True,
        ).start()
    found = _gather(checks, answers, waiting)
    return Report((*loaded, *found), seen.observation, seen.event)


def _gather(
    checks: list[_Check],
    answers: queue.SimpleQueue[tuple[int, tuple[Finding, ...]]],
    waiting: Callable[[tuple[str, ...]], object],
) -> list[Finding]:
    began = time.monotonic()
    found: dict[int, tuple[Finding, ...]] = {}
    while len(found) < len(checks):
        open_checks = [number for number in range(len(checks)) if number not in found]
        waiting(tuple(checks[number].name for number in open_checks))
        left = min(checks[number].limit_s for number in open_checks) - (time.monotonic() - began)
        try:
            number, findings = answers.get(timeout=max(left, 0.0))
            found.setdefault(number, findings)
        except queue.Empty:
            late = min(open_checks, key=lambda number: checks[number].limit_s)
            found[late] = (_too_late(checks[late]),)
    waiting(())
    return [finding for number in range(len(checks)) for finding in found[number]]


def _too_late(check: _Check) -> Finding:
    return failure(check.name, texts.TOO_LATE.format(limit=check.limit_s), texts.FIX_TOO_LATE)


def _run(check: _Check, scene: Scene) -> tuple[Finding, ...]:
    try:
        return tuple(check.run(scene))
    except Exception as error:  # its text may quote what was being read
        seen = texts.CHECK_FAILED.format(error=type(error).__name__)
        return (failure(check.name, seen, texts.FIX_CHECK_FAILED),)
