"""Whether spans of this process go to Azure Monitor, and who set that up."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from foundry_telemetry.dropped_items import dropped
from foundry_telemetry.exporters import azure_exporters
from foundry_telemetry.warn_once import Once

_NOT_CONFIGURED: Final = (
    "Azure Monitor is set up without foundry_telemetry.configure(): telemetry in memory is lost on SIGTERM, "
    "dropped telemetry is not counted, and by default five spans per second are kept. Call configure() in "
    "place of the distro, with the same keywords, or after it"
)

_log: Final = logging.getLogger("foundry_telemetry")


class AzureMonitor:
    """What was found below the providers of this process."""

    def __init__(self) -> None:
        self.takes_spans = False

    def look_up(self, tracer_provider: object, global_providers: Iterable[object]) -> None:
        """Search providers for exporters; say what to do where a distro alone has set the global ones up.

        Args:
            tracer_provider: Of our spans.
            global_providers: Of all signals.
        """
        with suppress(Exception):  # they may be of any kind
            self.takes_spans = bool(azure_exporters(tracer_provider))
            if not dropped.is_counted and any(map(azure_exporters, global_providers)):
                _warn()


@Once
def _warn() -> None:
    _log.warning("%s", _NOT_CONFIGURED)


azure_monitor: Final = AzureMonitor()
"""Of this process."""
