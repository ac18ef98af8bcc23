"""What a process of a service looks like from inside; each in a process of its own, because set-up stays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter import ApplicationInsightsSampler, RateLimitedSampler
from opentelemetry.sdk.trace import TracerProvider, sampling

from foundry_telemetry.disabled import VARIABLE
from foundry_telemetry.dropped_items import Dropped, Reason, Signal
from foundry_telemetry.investigate.doctor import process
from tests.cli.process import environment
from tests.investigate.doctor.scenes import named, scene
from tests.support.patience import PATIENCE_S

KEY = "00000000-1111-4222-8333-444444444444"
STRING = f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9/"
LOOK = """
import json, logging, sys
from foundry_telemetry.investigate.doctor import process
from foundry_telemetry.investigate.doctor.finding import Scene
found = [process.load("service"), *process.check(Scene(environ={}))]
print(json.dumps({f.check: [f.state, f.seen] for f in found}))
sys.stdout.flush()
import os; os._exit(0)
"""
"""Ends at once: what these services would send at their end is not the question."""

BARE = f"""
import logging, os
for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED"):
    os.environ["APPLICATIONINSIGHTS_" + name] = "true"
from azure.monitor.opentelemetry import configure_azure_monitor
logging.getLogger().setLevel(logging.INFO)
configure_azure_monitor(connection_string="{STRING}", disable_offline_storage=True, enable_live_metrics=False)
"""
OURS = f"""
import foundry_telemetry, logging
logging.getLogger().setLevel(logging.INFO)
print("CANARY of the service")
foundry_telemetry.configure(connection_string="{STRING}", disable_offline_storage=True)
"""
TWICE = (
    BARE
    + f"""
from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
exporter = AzureMonitorTraceExporter(connection_string="{STRING}", disable_offline_storage=True)
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))
"""
)


def inside(folder: Path, service: str, **variables: str) -> dict[str, Any]:
    """State and words of each finding in a process that runs this service."""
    (folder / "service.py").write_text(service)
    run = [sys.executable, "-c", LOOK]
    ended = subprocess.run(
        run,
        cwd=folder,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert KEY not in ended.stdout
    return json.loads(ended.stdout)


def test_configured_by_us(tmp_path: Path) -> None:
    """After `configure()` all is well: every trace, no loop, everything watched; its prints stay apart."""
    found = inside(tmp_path, OURS)
    for check in (
        *("application", "ledger", "effective sampler", "instrumented", "log loop", "dropped telemetry"),
        "export cost",
    ):
        assert found[check][0] == "ok", found
    assert "duplicate export" not in found


def test_rows_at_the_usual_cost(tmp_path: Path) -> None:
    """An exporter whose inside has changed is named, with what is missing."""
    gone = """
from azure.monitor.opentelemetry.exporter.export.trace import _exporter
_exporter.AzureMonitorTraceExporter._get_otel_resource_envelope = None
"""
    state, seen = inside(tmp_path, gone + OURS)["export cost"]
    assert state == "warning"
    assert seen.startswith(
        "AzureMonitorTraceExporter exports at its usual CPU cost, its internals have changed: Attr"
    )


def test_the_bare_distro(tmp_path: Path) -> None:
    """With the distro alone: five spans a second, the log loop, and nobody watching."""
    found = inside(tmp_path, BARE)
    assert found["effective sampler"][0] == "warning"
    assert found["log loop"][0] == "failure"
    assert found["instrumented"][0] == "warning"
    assert found["ledger"][0] == "ok"
    assert "export cost" not in found


def test_a_loop_that_is_cut_by_level(tmp_path: Path) -> None:
    """The level of the exporter's loggers cuts the loop as well."""
    quiet = BARE + "logging.getLogger('azure').setLevel(logging.WARNING)\n"
    assert inside(tmp_path, quiet)["log loop"][0] == "ok"


def test_the_sdk_is_switched_off() -> None:
    """Where the environment switches the SDK off, nothing is said of providers that record nothing."""
    found = list(process.check(scene(variables={"OTEL_SDK_DISABLED": " True"})))
    assert named(found, "service process").seen == "OTEL_SDK_DISABLED=true: it records nothing"
    assert not {"ledger", "instrumented"} & {finding.check for finding in found}
    found = list(process.check(scene(variables={VARIABLE: "true"})))
    assert named(found, "service process").seen == f"{VARIABLE}=true: it records nothing"


def test_two_exporters(tmp_path: Path) -> None:
    """Two exporters on one provider send everything twice."""
    assert inside(tmp_path, TWICE)["duplicate export"] == ["failure", "2 Azure exporters export the traces"]


@pytest.mark.parametrize(
    "service", ["raise ValueError('CANARY')", "import sys; sys.exit('CANARY')", "CANARY ("]
)
def test_a_service_that_cannot_be_imported(service: str, tmp_path: Path) -> None:
    """Why it cannot be imported is shown by the class of the exception alone."""
    found = inside(tmp_path, service)
    assert found["application"][0] == "failure"
    assert "CANARY" not in f"{found}"
    assert found["service process"][0] == "skipped"


@pytest.mark.parametrize(
    ("arguments", "conf", "state"),
    [
        ("--workers 4 --preload", "", "warning"),
        ("", "workers = 4\npreload_app = True\n", "warning"),
        ("--workers 4", "preload_app = False", "ok"),
        ("", "", "ok"),
    ],
)
def test_forks(
    arguments: str, conf: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that forks after set-up is a warning, unless `configure()` made the set-up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "foundry_telemetry.azure.shutdown", raising=False)
    (tmp_path / "gunicorn.conf.py").write_text(conf)
    asked = scene(variables={"GUNICORN_CMD_ARGS": arguments})
    assert named(process.check(asked), "forks").state == state
    monkeypatch.setitem(sys.modules, "foundry_telemetry.azure.shutdown", process)
    assert named(process.check(asked), "forks").state == "ok"


@pytest.mark.parametrize(
    ("sampler", "state"),
    [
        (sampling.ALWAYS_ON, "ok"),
        (sampling.DEFAULT_ON, "ok"),
        (sampling.ParentBasedTraceIdRatio(1.0), "ok"),
        (ApplicationInsightsSampler(1.0), "ok"),
        (sampling.ALWAYS_OFF, "warning"),
        (sampling.DEFAULT_OFF, "warning"),
        (sampling.TraceIdRatioBased(0.1), "warning"),
        (sampling.ParentBasedTraceIdRatio(0.25), "warning"),
        (ApplicationInsightsSampler(0.25), "warning"),
        (RateLimitedSampler(5.0), "warning"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.get_description()[:40],
)
def test_samplers(sampler: Any, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampler in effect that drops traces which begin here is a warning, of whatever kind it is."""
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    monkeypatch.setattr(process.trace, "get_tracer_provider", lambda: provider)
    assert named(process.check(scene()), "effective sampler").state == state


def test_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that were lost in this process are counted."""
    monkeypatch.setattr(process, "_is_configured", lambda: True)
    monkeypatch.setattr(process, "dropped", Dropped())
    found = named(process.check(scene()), "dropped telemetry")
    assert (found.state, found.seen[:11]) == ("warning", "not counted")
    process.dropped.is_counted = True
    assert named(process.check(scene()), "dropped telemetry").state == "ok"
    process.dropped.add(Reason.QUEUE_FULL, Signal.LOGS, 3)
    found = named(process.check(scene()), "dropped telemetry")
    assert (found.state, found.seen) == ("warning", "dropped: 3 logs (queue_full)")
