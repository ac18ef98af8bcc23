"""The switch for a laptop: with ``FOUNDRY_TELEMETRY_DISABLED=true`` nothing is attached.

`configure()`, `instrument()`, hooks, middleware and the entry point of ``opentelemetry-instrument`` then do
nothing: no patch, no thread, no exporter. All else works, and has nothing to record. The value is read as
OpenTelemetry reads booleans: ``true`` in any case, and nothing else.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Final

from foundry_telemetry.warn_once import Once

VARIABLE: Final = "FOUNDRY_TELEMETRY_DISABLED"

_log: Final = logging.getLogger("foundry_telemetry")


def is_disabled(what: str) -> bool:
    """Whether the environment switches the library off; logs what then does nothing, and an odd value.

    Args:
        what: The function that asks, for the log.
    """
    is_off, problem = read_switch(os.environ)
    if problem is not None:
        _warn(problem)
    if is_off:
        _log.info("%s does nothing: %s=true", what, VARIABLE)
    return is_off


def read_switch(environ: Mapping[str, str]) -> tuple[bool, str | None]:
    """Whether the library is switched off, and what is wrong with the value.

    Args:
        environ: The environment.
    """
    value = environ.get(VARIABLE, "")
    given = value.strip().lower()
    if given in ("", "true", "false"):
        return given == "true", None
    return False, f"{VARIABLE}={value[:40]!r}: expected true or false; telemetry stays on"


@Once
def _warn(problem: str) -> None:
    _log.warning("%s", problem)
