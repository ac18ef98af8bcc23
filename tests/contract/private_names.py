"""Every private name of another library that we touch: how it is recognised, and what breaks.

*Touched*: read, called, replaced, imported, or known by its text. A row here is a debt; `found_in` finds the
touches themselves in the source, so that none goes without a row.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import foundry_telemetry
from tests.support.families import FAMILIES, has_both, httpx, httpx2, sdk_has_spans

PACKAGE = Path(foundry_telemetry.__file__).parent
CLIENTS = [getattr(family.module, "AsyncClient" if family.is_async else "Client") for family in FAMILIES]
RESPONSES = [family.Response for family in ((httpx, httpx2) if has_both else (httpx,))]


class Private(NamedTuple):
    """One private name."""

    name: str
    """As it stands in our source; of an import the path up to the first private part."""
    owner: str
    """Whose it is, for people."""
    distributions: tuple[str, ...]
    files: tuple[str, ...]
    """Where we touch it, below the package."""
    breaks: str
    """What of ours no longer works without it."""
    holds: Callable[[], bool]
    """Whether it is as we know it; may raise ImportError or AttributeError, which mean that it is not."""
    where: bool = True
    """Whether this installation has what the name belongs to."""


def _arguments(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def _has(module: str, name: str) -> bool:
    return hasattr(import_module(module), name)


def _source(module: str) -> str:
    return inspect.getsource(import_module(module))


def _classes_have(module: str, names: tuple[str, ...], attribute: str) -> bool:
    return all(callable(getattr(getattr(import_module(module), name), attribute)) for name in names)


def _assigns(kind: Any, attribute: str) -> bool:
    """Whether the constructor of a class sets an attribute."""
    return attribute in kind.__init__.__code__.co_names


def _of(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


_EXPORTERS = "azure.monitor.opentelemetry.exporter"
_POLICIES = "azure.core.pipeline.policies"
_RUNNERS = "azure.core.pipeline._base"
_HOOKS = ("azure/request_hooks.py",)
_ROWS = ("azure/row_building.py",)
_MODELS = f"{_EXPORTERS}._generated.exporter"

_ENGINE = {
    "duckdb_kql.lower": (
        "_LET_FUNCTIONS_STATE",
        "_apply_set_statements",
        "_collapse",
        "_find_names",
        "_lower_expr",
        "_lower_function_call",
        "_lower_head",
        "_lower_join_key",
        "_lower_mv_expand_target",
        "_lower_named",
        "_lower_operator",
        "_lower_operators",
        "_lower_parse_segment",
        "_lower_sort_key",
        "_op_text",
        "_rule_children",
        "_string_value",
        "_substitute",
        "_substitute_operator",
        "_substitute_query",
        "_typed_literal",
    ),
    "duckdb_kql.schema": ("_no_case_collision", "_operator_columns_unchecked"),
    "duckdb_kql.translate": (
        "_SPECIAL_FORMS",
        "_is_timespan_expr",
        "_kql_timespan_text",
        "_mv_expand_elements",
        "_nested_schema",
        "_render_aggregate_call",
        "_render_arg_max",
        "_static_index",
    ),
    "duckdb_kql.translate.naming": ("_PREFIXED", "_aggregate_name"),
}
"""What the local engine's language calls or replaces, by module."""

PRIVATE = (
    Private(
        "_transport_for_url",
        "Client and AsyncClient of both families",
        ("httpx", "httpx2"),
        ("instrumentation/class_patch.py", "testing/kit/other_mocks.py"),
        "instrument() sees no call any more; event_hooks() and FoundryMiddleware() need nothing private",
        lambda: (
            all(_arguments(kind._transport_for_url) == ["self", "url"] for kind in CLIENTS)
            and all("_transport_for_url" in kind._send_single_request.__code__.co_names for kind in CLIENTS)
        ),
    ),
    Private(
        "_uri_reference",
        "URL of both families",
        ("httpx", "httpx2"),
        ("instrumentation/class_patch.py",),
        "traffic to other hosts costs twice as much, or, if its path is no longer there, no call is seen",
        lambda: all(
            kind.URL("https://host/v1/a%20b?query#part")._uri_reference.path == "/v1/a%20b"
            for kind in {family.module for family in FAMILIES}
        ),
    ),
    Private(
        "_list",
        "Headers of both families",
        ("httpx", "httpx2"),
        ("instrumentation/http_headers.py",),
        "reading the headers of a call costs twice as much",
        lambda: all(
            kind.Headers([(b"A-Name", b"1")])._list == [(b"A-Name", b"a-name", b"1")]
            for kind in {family.module for family in FAMILIES}
        ),
    ),
    Private(
        "_callbacks",
        "HTTPXMock of pytest-httpx",
        ("pytest-httpx",),
        ("testing/kit/other_mocks.py",),
        "a response registered there is not asked for, because the fixture `foundry` cannot see it",
        lambda: _assigns(_of("pytest_httpx.HTTPXMock"), "_callbacks"),
        where=find_spec("pytest_httpx") is not None,
    ),
    Private(
        "_options",
        "HTTPXMock of pytest-httpx",
        ("pytest-httpx",),
        ("testing/kit/other_mocks.py",),
        "a response registered there is not asked for, because the fixture `foundry` cannot see it",
        lambda: _assigns(_of("pytest_httpx.HTTPXMock"), "_options"),
        where=find_spec("pytest_httpx") is not None,
    ),
    Private(
        "_get_content_decoder",
        "Response of both families",
        ("httpx", "httpx2"),
        ("instrumentation/body.py",),
        "the tokens and costs of compressed answers are unknown",
        lambda: all(_arguments(kind._get_content_decoder) == ["self"] for kind in RESPONSES),
    ),
    Private(
        "_decoder",
        "Response of both families",
        ("httpx", "httpx2"),
        ("instrumentation/body.py",),
        "the tap behind the decoder is never asked: tokens and costs of compressed answers are unknown",
        lambda: all("_decoder" in kind._get_content_decoder.__code__.co_names for kind in RESPONSES),
    ),
    Private(
        "_client",
        "clients of the SDK",
        ("anthropic",),
        ("instrumentation/transport.py",),
        "instrument(client) refuses a client of the SDK; instrument() for the process does not need it",
        lambda: (
            _assigns(_of("anthropic._base_client.SyncAPIClient"), "_client")
            and _assigns(_of("anthropic._base_client.AsyncAPIClient"), "_client")
        ),
    ),
    Private(
        "_get_azure_ad_token",
        "AnthropicFoundry and AsyncAnthropicFoundry",
        ("anthropic",),
        ("instrumentation/middleware.py",),
        "FoundryMiddleware() no longer tells a token provider that raised from other exceptions",
        lambda: _classes_have(
            "anthropic", ("AnthropicFoundry", "AsyncAnthropicFoundry"), "_get_azure_ad_token"
        ),
    ),
    Private(
        "com.anthropic.sdk.python",
        "the SDK's tracer, by its scope",
        ("anthropic",),
        ("signals/call_span.py",),
        "the SDK's span is not recognised, so a call has two spans with usage",
        lambda: _of("anthropic._tracing.INSTRUMENTATION_SCOPE") == "com.anthropic.sdk.python",
        where=sdk_has_spans,
    ),
    Private(
        "com.anthropic.sdk.python.foundry",
        "the tracer of the SDK's Foundry clients, by its scope",
        ("anthropic",),
        ("instrumentation/unnamed_hosts.py",),
        "a Foundry client behind a framework that changes its user agent is known by its credential alone",
        lambda: all(
            f"{_of('anthropic._tracing.INSTRUMENTATION_SCOPE')}.{_of(f'anthropic.{kind}')._otel_platform}"
            == "com.anthropic.sdk.python.foundry"
            for kind in ("AnthropicFoundry", "AsyncAnthropicFoundry")
        ),
        where=sdk_has_spans,
    ),
    Private(
        "opentelemetry.genai.client.inference.context",
        "opentelemetry-util-genai, a key in the context",
        ("opentelemetry-util-genai",),
        ("signals/span.py",),
        "the GenAI metrics are recorded twice next to a GenAI instrumentor",
        lambda: (
            '"opentelemetry.genai.client.inference.context"'
            in _source("opentelemetry.util.genai._inference_invocation")
        ),
    ),
    Private(
        "opentelemetry.context._SUPPRESS_INSTRUMENTATION_KEY",
        "opentelemetry.context",
        ("opentelemetry-api",),
        ("instrumentation/tracked_request.py", "azure/shutdown.py", "azure/log_pipeline.py"),
        'an application that silenced instrumentation still gets our spans, and http_spans="suppress" fails',
        lambda: bool(_of("opentelemetry.context._SUPPRESS_INSTRUMENTATION_KEY")),
    ),
    *(
        Private(
            name,
            "spans and tracers of the SDK",
            ("opentelemetry-sdk",),
            ("signals/span_limits.py",),
            "small limits make the SDK drop attributes, and log that while it holds a lock",
            lambda kind=kind, name=name: _assigns(_of(kind), name),  # type: ignore[misc]
        )
        for kind, name in (
            ("opentelemetry.sdk.trace.ReadableSpan", "_attributes"),
            ("opentelemetry.sdk.trace.Span", "_limits"),
            ("opentelemetry.sdk.trace.Tracer", "_span_limits"),
        )
    ),
    *(
        Private(
            name,
            "spans of the SDK",
            ("opentelemetry-api", "opentelemetry-sdk"),
            ("signals/span_attributes.py",),
            "an attribute on a span costs six times as much",
            lambda kind=kind, name=name: _assigns(_of(kind), name),  # type: ignore[misc]
        )
        for kind, name in (
            ("opentelemetry.sdk.trace.ReadableSpan", "_attributes"),
            ("opentelemetry.sdk.trace.Span", "_lock"),
            ("opentelemetry.sdk.trace.ReadableSpan", "_end_time"),
            ("opentelemetry.attributes.BoundedAttributes", "_dict"),
        )
    ),
    Private(
        "_set_items",
        "spans of the SDK",
        ("opentelemetry-sdk",),
        ("signals/span_attributes.py",),
        "an attribute on a span costs six times as much",
        lambda: (
            _of("opentelemetry.sdk.trace.Span").set_attributes.__code__.co_names
            == import_module("foundry_telemetry.signals.span_attributes")._WAY
        ),
    ),
    Private(
        "_tracer",
        "the API's tracer before there is a provider",
        ("opentelemetry-api",),
        ("signals/span_limits.py",),
        "limits are not known for the first span of a tracer that was made before its provider",
        lambda: isinstance(vars(_of("opentelemetry.trace.ProxyTracer"))["_tracer"], property),
    ),
    *(
        Private(
            name,
            owner,
            ("opentelemetry-api", "opentelemetry-sdk"),
            ("signals/span_lock.py",),
            "a log line made while a span is locked may wait for that lock for ever",
            lambda kind=kind, name=name: _assigns(_of(kind), name),  # type: ignore[misc]
        )
        for kind, name, owner in (
            ("opentelemetry.sdk.trace.ReadableSpan", "_attributes", "spans of the SDK"),
            ("opentelemetry.sdk.trace.Span", "_lock", "spans of the SDK"),
            ("opentelemetry.attributes.BoundedAttributes", "_lock", "attributes of the API"),
        )
    ),
    Private(
        "_multi_log_record_processor",
        "LoggerProvider of the SDK",
        ("opentelemetry-sdk",),
        ("azure/ledger_export.py", "azure/log_pipeline.py", "azure/pipelines.py"),
        "log lines of an export are exported in turn; one made while a span is locked may freeze its thread",
        lambda: _assigns(_of("opentelemetry.sdk._logs.LoggerProvider"), "_multi_log_record_processor"),
    ),
    *(
        Private(
            name,
            owner,
            (distribution,),
            (file,),
            "ledger events are built in the thread of the call, for twice the price",
            holds,
        )
        for name, owner, distribution, file, holds in (
            (
                "_multi_log_record_processor",
                "loggers of the SDK",
                "opentelemetry-sdk",
                "signals/ledger_queue.py",
                lambda: _assigns(_of("opentelemetry.sdk._logs.Logger"), "_multi_log_record_processor"),
            ),
            (
                "_is_enabled",
                "loggers of the SDK",
                "opentelemetry-sdk",
                "signals/ledger_queue.py",
                lambda: _arguments(_of("opentelemetry.sdk._logs.Logger")._is_enabled) == ["self"],
            ),
            (
                "azure.monitor.opentelemetry.exporter._constants",
                "the distro's processor of log records",
                "azure-monitor-opentelemetry-exporter",
                "azure/ledger_export.py",
                lambda: bool(_of("azure.monitor.opentelemetry.exporter._constants._MAIN_AGENT_PREFIX")),
            ),
            (
                "_GenAIMainAgentLogRecordProcessor",
                "the distro's processor of log records",
                "azure-monitor-opentelemetry-exporter",
                "azure/distros.py",
                lambda: bool(
                    _of(
                        "azure.monitor.opentelemetry.exporter._gen_ai._processor"
                        "._GenAIMainAgentLogRecordProcessor"
                    )
                ),
            ),
            (
                "_AzureBatchLogRecordProcessor",
                "the distro's processor of log records",
                "azure-monitor-opentelemetry-exporter",
                "azure/ledger_export.py",
                lambda: bool(
                    _of(
                        "azure.monitor.opentelemetry.exporter.export.logs._processor"
                        "._AzureBatchLogRecordProcessor"
                    )
                ),
            ),
        )
    ),
    Private(
        "_log_record_processors",
        "the processor of several of the SDK",
        ("opentelemetry-sdk",),
        ("azure/ledger_export.py", "azure/log_pipeline.py", "signals/ledger_queue.py"),
        "doctor does not see that the log loop is cut on a provider of the application",
        lambda: _assigns(
            _of("opentelemetry.sdk._logs._internal.SynchronousMultiLogRecordProcessor"),
            "_log_record_processors",
        ),
    ),
    *(
        Private(
            name,
            owner,
            ("azure-core", "azure-monitor-opentelemetry-exporter"),
            files,
            "a request that hangs in a pipeline of the distro may outlast the process",
            lambda kind=kind, name=name: _assigns(_of(kind), name),  # type: ignore[misc]
        )
        for kind, name, owner, files in (
            (f"{_POLICIES}.CustomHookPolicy", "_request_callback", "a policy of azure-core", _HOOKS),
            (f"{_POLICIES}.CustomHookPolicy", "_response_callback", "a policy of azure-core", _HOOKS),
            (f"{_MODELS}.AzureMonitorClient", "_client", "the exporters' client", (*_HOOKS, *_ROWS)),
            ("azure.core.PipelineClient", "_pipeline", "the client of azure-core", (*_HOOKS, *_ROWS)),
            ("azure.core.pipeline.Pipeline", "_impl_policies", "the pipeline of azure-core", _HOOKS),
            (f"{_RUNNERS}._SansIOHTTPPolicyRunner", "_policy", "the pipeline of azure-core", _HOOKS),
        )
    ),
    Private(
        "opentelemetry.context._SUPPRESS_HTTP_INSTRUMENTATION_KEY",
        "opentelemetry.context",
        ("opentelemetry-api", "opentelemetry-instrumentation"),
        ("instrumentation/tracked_request.py",),
        'http_spans="suppress" no longer silences HTTP instrumentors',
        lambda: (
            _of("opentelemetry.context._SUPPRESS_HTTP_INSTRUMENTATION_KEY")
            is _of("opentelemetry.instrumentation.utils._SUPPRESS_HTTP_INSTRUMENTATION_KEY")
        ),
    ),
    Private(
        "opentelemetry._logs",
        "the logs API, which is still without a promise",
        ("opentelemetry-api",),
        (
            *(
                "instrumentation/__init__.py",
                "content/events.py",
                "content/set_up.py",
                "azure/pipelines.py",
                "demo/run.py",
                "investigate/doctor/process.py",
            ),
            *(
                "signals/__init__.py",
                "azure/ledger_export.py",
                "signals/ledger.py",
                "signals/ledger_event.py",
                "azure/row_samples.py",
                "signals/providers.py",
                "testing/kit/disable_export.py",
                "local/ingest/otlp/records.py",
            ),
        ),
        "there is no ledger: instrument() cannot be imported",
        lambda: (
            {
                *(
                    "body",
                    "attributes",
                    "event_name",
                    "severity_number",
                    "severity_text",
                    "context",
                    "timestamp",
                )
            }
            <= set(_arguments(_of("opentelemetry._logs.Logger").emit))
        ),
    ),
    Private(
        "opentelemetry.sdk._logs",
        "the logs SDK, which is still without a promise",
        ("opentelemetry-sdk",),
        (
            *("azure/ledger_export.py", "azure/pipelines.py", "azure/row_samples.py"),
            *("investigate/doctor/record.py", "signals/ledger.py"),
            *("testing/kit/capture.py", "local/ingest/otlp/records.py"),
        ),
        "configure() cannot set up the ledger, and doctor cannot record a call",
        lambda: (
            all(
                _of(f"opentelemetry.sdk._logs.{name}")
                for name in (
                    *("LoggerProvider", "LogRecordLimits", "LogRecordProcessor"),
                    "ReadWriteLogRecord",
                )
            )
            and all(
                _of(f"opentelemetry.sdk._logs.export.{name}")
                for name in ("BatchLogRecordProcessor", "SimpleLogRecordProcessor")
            )
        ),
    ),
    *(
        Private(
            name,
            owner,
            ("opentelemetry-sdk",),
            ("signals/standard_metrics.py",),
            "the GenAI metrics are recorded twice beside a library that records them too",
            holds,
        )
        for name, owner, holds in (
            (
                "_meters",
                "MeterProvider of the SDK",
                lambda: isinstance(
                    _of("opentelemetry.sdk.metrics.MeterProvider")(shutdown_on_exit=False)._meters, dict
                ),
            ),
            (
                "_instrument_id_instrument",
                "meters of the SDK",
                lambda: _assigns(_of("opentelemetry.sdk.metrics.Meter"), "_instrument_id_instrument"),
            ),
        )
    ),
    *(
        Private(
            name,
            owner,
            ("opentelemetry-sdk",),
            ("signals/series.py",),
            "every measurement goes the SDK's long way, which costs ten times as much",
            lambda kind=kind, name=name: _assigns(_of(f"opentelemetry.sdk.metrics.{kind}"), name),  # type: ignore[misc]
        )
        for kind, name, owner in (
            ("_internal.instrument._Synchronous", "_measurement_consumer", "instruments of the SDK"),
            (
                "_internal.measurement_consumer.SynchronousMeasurementConsumer",
                "_reader_storages",
                "what takes the measurements of the SDK",
            ),
            (
                "_internal.measurement_consumer.SynchronousMeasurementConsumer",
                "_sdk_config",
                "what takes the measurements of the SDK",
            ),
            (
                "_internal.metric_reader_storage.MetricReaderStorage",
                "_instrument_view_instrument_matches",
                "what the SDK keeps for a reader",
            ),
            (
                "_internal._view_instrument_match._ViewInstrumentMatch",
                "_attributes_aggregation",
                "what the SDK keeps for a view",
            ),
            (
                "_internal._view_instrument_match._ViewInstrumentMatch",
                "_view",
                "what the SDK keeps for a view",
            ),
            ("view.View", "_attribute_keys", "views of the SDK"),
            ("_internal.aggregation._Aggregation", "_attributes", "the sums of the SDK"),
        )
    ),
    Private(
        "_is_enabled",
        "instruments of the SDK",
        ("opentelemetry-sdk",),
        ("signals/series.py",),
        "every measurement goes the SDK's long way, which costs ten times as much",
        lambda: (
            _arguments(_of("opentelemetry.sdk.metrics._internal.instrument._Synchronous")._is_enabled)
            == ["self"]
        ),
    ),
    Private(
        "_real_instrument",
        "instruments that the API made before there was a provider",
        ("opentelemetry-api",),
        ("signals/series.py",),
        "every measurement goes the SDK's long way, which costs ten times as much",
        lambda: _assigns(
            _of("opentelemetry.metrics._internal.instrument._ProxyInstrument"), "_real_instrument"
        ),
    ),
    Private(
        "_metric_readers",
        "MeterProvider of the SDK",
        ("opentelemetry-sdk",),
        ("azure/pipelines.py",),
        "counts that wait at a fork are reported by parent and child",
        lambda: hasattr(
            _of("opentelemetry.sdk.metrics.MeterProvider")(shutdown_on_exit=False), "_metric_readers"
        ),
    ),
    Private(
        "_collect",
        "MetricReader of the SDK",
        ("opentelemetry-sdk",),
        ("azure/shutdown.py", "azure/forks.py"),
        "counts that wait at a fork are reported by parent and child, and the last losses are not reported",
        lambda: _assigns(_of("opentelemetry.sdk.metrics.export.MetricReader"), "_collect"),
    ),
    Private(
        "_receive_metrics",
        "PeriodicExportingMetricReader of the SDK",
        ("opentelemetry-sdk",),
        ("azure/forks.py",),
        "counts that were taken out before a fork are lost",
        lambda: (
            _arguments(
                _of("opentelemetry.sdk.metrics.export.PeriodicExportingMetricReader")._receive_metrics
            )[:2]
            == ["self", "metrics_data"]
        ),
    ),
    *(
        Private(
            name,
            "PeriodicExportingMetricReader of the SDK",
            ("opentelemetry-sdk",),
            files,
            breaks,
            lambda name=name: _assigns(  # type: ignore[misc]
                _of("opentelemetry.sdk.metrics.export.PeriodicExportingMetricReader"), name
            ),
        )
        for name, files, breaks in (
            ("_exporter", ("azure/shutdown.py",), "the last losses of a process are not reported"),
        )
    ),
    *(
        Private(
            name,
            "what the SDK keeps of measurements",
            ("opentelemetry-sdk",),
            ("azure/forks.py",),
            "a child may inherit a locked lock, and its calls wait for ever",
            lambda kind=kind, name=name: _assigns(_of(f"opentelemetry.sdk.metrics._internal.{kind}"), name),  # type: ignore[misc]
        )
        for kind, name in (
            ("measurement_consumer.SynchronousMeasurementConsumer", "_reader_storages"),
            ("metric_reader_storage.MetricReaderStorage", "_instrument_view_instrument_matches"),
            ("_view_instrument_match._ViewInstrumentMatch", "_attributes_aggregation"),
        )
    ),
    *(
        Private(
            "_batch_processor",
            "batch processors of the SDK",
            ("opentelemetry-sdk",),
            ("azure/drop_counting.py", "azure/ledger_export.py", "azure/pipelines.py"),
            "what a full queue drops is not counted",
            lambda kind=kind: _assigns(_of(kind), "_batch_processor"),  # type: ignore[misc]
        )
        for kind in (
            "opentelemetry.sdk.trace.export.BatchSpanProcessor",
            "opentelemetry.sdk._logs.export.BatchLogRecordProcessor",
        )
    ),
    *(
        Private(
            name,
            "the queue of batch processors of the SDK",
            ("opentelemetry-sdk",),
            files,
            "what a full queue drops is not counted, or not what waits at the end of a process",
            lambda name=name: _assigns(  # type: ignore[misc]
                _of("opentelemetry.sdk._shared_internal.BatchProcessor"), name
            ),
        )
        for name, files in (
            ("_metrics", ("azure/drop_counting.py",)),
            ("_shutdown", ("azure/drop_counting.py",)),
            ("_queue", ("azure/drop_counting.py",)),
            ("_exporter", ("azure/ledger_export.py", "azure/pipelines.py")),
        )
    ),
    Private(
        "_transmit",
        "exporters of Azure Monitor",
        ("azure-monitor-opentelemetry-exporter",),
        ("azure/drop_counting.py",),
        "what Azure refuses is not counted",
        lambda: (
            _arguments(_of("azure.monitor.opentelemetry.exporter.export._base.BaseExporter")._transmit)[:2]
            == ["self", "envelopes"]
        ),
    ),
    *(
        Private(
            name,
            "exporters of Azure Monitor, what makes an envelope",
            ("azure-monitor-opentelemetry-exporter",),
            ("azure/exporter_rules.py",),
            "configure() exports at the exporter's usual cost; one log line and doctor say so",
            lambda cls=cls, name=name, first=first: (
                _arguments(getattr(_of(cls), name))[:2] == ["self", first]
            ),  # type: ignore[misc]
        )
        for cls, name, first in (
            (f"{_EXPORTERS}.AzureMonitorTraceExporter", "_span_to_envelope", "span"),
            (f"{_EXPORTERS}.AzureMonitorTraceExporter", "_span_events_to_envelopes", "span"),
            (f"{_EXPORTERS}.AzureMonitorTraceExporter", "_get_otel_resource_envelope", "resource"),
            (f"{_EXPORTERS}.AzureMonitorLogExporter", "_log_to_envelope", "readable_log_record"),
            (f"{_EXPORTERS}.AzureMonitorMetricExporter", "_point_to_envelope", "point"),
        )
    ),
    *(
        Private(
            name,
            owner,
            ("azure-monitor-opentelemetry-exporter",),
            (file,),
            "configure() exports at the exporter's usual cost; one log line and doctor say so",
            holds,
        )
        for name, owner, file, holds in (
            (
                "_utils",
                "exporters of Azure Monitor, where they find their helpers",
                "azure/exporter_rules.py",
                lambda: all(
                    _of(f"{_EXPORTERS}.export.{signal}._exporter._utils")
                    is import_module(f"{_EXPORTERS}._utils")
                    for signal in ("trace", "logs", "metrics")
                ),
            ),
            (
                "_create_telemetry_item",
                "helpers of the exporters",
                "azure/exporter_rules.py",
                lambda: _arguments(_of(f"{_EXPORTERS}._utils._create_telemetry_item")) == ["timestamp"],
            ),
            (
                "azure_monitor_context",
                "helpers of the exporters",
                "azure/exporter_rules.py",
                lambda: (
                    "azure_monitor_context"
                    in _of(f"{_EXPORTERS}._utils._create_telemetry_item").__code__.co_names
                ),
            ),
            (
                "_populate_part_a_fields",
                "helpers of the exporters, pure",
                "azure/exporter_rules.py",
                lambda: _arguments(_of(f"{_EXPORTERS}._utils._populate_part_a_fields")) == ["resource"],
            ),
            (
                "_filter_custom_properties",
                "helpers of the exporters, pure; each key is kept or not whatever its value",
                "azure/exporter_rules.py",
                lambda: (
                    _arguments(_of(f"{_EXPORTERS}._utils._filter_custom_properties"))
                    == ["properties", "filter"]
                ),
            ),
            (
                "_is_model",
                "the exporter's generated models",
                "azure/exporter_rules.py",
                lambda: _of(f"{_MODELS}.models.TelemetryItem")._is_model is True,
            ),
            (
                "_attr_to_rest_field",
                "the exporter's generated models",
                "azure/plain_models.py",
                lambda: "tags" in _of(f"{_MODELS}.models.TelemetryItem")()._attr_to_rest_field,
            ),
            (
                "_rest_name",
                "fields of the exporter's generated models",
                "azure/plain_models.py",
                lambda: (
                    _of(f"{_MODELS}.models.TelemetryItem")()._attr_to_rest_field["sample_rate"]._rest_name
                    == "sampleRate"
                ),
            ),
            (
                "_visibility",
                "fields of the exporter's generated models",
                "azure/plain_models.py",
                lambda: (
                    _of(f"{_MODELS}.models.MessageData")()._attr_to_rest_field["kind"]._visibility == ["read"]
                ),
            ),
            (
                "SdkJSONEncoder",
                "the exporters' client",
                "azure/request_bodies.py",
                lambda: (
                    "exclude_readonly"
                    in _arguments(_of(f"{_MODELS}.AzureMonitorClient").track.__globals__["SdkJSONEncoder"])
                ),
            ),
        )
    ),
    Private(
        "_transport",
        "the pipeline of azure-core",
        ("azure-core",),
        ("azure/row_building.py",),
        "configure() exports at the exporter's usual cost, for it cannot tell its exporters from others",
        lambda: _assigns(_of("azure.core.pipeline.Pipeline"), "_transport"),
    ),
    Private(
        "_OTELRESOURCE_",
        "exporters of Azure Monitor, a metric that they add",
        ("azure-monitor-opentelemetry-exporter",),
        ("azure/envelopes.py",),
        "a lost batch of spans counts one metric too many",
        lambda: "_OTELRESOURCE_" in _source("azure.monitor.opentelemetry.exporter.export.trace._exporter"),
    ),
    *(
        Private(
            name,
            "the storage of the exporters of Azure Monitor",
            ("azure-monitor-opentelemetry-exporter",),
            ("azure/storage.py",),
            "what grew too old on disk is not counted",
            lambda name=name: _assigns(  # type: ignore[misc]
                _of("azure.monitor.opentelemetry.exporter._storage.LocalFileStorage"), name
            ),
        )
        for name in ("_path", "_retention_period", "_write_timeout")
    ),
    Private(
        "_captured_signals",
        "uvicorn.Server",
        ("uvicorn",),
        ("azure/servers.py",),
        "under uvicorn a SIGTERM loses what was not sent",
        lambda: _assigns(_of("uvicorn.Server"), "_captured_signals"),
    ),
    Private(
        "_instrumentation_key",
        "exporters of Azure Monitor",
        ("azure-monitor-opentelemetry-exporter",),
        ("azure/pipelines.py", "azure/detached_rows.py"),
        "configure() cannot say to which resource an exporter that it found sends, and OTLP is refused",
        lambda: _assigns(
            _of("azure.monitor.opentelemetry.exporter.export._base.BaseExporter"), "_instrumentation_key"
        ),
    ),
    *(
        Private(
            name,
            "the exporter of metrics",
            ("azure-monitor-opentelemetry-exporter",),
            ("azure/detached_rows.py",),
            "the local Azure Monitor refuses every metric that comes over OTLP",
            lambda name=name: _assigns(_of(f"{_EXPORTERS}.AzureMonitorMetricExporter"), name),  # type: ignore[misc]
        )
        for name in ("_metrics_to_log_analytics", "_is_sdkstats", "_is_customer_sdkstats")
    ),
    *(
        Private(
            name,
            "bound loggers of structlog",
            ("structlog",),
            ("logs.py",),
            "log_attempts() cannot keep its lines from handlers that export them a second time",
            lambda name=name: _assigns(_of("structlog.BoundLoggerBase"), name),  # type: ignore[misc]
        )
        for name in ("_logger", "_processors", "_context")
    ),
    Private(
        "_accept_connection2",
        "asyncio, the task that accepts a connection",
        (),
        ("serving.py",),
        "a server of ours that stops may leave a connection that was just being accepted",
        lambda: inspect.iscoroutinefunction(
            _of("asyncio.selector_events.BaseSelectorEventLoop")._accept_connection2
        ),
    ),
    Private(
        "duckdb_kql._antlr",
        "the engine's grammar",
        ("duckdb-kql",),
        ("local/engine/error_translation.py", "local/engine/two_stage_parser.py"),
        "the local Azure Monitor cannot say where a query is wrong, and reads none",
        lambda: bool(
            _of("duckdb_kql._antlr.KqlLexer.KqlLexer") and _of("duckdb_kql._antlr.KqlParser.KqlParser")
        ),
    ),
    Private(
        "duckdb_kql.parser._DiagnosticCollector",
        "the engine's parser",
        ("duckdb-kql",),
        ("local/engine/error_translation.py", "local/engine/two_stage_parser.py"),
        "the local Azure Monitor cannot say where a query is wrong, and reads none",
        lambda: callable(_of("duckdb_kql.parser._DiagnosticCollector")),
    ),
    *(
        Private(
            name,
            module,
            ("duckdb-kql",),
            ("local/engine/language/engine_parts.py",),
            "the local Azure Monitor does not start: it knows no operator and function of its own",
            partial(_has, module, name),
        )
        for module, names in _ENGINE.items()
        for name in names
    ),
    Private(
        "_find_all",
        "duckdb_kql.lower",
        ("duckdb-kql",),
        ("local/engine/two_stage_parser.py", "local/engine/language/engine_parts.py"),
        "the local Azure Monitor takes longer to read a query",
        lambda: "def _find_all(node: Any, class_name: str)" in _source("duckdb_kql.lower"),
    ),
    Private(
        "_interp",
        "parsers that ANTLR generates",
        ("antlr4-python3-runtime",),
        ("local/engine/two_stage_parser.py",),
        "the local Azure Monitor takes twice as long to read a query",
        lambda: (
            _assigns(_of("duckdb_kql._antlr.KqlParser.KqlParser"), "_interp")
            and _assigns(_of("antlr4.atn.ParserATNSimulator.ParserATNSimulator"), "predictionMode")
        ),
    ),
    Private(
        "_errHandler",
        "parsers that ANTLR generates",
        ("antlr4-python3-runtime",),
        ("local/engine/two_stage_parser.py",),
        "the local Azure Monitor takes twice as long to read a query",
        lambda: _assigns(_of("antlr4.Parser.Parser"), "_errHandler"),
    ),
    Private(
        "_operator_columns",
        "duckdb_kql.schema",
        ("duckdb-kql",),
        ("local/engine/semantic_check.py",),
        "the local Azure Monitor takes columns that do not exist",
        lambda: _arguments(_of("duckdb_kql.schema._operator_columns"))[:3] == ["op", "cols", "schema"],
    ),
    Private(
        "AGGREGATE_FUNCTIONS",
        "duckdb_kql.translate.functions",
        ("duckdb-kql",),
        ("local/engine/extensions.py",),
        "the local Azure Monitor does not know percentilew, so every percentile of the workbook fails",
        lambda: (
            {"name", "template"}
            <= set(_arguments(type(_of("duckdb_kql.translate.functions.AGGREGATE_FUNCTIONS")["percentile"])))
        ),
    ),
    Private(
        "_dynamic_element",
        "duckdb_kql.translate",
        ("duckdb-kql",),
        ("local/engine/single_evaluation.py",),
        "the SQL of nested texts grows ninefold a level",
        lambda: _arguments(_of("duckdb_kql.translate._dynamic_element")) == ["node"],
    ),
    Private(
        "_is_dynamic_expr",
        "duckdb_kql.translate",
        ("duckdb-kql",),
        ("local/engine/single_evaluation.py",),
        "the local Azure Monitor translates nothing that makes a text",
        lambda: _arguments(_of("duckdb_kql.translate._is_dynamic_expr")) == ["node"],
    ),
    Private(
        "_is_datetime_expr",
        "duckdb_kql.translate",
        ("duckdb-kql",),
        ("local/engine/single_evaluation.py",),
        "the local Azure Monitor translates nothing that makes a text",
        lambda: _arguments(_of("duckdb_kql.translate._is_datetime_expr")) == ["node"],
    ),
)

NOT_FOREIGN = {
    ("local/engine/language/make_series.py", "_i"): "a column of our own statement",
    ("local/engine/language/series.py", "_e"): "an element of our own statement",
    ("local/engine/language/series_statistics.py", "_dynamic"): "the end of a function's name",
    **{
        ("local/engine/language/series_statistics.py", f"_{letter}"): "a value of our own statement"
        for letter in "acdgmow"
    },
    ("local/engine/language/make_series.py", "_first"): "a column of our own statement",
    ("local/engine/language/make_series.py", "_v"): "a column of our own statement",
    ("local/engine/language/make_series.py", "_v0"): "a column of our own statement",
    ("local/engine/language/mv_apply.py", "_applied_row"): "a column of our own statement",
    ("local/engine/language/top_nested.py", "_rows"): "a column of our own statement",
    ("local/engine/language/top_nested.py", "_k"): "a column of our own statement",
    ("local/engine/language/window_functions.py", "_numbered"): "a part of our own statement",
    ("local/engine/language/window_functions.py", "_w"): "a column of our own statement",
    ("local/engine/language/window_functions.py", "_window"): "a column of our own statement",
    (
        "instrumentation/attempt_collector.py",
        "_ended",
    ): "a block of `attempts`, which stands in the same module",
    ("instrumentation/transport.py", "_foundry_telemetry_tracker"): "ours, put on a client",
    ("attribution/__init__.py", "_given"): "our own class, from outside of its methods",
    ("attribution/celery.py", "_foundry_telemetry_block"): "ours, put on a task",
    ("azure/log_pipeline.py", "_foundry_telemetry_export"): "ours, put on a log record",
    (
        "cli/completion.py",
        "_FOUNDRY_TELEMETRY_COMPLETE",
    ): "the variable that typer makes of the program's name, as its documentation says",
    ("demo/run.py", "_proxy"): "the end of names of environment variables",
    ("investigate/cost/rendering.py", "_usd"): "the end of names of columns",
    ("local/store/database.py", "_IsBillable"): "a column of Azure",
    ("local/store/database.py", "_ResourceId"): "a column of Azure",
    ("local/store/database.py", "_SubscriptionId"): "a column of Azure",
    ("local/ingest/column_mapping.py", "_BilledSize"): "a column of Azure",
    ("testing/kit/disable_export.py", "_active"): "of our own module `azure`",
    ("testing/kit/provider_override.py", "_last"): "of our own module `attempt`",
    ("testing/kit/provider_override.py", "_settings"): "of our own class, a recorder",
    ("wire/request_matcher.py", "_OTHER"): "a word of the HTTP convention",
}
"""What looks like a touch and is none, and why."""

_PRIVATE = re.compile(r"_[A-Za-z]\w*")
_PUBLIC = {"_asdict", "_current_frames", "_fields", "_replace", "_thread"}
"""Of named tuples and of `sys`, a module of Python's own, and documented."""


def found_in(path: Path) -> set[str]:
    """The private names that a file touches and does not define."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = set(_defined(tree))
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    found = {name for node in ast.walk(tree) for name in _touched(node, own, classes | {"self", "cls"})}
    file = path.relative_to(PACKAGE).as_posix()
    return {name for name in found - _PUBLIC if (file, name) not in NOT_FOREIGN}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Assign(targets=[ast.Name(id="__slots__")], value=slots):
                yield from (each.value for each in ast.walk(slots) if isinstance(each, ast.Constant))


def _touched(node: ast.AST, own: set[str], ours: set[str]) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name(id=name)) if name in ours:
            return
        case ast.Attribute(attr=name) if _PRIVATE.fullmatch(name):
            yield name
        case ast.Constant(value=str(name)) if _PRIVATE.fullmatch(name) and name not in own:
            yield name
        case ast.ImportFrom(module=str(module), level=0, names=names):
            yield from (path for one in names for path in _private_path(f"{module}.{one.name}"))
        case ast.Import(names=names):
            yield from (path for one in names for path in _private_path(one.name))


def _private_path(dotted: str) -> Iterator[str]:
    parts = dotted.split(".")
    if parts[0] == "foundry_telemetry":
        return
    for count, part in enumerate(parts, 1):
        if _PRIVATE.fullmatch(part):
            yield ".".join(parts[:count])
            return
