"""The entry point by which ``opentelemetry-instrument`` finds us."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]
    BaseInstrumentor,
)

from foundry_telemetry.instrumentation import instrument, uninstrument

_OPTIONS = (
    "tracer_provider",
    "meter_provider",
    "logger_provider",
    "hosts",
    "http_spans",
    "sinks",
    "exception_notes",
    "content",
    "project_id",
)


class FoundryInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """`instrument()` behind the common interface of the OpenTelemetry instrumentors."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """None: we watch whichever HTTP client is there."""
        return ()

    def _instrument(self, **options: Any) -> None:
        instrument(**{name: value for name, value in options.items() if name in _OPTIONS})

    def _uninstrument(self, **_: Any) -> None:
        uninstrument()
