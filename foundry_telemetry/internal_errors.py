"""Where failures end that the user's call must never see: each is counted, and one a minute logged."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from types import CodeType
from typing import Final

import foundry_telemetry
from foundry_telemetry.dropped_items import Reason, Signal, dropped

_log: Final = logging.getLogger("foundry_telemetry")
_QUIET_S: Final = 60.0

_LIBRARY: Final = str(Path(foundry_telemetry.__file__).parent)
_STDLIB: Final = str(Path(os.__file__).parent)

_MESSAGES: Final = {
    Reason.INTERNAL_ERROR: "telemetry dropped",
    Reason.SINK_ERROR: "a sink raised an exception; the record is complete",
    Reason.SAMPLER_ERROR: "a sampler or span processor raised an exception; the call has no span",
    Reason.PROCESSOR_ERROR: "a processor raised an exception; it may lack a record",
}


class InternalErrors:
    """Failures around our records since the start of the process."""

    def __init__(self) -> None:
        self.count = 0
        self._next_log_s: dict[bool, float] = {}
        self._pending: tuple[str, Signal, Reason] | None = None

    def add(
        self, error: Exception, signal: Signal = Signal.ATTEMPTS, reason: Reason = Reason.INTERNAL_ERROR
    ) -> None:
        """Count a failure. Its text is not logged: it may quote what was being read.

        Args:
            error: What was raised.
            signal: What is missing for it.
            reason: Whose failure it is.
        """
        self._count(signal, reason)
        self._log(_describe(error), signal, reason)

    def add_foreign(self, error: Exception, signal: Signal, reason: Reason) -> None:
        """Count a failure that is the application's where it came out of something that we called."""
        self.add(error, signal, reason if _is_foreign(error) else Reason.INTERNAL_ERROR)

    def add_quietly(self, error: Exception, signal: Signal = Signal.ATTEMPTS) -> None:
        """Count a failure where a lock of the SDK is held; it is logged with the next attempt."""
        self._count(signal, Reason.INTERNAL_ERROR)
        self._pending = (_describe(error), signal, Reason.INTERNAL_ERROR)

    def log_pending(self) -> None:
        """Log what was only counted."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self._log(*pending)

    def _count(self, signal: Signal, reason: Reason) -> None:
        self.count += 1
        dropped.add(reason, signal)

    def _log(self, what: str, signal: Signal, reason: Reason) -> None:
        now = time.monotonic()
        is_lost = reason is not Reason.SINK_ERROR  # a sink that always raises must not hide losses
        if now < self._next_log_s.get(is_lost, 0.0):
            return
        self._next_log_s[is_lost] = now + _QUIET_S  # set first: a handler may come back here
        try:
            _log.warning("%s (%s; failures so far: %d): %s", _MESSAGES[reason], signal, self.count, what)
        except Exception:
            self.count += 1  # a logging handler that raises is no business of the call either


def _describe(error: Exception) -> str:
    code, line = _raised_in(error)
    place = f"{Path(code.co_filename).name}:{line} {code.co_name}" if code else "unknown"
    return f"{type(error).__name__} at {place}"


def _is_foreign(error: Exception) -> bool:
    """Whether the innermost function of ours called one of a package, so the SDK, that raised."""
    called, frame = "", error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        called = "" if name.startswith(_LIBRARY) else called or name
        frame = frame.tb_next
    return bool(called) and not (called.startswith(_STDLIB) and "site-packages" not in called)


def _raised_in(error: Exception) -> tuple[CodeType | None, int]:
    """The innermost function of a traceback, and the line in it."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return (frame.tb_frame.f_code, frame.tb_lineno) if frame is not None else (None, 0)


internal_errors: Final = InternalErrors()
