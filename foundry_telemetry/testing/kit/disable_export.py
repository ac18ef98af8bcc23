"""Nothing reaches Azure from a test: neither what the application set up before, nor what it sets up now."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from opentelemetry import _logs, metrics, trace

from foundry_telemetry import azure, disabled
from foundry_telemetry.azure.settings import CONNECTION_STRING, Settings, read_settings
from foundry_telemetry.exporters import azure_exporters
from foundry_telemetry.instrumentation import instrument
from foundry_telemetry.testing.kit.patches import Patches

_NOWHERE: Final = "InstrumentationKey=00000000-0000-0000-0000-000000000000"


class DisabledExport:
    """Keeps `configure()` from starting anything, and exporters to Azure that run already from sending."""

    def __init__(self) -> None:
        self._patches = Patches()
        self._providers: list[Any] = []
        self._active = azure._active  # noqa: SLF001 - here and below: the kit stands in for this module
        self._switch: str | None = None

    def begin(self) -> None:
        """From now on nothing is sent."""
        self._switch = os.environ.pop(disabled.VARIABLE, None)  # a test is about what is recorded
        self._patches.set(azure, "read_settings", _read_settings)
        self._patches.set(azure, "_start", _start)
        self._active = azure._active  # noqa: SLF001
        for provider in _providers():
            exporters = azure_exporters(provider)
            if exporters:
                self._providers.append(provider)
            for exporter in exporters:
                self._patches.set(exporter, "export", _drop)

    def end(self) -> None:
        """Drop what is queued, and restore everything."""
        for provider in self._providers:
            provider.force_flush()
        self._providers.clear()
        self._patches.undo()
        azure._active = self._active  # noqa: SLF001 - what the test configured ends with it
        if self._switch is not None:
            os.environ[disabled.VARIABLE] = self._switch
            self._switch = None


def _providers() -> Iterable[object]:
    """The global ones. A placeholder of the API package has no exporter."""
    return (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider())


def _drop(*_: object, **__: object) -> None:
    """In the place of an exporter's ``export``, whose result nobody reads."""


def _read_settings(connection_string: str | None, *args: Any, **options: Any) -> Settings:
    """The real checks; but a test needs no connection string."""
    given = connection_string if connection_string is not None else os.environ.get(CONNECTION_STRING)
    return read_settings(given or _NOWHERE, *args, **options)


class _Nothing:
    """In the place of what ends the pipelines: there are none, so nothing waits."""

    def drain(self, _: float) -> bool:
        """For `flush()` of the code under test."""
        return True


def _start(settings: Settings) -> None:
    """`configure()` without a provider, an exporter or a thread: only the integrations are attached."""
    delivery: Any = _Nothing()
    azure._active = (settings, delivery)  # noqa: SLF001 - so a second call does nothing
    # Request and response logs would need a thread.
    instrument(**vars(replace(settings.instrumentation, content=None)))
