"""What `configure` was asked for and cannot do: the application's providers or the environment decide."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any, Final

from foundry_telemetry.azure.settings import DISTRO_OPTIONS, Settings

SWITCHES: Final = {
    "traces": "OTEL_TRACES_EXPORTER",
    "logs": "OTEL_LOGS_EXPORTER",
    "metrics": "OTEL_METRICS_EXPORTER",
}
"""The only thing that keeps the distro from building a pipeline: its keywords for it are overwritten."""

_LOGS_ARE_OFF: Final = (
    f"{SWITCHES['logs']}=none also disables the ledger (foundry.attempt): unset it. To keep application "
    'logs out of Azure, call configure(logger_name="foundry_telemetry")'
)

_log = logging.getLogger("foundry_telemetry.azure")


def warn_of_unused(settings: Settings, found: Mapping[str, Any | None], missing: list[str]) -> None:
    """One warning for each thing asked for that a provider of the application decides instead."""
    tracer_provider = found["traces"]
    if tracer_provider is not None:
        sampler = tracer_provider.sampler
        if settings.sampling is not None:
            _log.warning(
                "%s has no effect: the application's own TracerProvider samples with %s",
                settings.sampling,
                sampler.get_description(),
            )
        elif type(sampler).__name__ == "RateLimitedSampler":
            _log.warning(
                "the TracerProvider of this process limits spans per second (%s): call configure() in "
                "place of the distro, or set OTEL_TRACES_SAMPLER=always_on",
                sampler.get_description(),
            )
    if os.environ.get(SWITCHES["logs"], "").strip().lower() == "none":
        _log.warning("%s", _LOGS_ARE_OFF)
    for_distro = DISTRO_OPTIONS | settings.distro.options
    unread = sorted(for_distro & set(settings.options)) if not missing else []
    if unread:
        _log.warning("%s has no effect: the application created its own providers", ", ".join(unread))
