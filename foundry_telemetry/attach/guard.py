"""Where our failures end. The user's call never sees one; it is counted, and logged at most once a minute."""

from __future__ import annotations

import logging
import time
from typing import Final

_log: Final = logging.getLogger("foundry_telemetry")
_QUIET_S: Final = 60.0


class Losses:
    """How much telemetry was lost to failures of our own, since the start of the process."""

    def __init__(self) -> None:
        self.count = 0
        self._next_log_s = 0.0

    def add(self, error: Exception) -> None:
        """Count a failure. Its text is not logged: it may quote what was being read."""
        self.count += 1
        now = time.monotonic()
        if now < self._next_log_s:
            return
        self._next_log_s = now + _QUIET_S  # set first: a handler may come back here
        try:
            _log.warning(
                "telemetry lost (%d so far): %s at %s", self.count, type(error).__name__, _place(error)
            )
        except Exception:
            self.count += 1  # a logging handler that raises is no business of the call either


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "unknown"
    code = frame.tb_frame.f_code
    return f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}"


losses: Final = Losses()
