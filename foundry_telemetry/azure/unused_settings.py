"""Says what of a call of `configure` has no effect, because the application has providers of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any, Final

from foundry_telemetry.azure.settings import DISTRO_OPTIONS, Settings

_LOGS_ARE_OFF: Final = (
    "OTEL_LOGS_EXPORTER=none switches the ledger (foundry.attempt) off as well: unset it. To keep the "
    'application\'s own log lines out of Azure, call configure(logger_name="foundry_telemetry")'
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
                "the TracerProvider of this process keeps only some spans a second (%s); call "
                "configure() in place of configure_azure_monitor(), or give that sampling_ratio=1.0",
                sampler.get_description(),
            )
    if os.environ.get("OTEL_LOGS_EXPORTER", "").strip().lower() == "none":
        _log.warning("%s", _LOGS_ARE_OFF)
    unread = sorted(DISTRO_OPTIONS & set(settings.options)) if not missing else []
    if unread:
        _log.warning("%s had no effect: the application made its own providers", ", ".join(unread))
