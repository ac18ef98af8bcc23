"""Applications that have OpenTelemetry providers of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import run
from tests.azure.test_endings import arrived

pytestmark = pytest.mark.slow

OWN = {
    "traces": """
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
""",
    "logs": """
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
_logs.set_logger_provider(LoggerProvider())
logging.getLogger().addHandler(LoggingHandler())
""",
    "metrics": """
from opentelemetry.sdk.metrics import MeterProvider
metrics.set_meter_provider(MeterProvider())
old = metrics.get_meter("test").create_counter("made.before")
""",
}

CONFIGURE = """
import foundry_telemetry
logging.getLogger().setLevel(logging.INFO)
def providers():
    return trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()
before = providers()
foundry_telemetry.configure()
say(kept=[a is b for a, b in zip(before, providers())], threads=threads())
emit("own")
_logs.get_logger_provider().force_flush()
"""


@pytest.fixture(scope="module")
def usual_threads(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The threads of an application that has no provider of its own."""
    with FakeIngestion() as azure:
        threads: list[str] = run(CONFIGURE, azure, tmp_path_factory.mktemp("usual")).said[0]["threads"]
    assert len(threads) == len(set(threads)) > 6
    return threads


@pytest.mark.parametrize("signals", [("traces",), ("logs",), ("metrics",), ("traces", "logs", "metrics")])
def test_own_providers(signals: tuple[str, ...], usual_threads: list[str], tmp_path: Path) -> None:
    """A provider of the application is kept and feeds Azure; the others are made; nothing is built twice."""
    script = "".join(OWN[name] for name in signals) + CONFIGURE
    if "metrics" in signals:
        script += "old.add(5)\n"
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path)
        assert ended.code == 0, ended.errors
        assert arrived(azure, "own") == (1, 1, 1)
        assert sum(point["value"] for point in azure.metrics("made.before")) == 5 * ("metrics" in signals)
    facts = ended.said[0]
    assert facts["kept"] == [name in signals for name in OWN]
    assert facts["threads"] == usual_threads
    assert not ended.errors


def test_a_sampler_is_no_exporter(tmp_path: Path) -> None:
    """A provider that has only the sampler of Azure's package gets a pipeline all the same."""
    script = """
from azure.monitor.opentelemetry.exporter import ApplicationInsightsSampler
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider(sampler=ApplicationInsightsSampler(1.0)))
import foundry_telemetry
foundry_telemetry.configure()
emit("own")
"""
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path)
        assert ended.code == 0, ended.errors
        assert arrived(azure, "own")[0] == 1


def test_options_nobody_reads(tmp_path: Path) -> None:
    """What the application's own providers decide is not taken silently from the call."""
    script = "".join(OWN.values()) + CONFIGURE.replace(
        "configure()", "configure(sampling_ratio=0.5, enable_live_metrics=True)"
    )
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path)
        assert arrived(azure, "own") == (1, 1, 1)
    assert "sampling_ratio=0.5 has no effect: the application's own TracerProvider samples" in ended.errors
    assert "enable_live_metrics had no effect" in ended.errors


DISTRO = """
from azure.monitor.opentelemetry import configure_azure_monitor
configure_azure_monitor(enable_live_metrics=False, enable_performance_counters=False{more})
first = threads()
import foundry_telemetry
logging.getLogger().setLevel(logging.INFO)
foundry_telemetry.configure()
say(first=first, second=threads())
emit("distro")
_logs.get_logger_provider().force_flush()
"""
QUIET = {
    f"APPLICATIONINSIGHTS_{name}": "true"
    for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED")
}


def test_distro_was_called_before(tmp_path: Path) -> None:
    """Where the distro was called before, its pipelines stay the only ones, and its log loop is cut."""
    with FakeIngestion() as azure:
        ended = run(DISTRO.replace("{more}", ", sampling_ratio=1.0"), azure, tmp_path, **QUIET)
        assert arrived(azure, "distro") == (1, 1, 1)
    (facts,) = ended.said
    ours = {f"foundry-flush-{name}" for name in ("traces", "logs", "metrics", "losses")}
    assert sorted({*facts["first"], *ours}) == facts["second"]
    assert not ended.errors


def test_sampler_of_the_distro(tmp_path: Path) -> None:
    """The distro's five spans a second are not changed behind the application's back, but pointed out."""
    with FakeIngestion() as azure:
        ended = run(DISTRO.replace("{more}", ""), azure, tmp_path, **QUIET)
    assert "keeps only some spans a second" in ended.errors


SAMPLED = """
import foundry_telemetry
foundry_telemetry.configure({arguments})
emit("sampled", spans=50)
"""


@pytest.mark.parametrize(
    ("arguments", "name", "argument", "spans"),
    [
        ("", "always_off", None, 0),
        ("sampling_ratio=1.0", "always_off", None, 50),
        ("", "traceidratio", "1.0", 50),
        ("", "parentbased_traceidratio", "0.0", 0),
        ("sampling_ratio=0.0", None, None, 0),
    ],
)
def test_sampling(arguments: str, name: str | None, argument: str | None, spans: int, tmp_path: Path) -> None:
    """The call decides, else the environment; the ledger and the metrics arrive in any case."""
    with FakeIngestion() as azure:
        script = SAMPLED.replace("{arguments}", arguments)
        run(script, azure, tmp_path, OTEL_TRACES_SAMPLER=name, OTEL_TRACES_SAMPLER_ARG=argument)
        assert arrived(azure, "sampled") == (spans, 1, 1)


def test_exporters_switched_off(tmp_path: Path) -> None:
    """A signal that the environment switches off stays off, also on a provider of the application."""
    with FakeIngestion() as azure:
        script = OWN["traces"] + CONFIGURE
        ended = run(script, azure, tmp_path, OTEL_TRACES_EXPORTER="none", OTEL_METRICS_EXPORTER="none")
        assert arrived(azure, "own") == (0, 1, 0)
    assert ended.code == 0, ended.errors
