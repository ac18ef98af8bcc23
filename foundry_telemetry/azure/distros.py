"""What differs between Microsoft's two distros; all else of `configure` is the same for both.

Both build their pipelines from the same Azure exporter. Where that has a queue, a sampler, a log loop or an
end, nothing depends on who built it, so none of it is here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal, NamedTuple

from foundry_telemetry.schema import field_table as names

DistroName = Literal["azure-monitor", "microsoft"]
"""Which distro `configure` calls."""

_DISABLED: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


class Distro(NamedTuple):
    """How a distro is called, and what it does otherwise than the other."""

    module: str
    function: str
    install: str
    """What pip is to install for it."""
    copier: str
    """Class of the log record processor that copies from the current span: a main agent's attributes, ..."""
    copies: tuple[str, ...] = ()
    """... and attributes of these names."""
    always: Mapping[str, object] = {}
    """Keywords without which it sends nothing to Azure."""
    renamed: Mapping[str, str] = {}
    """What it calls keywords of `configure`."""
    options: frozenset[str] = frozenset()
    """Keywords that only this one has."""
    switches: Mapping[str, str] = {}
    """Keyword for each signal that keeps it from making a provider; the variable alone does for the other."""
    failures: str | None = None
    """Logger of the errors after which it goes on without Azure; the other raises them."""
    reads_disabled: bool = True
    """Whether it reads the variable that disables instrumentations."""


DISTROS: Final[Mapping[str, Distro]] = {
    "azure-monitor": Distro(
        module="azure.monitor.opentelemetry",
        function="configure_azure_monitor",
        install="foundry-telemetry",
        copier="azure.monitor.opentelemetry.exporter._gen_ai._processor._GenAIMainAgentLogRecordProcessor",
    ),
    "microsoft": Distro(
        module="microsoft.opentelemetry",
        function="use_microsoft_opentelemetry",
        install="foundry-telemetry[microsoft]",
        copier="microsoft.opentelemetry._genai.main_agent._processor.GenAIMainAgentLogRecordProcessor",
        copies=("gen_ai.azure_ai_project.id", names.PROJECT_ID),
        always={"enable_azure_monitor": True},
        renamed={
            "browser_sdk_loader_config": "azure_monitor_browser_sdk_loader_config",
            "connection_string": "azure_monitor_connection_string",
            "credential": "azure_monitor_exporter_credential",
            "disable_offline_storage": "azure_monitor_exporter_disable_offline_storage",
            "enable_live_metrics": "azure_monitor_enable_live_metrics",
            "enable_performance_counters": "azure_monitor_enable_performance_counters",
            "storage_directory": "azure_monitor_exporter_storage_directory",
        },
        options=frozenset(
            {
                "a365_cluster_category",
                "a365_contextual_token_resolver",
                "a365_enable_observability_exporter",
                "a365_exporter_disable_offline_storage",
                "a365_exporter_storage_directory",
                "a365_exporter_timeout_ms",
                "a365_max_export_batch_size",
                "a365_max_queue_size",
                "a365_observability_scope_override",
                "a365_scheduled_delay_ms",
                "a365_suppress_invoke_agent_input",
                "a365_token_resolver",
                "a365_use_s2s_endpoint",
                "enable_a365",
                "enable_console",
                "enable_sensitive_data",
                "enable_spectra",
                "spectra_endpoint",
                "spectra_insecure",
                "spectra_protocol",
            }
        ),
        switches={"traces": "disable_tracing", "logs": "disable_logging", "metrics": "disable_metrics"},
        failures="microsoft.opentelemetry._utils",
        reads_disabled=False,
    ),
}
"""The table of what differs, by the word for `configure`."""


def read_distro(name: object) -> Distro:
    """The distro of this name.

    Raises:
        ImportError: It is not installed.
        ValueError: There is none.
    """
    distro = DISTROS.get(name) if isinstance(name, str) else None
    if distro is None:
        raise ValueError(f"distro={name!r}: expected one of {', '.join(map(repr, DISTROS))}")
    if not _is_installed(distro.module):
        raise ModuleNotFoundError(
            f"distro={name!r} needs {distro.module}: pip install '{distro.install}'", name=distro.module
        )
    return distro


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


def set_up(distro: Distro, options: Mapping[str, Any], unwanted: Collection[str]) -> None:
    """Call a distro.

    Args:
        distro: Which.
        options: Keywords, as `configure` has them.
        unwanted: Signals for which it is to make no provider; their variables are set already.

    Raises:
        Exception: Whatever hinders the pipelines to Azure.
    """
    keywords = {distro.renamed.get(name, name): value for name, value in options.items()}
    keywords |= distro.always
    keywords |= {distro.switches[name]: True for name in unwanted if name in distro.switches}
    if not distro.reads_disabled:
        keywords["instrumentation_options"] = _with_disabled(options.get("instrumentation_options") or {})
    function = getattr(import_module(distro.module), distro.function)
    with _raising(distro.failures):
        function(**keywords)


def _with_disabled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of instrumentations with those that the environment disables; what the call says wins."""
    listed = [name.strip() for name in os.environ.get(_DISABLED, "").split(",")]
    disabled: dict[str, Any] = {name: {"enabled": False} for name in listed if name}
    return disabled | {name: {**disabled.get(name, {}), **options} for name, options in given.items()}


@contextmanager
def _raising(logger: str | None) -> Iterator[None]:
    """Raise within the block the errors that a logger gets, before anything is done about them."""
    if logger is None:
        yield
        return
    found = logging.getLogger(logger)
    found.addFilter(_raise)
    try:
        yield
    finally:
        found.removeFilter(_raise)


def _raise(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, Exception):
        raise error
    return True
