"""What we rely on in the packages of Azure and OpenTelemetry without a promise of theirs."""

from __future__ import annotations

import ast
import copy
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from azure.core.pipeline.transport import RequestsTransport
from azure.monitor.opentelemetry import _constants as distro
from azure.monitor.opentelemetry._utils import configurations
from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from foundry_telemetry.azure import sampling, settings
from foundry_telemetry.azure.distros import DISTROS
from foundry_telemetry.exporters import azure_exporters
from foundry_telemetry.testing.ingestion import INSTRUMENTATION_KEY
from tests.support.microsoft import need_microsoft

MICROSOFT = DISTROS["microsoft"]


def test_options_of_the_distro() -> None:
    """Every keyword the distro reads is one we pass on, decide ourselves, or refuse by name."""
    read = set(configurations._get_configurations())
    ours = {"sampling_ratio", "connection_string", "distro_version"}
    known = settings.DISTRO_OPTIONS | settings.EXPORTER_OPTIONS | ours
    assert read <= known | set(settings._INSTEAD)
    assert distro.SAMPLING_TRACES_PER_SECOND_ARG in settings.DISTRO_OPTIONS


def test_options_of_microsoft_opentelemetry() -> None:
    """The same for the other distro: what it documents, and what it calls keywords of the exporter."""
    source = (need_microsoft() or Path(find_spec("microsoft.opentelemetry").origin).parents[2]) / "microsoft"
    function = ast.get_docstring(_definition(source / "opentelemetry" / "_distro.py", MICROSOFT.function))
    read = set(re.findall(r":keyword (?:\w+ )?(\w+):", function))
    known = settings.DISTRO_OPTIONS | set(settings._INSTEAD) | MICROSOFT.options | MICROSOFT.always.keys()
    assert len(read) > 30
    assert read <= known | set(MICROSOFT.renamed.values())
    assert MICROSOFT.options <= read
    assert set(MICROSOFT.switches.values()) <= read
    constants = ast.parse((source / "opentelemetry" / "_constants.py").read_text(encoding="utf-8")).body
    (names,) = (
        ast.literal_eval(one.value)
        for one in constants
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "_AZURE_MONITOR_KWARG_MAP"
    )
    assert {theirs: ours for ours, theirs in MICROSOFT.renamed.items()} == names


def _definition(path: Path, name: str) -> Any:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return next(one for one in tree.body if getattr(one, "name", "") == name)


def test_samplers_of_the_distro() -> None:
    """The samplers we let through are those the distro takes, and the names we translate are not."""
    accepted = sampling._ACCEPTED_SAMPLERS
    assert accepted - {"microsoft.fixed.percentage"} == set(distro.SUPPORTED_OTEL_SAMPLERS)
    assert not set(sampling._RENAMED_SAMPLERS) & set(distro.SUPPORTED_OTEL_SAMPLERS)


def test_search_for_exporters() -> None:
    """An Azure exporter behind a batch processor is found, and a provider without one has none."""
    provider = TracerProvider(shutdown_on_exit=False)
    assert not azure_exporters(provider)
    exporter = AzureMonitorTraceExporter(
        connection_string=f"InstrumentationKey={INSTRUMENTATION_KEY}", disable_offline_storage=True
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    assert azure_exporters(provider) == [exporter]
    assert vars(exporter)["_instrumentation_key"] == INSTRUMENTATION_KEY
    provider.shutdown()
    exporter.client.close()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED"):
        monkeypatch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")


def test_copy_of_an_adapter() -> None:
    """A copied adapter of azure-core has the same settings and a pool of its own."""
    with RequestsTransport() as transport:
        adapter = transport.session.get_adapter("https://example.com")
        other = copy.copy(adapter)
    assert isinstance(other, requests.adapters.HTTPAdapter)
    assert type(other) is type(adapter)
    assert other.max_retries is adapter.max_retries
    assert other.poolmanager is not adapter.poolmanager
