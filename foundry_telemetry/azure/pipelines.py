"""Providers that feed Azure Monitor: the distro's, or those the application already has.

A *pipeline* is what carries one signal (traces, logs, metrics) to Azure. Where the application has a
provider, we add a pipeline to it; a second provider would be refused by OpenTelemetry, and its threads stay.
"""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from foundry_telemetry.azure.distros import set_up
from foundry_telemetry.azure.drop_counting import Counted, CountedExporter, CountedQueue
from foundry_telemetry.azure.environment import environment
from foundry_telemetry.azure.ledger_export import shorten
from foundry_telemetry.azure.log_pipeline import LogPipeline
from foundry_telemetry.azure.request_bodies import Compression
from foundry_telemetry.azure.request_hooks import hook_into
from foundry_telemetry.azure.row_building import own_exporters, speed_up
from foundry_telemetry.azure.settings import DISTRO_OPTIONS, Settings
from foundry_telemetry.azure.unused_options import SWITCHES, warn_of_unused
from foundry_telemetry.content import drain_content
from foundry_telemetry.dropped_items import Signal
from foundry_telemetry.exporters import azure_exporters, batch_processors
from foundry_telemetry.signals import BY_VARIABLE

QUIET: Final = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
}
"""Read while exporters are built: no traffic the user did not ask for."""

_DEFAULT_ENVIRONMENT: Final = {
    # 2048 lose two thirds of a burst of 10 000; a span takes about 2 KiB, so a full queue about 32 MiB.
    "OTEL_BSP_MAX_QUEUE_SIZE": "16384",
    "OTEL_BLRP_MAX_QUEUE_SIZE": "16384",
    **QUIET,
}
"""Read while the pipelines are built: room for bursts, and the above."""

_log = logging.getLogger("foundry_telemetry.azure")


@dataclass
class Pipelines:
    """What was set up."""

    shutdown_callbacks: dict[str, Callable[[], object]] = field(default_factory=dict)
    """For each pipeline of ours, what ends it."""
    flush_callbacks: dict[str, Callable[[], object]] = field(default_factory=dict)
    """For each pipeline of the application, what empties it. It ends by its own rules, except on SIGTERM."""
    readers: list[Any] = field(default_factory=list)
    """Metric readers that send to Azure."""
    drain_callbacks: dict[str, Callable[[], object]] = field(default_factory=dict)
    """For every pipeline, what sends all that waits in it."""
    counted: dict[str, list[Counted]] = field(default_factory=dict)
    """For each pipeline, what counts its losses."""
    logs: LogPipeline | None = None
    """What stands before the processors of log records."""


def connect(settings: Settings, options: Mapping[str, Any]) -> Pipelines:
    """Make all three signals reach Azure.

    Args:
        settings: The call of `configure`.
        options: The keywords for the distro, defaults included.
    """
    with environment(dict.fromkeys(BY_VARIABLE), {}):  # as the distro, which sets its own whatever they name
        found = {signal: _sdk_provider(signal) for signal in SWITCHES}
    wanted = [
        name for name, switch in SWITCHES.items() if os.environ.get(switch, "").strip().lower() != "none"
    ]
    missing = [signal for signal in wanted if found[signal] is None]
    built_by_others = {SWITCHES[name]: "none" for name, provider in found.items() if provider is not None}
    pipelines = Pipelines()
    with environment({**settings.environment, **built_by_others}, _DEFAULT_ENVIRONMENT):
        if missing:
            set_up(settings.distro, options, [signal for signal in SWITCHES if signal not in missing])
        for signal in wanted:
            if found[signal] is not None:
                _attach(signal, found[signal], settings, options, pipelines)
    for signal in missing:
        _adopt(signal, _sdk_provider(signal), pipelines)
    if "logs" in missing:
        with _known_parts("ledger events are built in the thread of the call"):
            shorten(_sdk_provider("logs"), settings.distro)
    compression = Compression(is_on=settings.compression == "gzip")
    for signal in wanted:
        provider = _sdk_provider(signal)
        speed_up(own_exporters(azure_exporters(provider), options["transport"]), compression)
        pipelines.counted[signal] = _count(signal, provider)
        if provider is not None:
            pipelines.drain_callbacks[signal] = provider.force_flush
    _drain_before_flushes(pipelines)
    warn_of_unused(settings, found, missing)
    return pipelines


def _drain_before_flushes(pipelines: Pipelines) -> None:
    """Let records that wait go with the metrics, each minute, and before the logs are flushed or end."""
    if pipelines.logs is None:
        return
    drain = pipelines.logs.drain
    for reader in pipelines.readers:
        with _known_parts("some log records are delayed until the next one"):
            reader._exporter.export = _after(drain, reader._exporter.export)  # noqa: SLF001
    for ways in (pipelines.shutdown_callbacks, pipelines.flush_callbacks, pipelines.drain_callbacks):
        if (flush := ways.get("logs")) is not None:
            ways["logs"] = _after(drain_content, _after(drain, flush))


def _after(step: Callable[[], object], function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        step()
        return function(*args, **options)

    return call


def _sdk_provider(signal: str) -> Any | None:
    """The global provider of a signal, if it is one of the SDK and not the API's placeholder."""
    from opentelemetry import _logs, metrics, trace  # noqa: PLC0415
    from opentelemetry.sdk import _logs as sdk_logs  # noqa: PLC0415
    from opentelemetry.sdk import metrics as sdk_metrics  # noqa: PLC0415
    from opentelemetry.sdk import trace as sdk_trace  # noqa: PLC0415

    provider: object
    if signal == "traces":
        provider = trace.get_tracer_provider()
        return provider if isinstance(provider, sdk_trace.TracerProvider) else None
    if signal == "logs":
        provider = _logs.get_logger_provider()
        return provider if isinstance(provider, sdk_logs.LoggerProvider) else None
    provider = metrics.get_meter_provider()
    return provider if isinstance(provider, sdk_metrics.MeterProvider) else None


def _adopt(signal: str, provider: Any | None, pipelines: Pipelines) -> None:
    """Take over the end of a provider that the distro has just made for us."""
    if provider is None:
        return
    # The SDK would shut it down at exit once more, and warn that this can be done only once.
    atexit.unregister(provider.shutdown)
    pipelines.shutdown_callbacks[signal] = provider.shutdown
    if signal == "metrics":
        pipelines.readers += getattr(provider, "_metric_readers", ())
    elif signal == "logs":
        _protect_logs(provider, pipelines)


def _attach(
    signal: str, provider: Any, settings: Settings, options: Mapping[str, Any], pipelines: Pipelines
) -> None:
    """Add a pipeline to a provider of the application, unless it has one already."""
    exporters = azure_exporters(provider)
    if exporters:
        key = getattr(exporters[0], "_instrumentation_key", settings.resource_key[0])
        if key != settings.resource_key[0]:
            _log.warning("%s of this process already go to another Application Insights resource", signal)
        _take_over(signal, provider, exporters, options, pipelines)
        return
    for_distro = DISTRO_OPTIONS | settings.distro.options | {"sampling_ratio"}
    exporter_options = {name: value for name, value in options.items() if name not in for_distro}
    if signal == "traces":
        pipelines.shutdown_callbacks[signal] = _attach_traces(provider, exporter_options)
    elif signal == "logs":
        _attach_logs(provider, exporter_options, pipelines)
    elif hasattr(provider, "add_metric_reader"):
        reader = _attach_metrics(provider, exporter_options)
        pipelines.shutdown_callbacks[signal] = reader.shutdown
        pipelines.readers.append(reader)
    else:
        _log.warning(
            "metrics do not reach Azure: the MeterProvider of this process accepts no further reader. "
            "Update opentelemetry-sdk, or call configure() in place of creating that provider"
        )


def _take_over(
    signal: str, provider: Any, exporters: list[Any], options: Mapping[str, Any], pipelines: Pipelines
) -> None:
    """See to a pipeline to Azure that the application, or a distro it called, has set up.

    One that leads to Azure alone is ended as if it were ours, so in time. What else a provider of the
    application sends to has its own rules for the end.
    """
    for exporter in exporters:
        with _known_parts("a hanging request may delay the end of the process"):
            hook_into(
                exporter,
                options["raw_request_hook"],
                options["raw_response_hook"],
                retries=options.get("retry_total"),
            )
    if all(_leads_to(one, exporters) for one in _ways_out(signal, provider)):
        _adopt(signal, provider, pipelines)
        return
    pipelines.flush_callbacks[signal] = provider.force_flush
    if signal == "logs":
        _protect_logs(provider, pipelines)


def _ways_out(signal: str, provider: Any) -> Iterable[Any]:
    return getattr(provider, "_metric_readers", ()) if signal == "metrics" else batch_processors(provider)


def _leads_to(way_out: Any, exporters: list[Any]) -> bool:
    exporter = getattr(getattr(way_out, "_batch_processor", way_out), "_exporter", None)
    return exporter in exporters


def _attach_traces(provider: Any, options: Mapping[str, Any]) -> Callable[[], object]:
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    processor = BatchSpanProcessor(AzureMonitorTraceExporter(**options))
    provider.add_span_processor(processor)
    return processor.shutdown


def _attach_logs(provider: Any, options: Mapping[str, Any], pipelines: Pipelines) -> None:
    from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter  # noqa: PLC0415
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: PLC0415

    processor = BatchLogRecordProcessor(AzureMonitorLogExporter(**options))
    pipelines.logs = LogPipeline(processor)
    provider.add_log_record_processor(processor)
    pipelines.shutdown_callbacks["logs"] = processor.shutdown


def _protect_logs(provider: Any, pipelines: Pipelines) -> None:
    with _known_parts("log records about exports may be exported themselves"):
        pipelines.logs = LogPipeline(provider._multi_log_record_processor)  # noqa: SLF001 - the way in


def _attach_metrics(provider: Any, options: Mapping[str, Any]) -> Any:
    from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(**options))
    provider.add_metric_reader(reader)
    return reader


def _count(signal: str, provider: Any | None) -> list[Counted]:
    """Count what the pipelines of a signal lose, as far as their parts are those we know."""
    exporters = azure_exporters(provider)
    counted: list[Counted] = []
    for exporter in exporters:
        with _known_parts(f"dropped {signal} are not counted"):
            counted.append(CountedExporter(exporter, Signal(signal)))
    for processor in batch_processors(provider):
        with _known_parts(f"dropped {signal} are not counted"):
            if processor._batch_processor._exporter in exporters:  # noqa: SLF001 - no public API
                counted.append(CountedQueue(processor, Signal(signal)))
    return counted


@contextmanager
def _known_parts(consequence: str) -> Iterator[None]:
    """Go on without what needs private parts that are no longer there, and say so."""
    try:
        yield
    except AttributeError as error:
        _log.warning("%s: this version of the SDK or its exporter is not supported (%s)", consequence, error)
