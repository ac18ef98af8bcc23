"""What `configure` was asked for, checked before anything is changed. Nothing of Azure is imported here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit

from foundry_telemetry.azure.distros import DISTROS, Distro, read_distro
from foundry_telemetry.azure.sampling import read_sampling
from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.config.options import (
    Compression,
    HttpSpans,
    Sink,
    check_compression,
    check_http_spans,
    check_sinks,
)
from foundry_telemetry.config.project import project_in_force
from foundry_telemetry.wire.request_matcher import parse_hosts

CONNECTION_STRING: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"

DISTRO_OPTIONS: Final = frozenset(
    {
        "browser_sdk_loader_config",
        "enable_live_metrics",
        "enable_performance_counters",
        "enable_trace_based_sampling_for_logs",
        "instrumentation_options",
        "log_record_processors",
        "logger_name",
        "logging_formatter",
        "metric_readers",
        "resource",
        "span_processors",
        "traces_per_second",
        "views",
    }
)
"""What only a distro knows, either of them: how providers are built."""

EXPORTER_OPTIONS: Final = frozenset(
    {
        "api_version",
        "connection_cert",
        "connection_verify",
        "credential",
        "disable_offline_storage",
        "headers",
        "logging_enable",
        "max_envelopes_per_second",
        "proxies",
        "raw_request_hook",
        "raw_response_hook",
        "read_timeout",
        "retry_backoff_factor",
        "retry_backoff_max",
        "retry_connect",
        "retry_mode",
        "retry_on_status_codes",
        "retry_read",
        "retry_status",
        "retry_total",
        "storage_directory",
        "storage_maintenance_period",
        "storage_max_size",
        "storage_min_retry_interval",
        "storage_retention_period",
        "timeout",
        "user_agent",
    }
)
"""What the exporters and the HTTP pipeline under them know."""

_INSTEAD: Final = {
    "connection_timeout": "use timeout=",
    "disable_logging": "the distro ignores it; set OTEL_LOGS_EXPORTER=none",
    "disable_metrics": "the distro ignores it; set OTEL_METRICS_EXPORTER=none",
    "disable_tracing": "the distro ignores it; set OTEL_TRACES_EXPORTER=none",
    "instrumentation_key": "use connection_string=",
    "sampler": "use sampling_ratio= or traces_per_second=",
}
"""Options people try, that would be ignored or fail far from here."""

_KEY: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_ENDPOINTS: Final = ("ingestionendpoint", "liveendpoint")


@dataclass(frozen=True, kw_only=True)
class InstrumentOptions:
    """What `configure` hands on to `instrument`, under the same names."""

    hosts: Iterable[str] = ()
    http_spans: HttpSpans = "suppress"
    sinks: Sequence[Sink] = ()
    exception_notes: bool = False
    content: ContentPolicy | None = None
    project_id: str | None = None

    def checked(self) -> InstrumentOptions:
        """The same, with tuples that can be compared.

        Raises:
            TypeError: `hosts` or `sinks` that are none.
            ValueError: A value that makes no sense, in the environment too.
        """
        check_http_spans(self.http_spans)
        sinks = check_sinks(self.sinks)
        parse_hosts(self.hosts)
        project_id = project_in_force(self.project_id)
        return replace(self, hosts=tuple(self.hosts), sinks=sinks, project_id=project_id)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A call of `configure`, checked."""

    connection_string: str = field(repr=False)
    resource_key: tuple[str, str] = field(repr=False)
    """Instrumentation key and endpoint: two strings with the same pair mean the same resource."""
    options: Mapping[str, Any] = field(repr=False)
    """Keywords for the distro, by the names that `configure` has for them."""
    environment: Mapping[str, str | None]
    """Variables that hold for the set-up only; ``None`` hides one."""
    instrumentation: InstrumentOptions
    compression: Compression = "gzip"
    distro: Distro = DISTROS["azure-monitor"]
    sampling: str | None
    """How sampling was asked for in the call, in words; ``None`` when it was not."""
    warnings: tuple[str, ...] = ()


_OWN: Final = (
    *(option.name for option in fields(InstrumentOptions)),
    "compression",
    "connection_string",
    "distro",
    "sampling_ratio",
)
"""Keywords of `configure` itself."""


def read_settings(
    connection_string: str | None,
    sampling_ratio: float,
    options: Mapping[str, Any],
    instrumentation: InstrumentOptions,
    *,
    compression: Compression = "gzip",
    distro: str = "azure-monitor",
) -> Settings:
    """Check everything a call of `configure` says.

    Raises:
        ImportError: The distro is not installed.
        TypeError: An option that nobody would read, or `hosts` or `sinks` that are none.
        ValueError: No or a malformed connection string, or a value that makes no sense.
    """
    called = read_distro(distro)
    _check_options(options, called)
    check_compression(compression)
    instrumentation = instrumentation.checked()
    text, resource_key = _read_connection_string(connection_string, secured="credential" in options)
    sampling = read_sampling(sampling_ratio, options)
    return Settings(
        connection_string=text,
        resource_key=resource_key,
        options={**options, **sampling.options, "connection_string": text},
        # The exporter reads this one even when it is given another string, and fails when it is malformed.
        environment={CONNECTION_STRING: None, **sampling.environment},
        instrumentation=instrumentation,
        compression=compression,
        distro=called,
        sampling=sampling.asked,
        warnings=sampling.warnings,
    )


def _check_options(options: Mapping[str, Any], distro: Distro) -> None:
    known = DISTRO_OPTIONS | EXPORTER_OPTIONS | distro.options
    instead = _INSTEAD | {theirs: f"use {ours}=" for ours, theirs in distro.renamed.items()}
    for name in options:
        if name in known:
            continue
        if name in instead:
            raise TypeError(f"configure() has no keyword {name!r}: {instead[name]}")
        close = get_close_matches(name, (*known, *_OWN), n=3)
        hint = (
            f"did you mean {' or '.join(map(repr, close))}?"
            if close
            else f"expected a keyword of {distro.function}() or its exporters"
        )
        raise TypeError(f"configure() has no keyword {name!r}: {hint}")


def _read_connection_string(given: str | None, *, secured: bool) -> tuple[str, tuple[str, str]]:
    """Read a connection string; no message of the errors holds any of its values."""
    text = given if given is not None else os.environ.get(CONNECTION_STRING)
    if text is None or not text.strip():
        raise ValueError(
            "no connection string: pass configure(connection_string=...) or set the environment variable "
            f"{CONNECTION_STRING}; the portal shows it on the overview page of Application Insights"
        )
    text = text.strip().strip(";")  # the portal's own copies may end in one, and the exporter's parser fails
    parts = text.split(";")
    fields: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        if part.count("=") != 1:
            raise _malformed(f"part {number} of {len(parts)} is not one 'name=value'")
        name, _, value = part.partition("=")
        fields[name.strip().lower()] = value.strip()
    key = fields.get("instrumentationkey", "")
    if not _KEY(key):
        raise _malformed(_wrong_key(key))
    if fields.get("authorization", "ikey").lower() != "ikey":
        raise _malformed("Authorization is not 'ikey'")
    for name in _ENDPOINTS:
        if name in fields:
            _check_endpoint(name, fields[name], secured=secured)
    endpoint = fields.get("ingestionendpoint") or fields.get("endpointsuffix", "")
    return text, (key, endpoint.rstrip("/").lower())


def _wrong_key(key: str) -> str:
    if not key:
        return "it has no InstrumentationKey"
    if _KEY(key.lower()):
        return "its InstrumentationKey has upper-case letters; the exporter accepts lower case only"
    return f"its InstrumentationKey ({len(key)} characters) is not a lower-case UUID"


def _check_endpoint(name: str, value: str, *, secured: bool) -> None:
    label = {"ingestionendpoint": "IngestionEndpoint", "liveendpoint": "LiveEndpoint"}[name]
    try:
        url = urlsplit(value)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise _malformed(f"its {label} is not an http or https URL")
    if secured and url.scheme == "http":
        raise ValueError(
            f"credential= requires an https {label}: tokens are never sent over http. Omit it in tests"
        )


def _malformed(problem: str) -> ValueError:
    return ValueError(
        f"malformed connection string: {problem}; expected 'InstrumentationKey=<lower-case UUID>;"
        "IngestionEndpoint=https://<region>.in.applicationinsights.azure.com/;...' "
        "(the string itself is not shown, because it is a secret)"
    )
