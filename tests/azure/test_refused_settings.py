"""What OpenTelemetry refuses of the environment, at set-up and under the name of the variable."""

from __future__ import annotations

import pytest
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import foundry_telemetry
from foundry_telemetry.azure.refused_settings import naming_variables
from foundry_telemetry.signals import BY_VARIABLE

SECRET = "CANARY"


def _logs_pipeline() -> object:
    return BatchLogRecordProcessor(InMemoryLogRecordExporter())  # type: ignore[no-untyped-call]


MAKERS = {
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": _logs_pipeline,
    "OTEL_BLRP_MAX_QUEUE_SIZE": _logs_pipeline,
    "OTEL_BLRP_SCHEDULE_DELAY": _logs_pipeline,
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": lambda: BatchSpanProcessor(InMemorySpanExporter()),
    "OTEL_BSP_MAX_QUEUE_SIZE": lambda: BatchSpanProcessor(InMemorySpanExporter()),
    "OTEL_BSP_SCHEDULE_DELAY": lambda: BatchSpanProcessor(InMemorySpanExporter()),
    "OTEL_METRICS_EXEMPLAR_FILTER": MeterProvider,
    "OTEL_METRIC_EXPORT_INTERVAL": lambda: PeriodicExportingMetricReader(ConsoleMetricExporter()),
}


@pytest.mark.row(81)
@pytest.mark.parametrize("variable", MAKERS)
def test_the_variable_is_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the set-up has the name of the variable, its cause, and no value that may be secret."""
    monkeypatch.setenv(variable, "-1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", SECRET)
    with pytest.raises(ValueError, match=variable) as reported, naming_variables():
        MAKERS[variable]()
    assert isinstance(reported.value.__cause__, ValueError)
    assert SECRET not in str(reported.value)


def test_an_error_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What OpenTelemetry raises without an entry point, a bare StopIteration, is reported as well."""
    monkeypatch.setenv("OTEL_PYTHON_METER_PROVIDER", "nonsense")
    with pytest.raises(ValueError, match=r"StopIteration.*OTEL_PYTHON_METER_PROVIDER"), naming_variables():
        next(iter(()))


def test_a_name_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that names the variable already, and one without any variable, stay as they are."""
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "x")
    own = ValueError("OTEL_SPAN_EVENT_COUNT_LIMIT must be a non-negative integer but got x")
    with pytest.raises(ValueError, match="must be") as reported, naming_variables():
        raise own
    assert reported.value is own


@pytest.mark.row(81)
@pytest.mark.parametrize("variable", BY_VARIABLE)
@pytest.mark.parametrize("value", ["nonsense", ""])
def test_a_provider_that_is_not_installed(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that the environment names and nobody registers is refused by its variable, and at once."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", None)
    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", None)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"{variable}='{value}'"):
        foundry_telemetry.instrument()
