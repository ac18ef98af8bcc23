"""Applications that have OpenTelemetry providers of their own."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from foundry_telemetry.azure.distros import DistroName
from foundry_telemetry.testing import FakeFoundry
from foundry_telemetry.testing.ingestion import HANG, FakeIngestion
from tests.azure.process import both_distros, run, running, stored
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
    assert "enable_live_metrics has no effect" in ended.errors


DISTRO = """
use_distro(enable_live_metrics=False, enable_performance_counters=False{more})
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


@both_distros
def test_distro_was_called_before(distro: DistroName, tmp_path: Path) -> None:
    """Where the distro was called before, its pipelines stay the only ones, and its log loop is cut."""
    with FakeIngestion() as azure:
        ended = run(DISTRO.replace("{more}", ", sampling_ratio=1.0"), azure, tmp_path, distro=distro, **QUIET)
        assert arrived(azure, "distro") == (1, 1, 1)
    (facts,) = ended.said
    ours = {f"foundry-flush-{name}" for name in ("traces", "logs", "metrics", "losses", "grace-period")}
    assert sorted({*facts["first"], *ours}) == facts["second"]
    assert not ended.errors


AFTER = """
import foundry_telemetry
foundry_telemetry.configure(distro=DISTRO)
logging.disable()  # OpenTelemetry warns of each provider and instrumentation that is there already
use_distro(enable_live_metrics=False, enable_performance_counters=False, sampling_ratio=0.0)
logging.disable(logging.NOTSET)
emit("distro")
"""


@both_distros
def test_distro_is_called_after(distro: DistroName, tmp_path: Path) -> None:
    """What `configure` has set up stays in force where the distro is called as well: each item comes once."""
    with FakeIngestion() as azure:
        ended = run(AFTER, azure, tmp_path, distro=distro, **QUIET)
        assert arrived(azure, "distro") == (1, 1, 1)
    assert ended.code == 0, ended.errors


BESIDE = """
import foundry_telemetry, httpx2
def distro():
    use_distro(enable_live_metrics=False, enable_performance_counters=False, sampling_ratio=1.0)
def call():
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, json={}))
    with httpx2.Client(transport=answer) as client:
        client.post("https://contoso.services.ai.azure.com/anthropic/v1/messages", json={})
"""


FIRST = ("distro", "foundry_telemetry.instrument", "foundry_telemetry.instrument", "call", "call")
LAST = ("foundry_telemetry.instrument", "distro", "call", "call")


@pytest.mark.parametrize(
    ("order", "distro"), [(FIRST, "azure-monitor"), (LAST, "azure-monitor"), (LAST, "microsoft")]
)
def test_nobody_counts(order: tuple[str, ...], distro: DistroName, tmp_path: Path) -> None:
    """Beside the distro alone, in whatever order, what to do is said once, in the log of the service."""
    with FakeIngestion() as azure:
        ended = run(
            BESIDE + "".join(f"{step}()\n" for step in order), azure, tmp_path, distro=distro, **QUIET
        )
        assert len([one for one in azure.items("EventData") if one["name"] == "foundry.attempt"]) == 2
        said = [line["message"] for line in azure.items("MessageData")]
    assert ended.code == 0, ended.errors
    assert len([line for line in said if "without foundry_telemetry.configure()" in line]) == 1


ONE_ROW = """
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
from tests.support.families import httpx
for instrumentor in (HTTPX2ClientInstrumentor(), HTTPXClientInstrumentor()):
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()
foundry = os.environ["FOUNDRY"]
with httpx.Client(base_url=foundry) as client:
    client.post("/v1/messages", json={"model": "my-deployment"})
    client.get("/elsewhere")
"""


@pytest.mark.parametrize(
    ("http_spans", "rows"), [("", 1), (", http_spans='keep'", 2)], ids=["default", "keep"]
)
@pytest.mark.parametrize("order", [("distro", "attach"), ("attach", "distro")], ids="-".join)
def test_one_row_for_a_call(order: tuple[str, ...], http_spans: str, rows: int, tmp_path: Path) -> None:
    """Beside the distro, in whatever order, a call has no second row of an HTTP instrumentor; others do."""
    attach = f"foundry_telemetry.instrument(hosts=(os.environ['FOUNDRY'],){http_spans})"
    steps = {"attach": attach, "distro": "distro()"}
    script = BESIDE + "\n".join(steps[step] for step in order) + ONE_ROW
    with FakeFoundry() as foundry, FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, FOUNDRY=foundry.base_url, **QUIET)
        assert ended.code == 0, ended.errors
        shown = [row["data"] for row in azure.dependencies() if row["data"].startswith(foundry.base_url)]
    assert len([one for one in shown if one.endswith("/v1/messages")]) == rows
    assert len([one for one in shown if one.endswith("/elsewhere")]) == 1


@pytest.mark.parametrize(
    ("how", "distro"),
    [
        ("the end of the script", "azure-monitor"),
        ("SIGTERM", "azure-monitor"),
        ("the end of the script", "microsoft"),
    ],
)
def test_distro_hangs_at_the_end(how: str, distro: DistroName, tmp_path: Path) -> None:
    """A pipeline of the distro ends as one of ours: all of it is on disk in time, where Azure hangs."""
    script = DISTRO.replace("{more}", ", sampling_ratio=1.0").partition("emit(")[0]
    script += 'emit("distro")\nsay(ready=True)\nhear()\n'
    with FakeIngestion() as azure:
        azure.always(HANG)
        with running(script, azure, tmp_path, distro=distro, **QUIET) as process:
            while not process.listen().get("ready"):
                pass
            if how == "SIGTERM":
                process.signal(signal.SIGTERM)
            else:
                process.proceed()
            ended = process.end()  # the SDK alone waits for thirty seconds, azure-core for minutes
    assert ended.code == (-signal.SIGTERM if how == "SIGTERM" else 0)
    assert "span distro" in stored(tmp_path)
    assert "foundry.attempt" in stored(tmp_path)


def test_provider_with_other_exporters(tmp_path: Path) -> None:
    """A provider that sends elsewhere as well keeps the end that the application gave it."""
    script = """
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    provider.add_span_processor(BatchSpanProcessor(AzureMonitorTraceExporter()))
    provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=sys.stderr)))
    import foundry_telemetry
    foundry_telemetry.configure()
    emit("own")
    """
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, **QUIET)
        assert arrived(azure, "own") == (1, 1, 1)
    assert ended.code == 0
    assert '"name": "span own"' in ended.errors


def test_logs_switched_off(tmp_path: Path) -> None:
    """What takes the ledger along is named, with the way out, and nobody is told to do what was done."""
    script = "import foundry_telemetry\nfoundry_telemetry.configure()\n"
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, OTEL_LOGS_EXPORTER="none")
    (line,) = ended.errors.splitlines()
    assert line.startswith("OTEL_LOGS_EXPORTER=none also disables the ledger (foundry.attempt)")
    assert 'configure(logger_name="foundry_telemetry")' in line


def test_logger_of_ours_alone(tmp_path: Path) -> None:
    """That way out works: the ledger arrives, and lines of the application do not."""
    script = (
        BESIDE
        + """
foundry_telemetry.configure(logger_name="foundry_telemetry")
logging.getLogger("app").warning("of the application")
call()
"""
    )
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path)
        assert [one["name"] for one in azure.items("EventData")] == ["foundry.attempt"]
        assert azure.items("MessageData") == []
    assert ended.code == 0, ended.errors


@both_distros
def test_sampler_of_the_distro(distro: DistroName, tmp_path: Path) -> None:
    """The distro's five spans a second are not changed behind the application's back, but pointed out."""
    with FakeIngestion() as azure:
        ended = run(DISTRO.replace("{more}", ""), azure, tmp_path, distro=distro, **QUIET)
    assert "limits spans per second" in ended.errors


SAMPLED = """
import foundry_telemetry
foundry_telemetry.configure(distro=DISTRO{arguments})
emit("sampled", spans=50)
"""


@pytest.mark.parametrize(
    ("arguments", "sampler", "spans", "distro"),
    [
        ("", ("always_off", None), 0, "azure-monitor"),
        (", sampling_ratio=1.0", ("always_off", None), 50, "azure-monitor"),
        ("", ("traceidratio", "1.0"), 50, "azure-monitor"),
        ("", ("parentbased_traceidratio", "0.0"), 0, "azure-monitor"),
        (", sampling_ratio=0.0", (None, None), 0, "azure-monitor"),
        ("", (None, None), 50, "microsoft"),
        ("", ("parentbased_traceidratio", "0.0"), 0, "microsoft"),
    ],
)
def test_sampling(
    arguments: str, sampler: tuple[str | None, str | None], spans: int, distro: DistroName, tmp_path: Path
) -> None:
    """The call decides, else the environment; the ledger and the metrics arrive in any case."""
    with FakeIngestion() as azure:
        script = SAMPLED.replace("{arguments}", arguments)
        names = dict(zip(("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"), sampler, strict=True))
        run(script, azure, tmp_path, distro=distro, **names)
        assert arrived(azure, "sampled") == (spans, 1, 1)


@both_distros
def test_exporters_switched_off(distro: DistroName, tmp_path: Path) -> None:
    """A signal that the environment switches off stays off, also on a provider of the application."""
    with FakeIngestion() as azure:
        script = OWN["traces"] + CONFIGURE.replace("configure()", "configure(distro=DISTRO)")
        off = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
        ended = run(script, azure, tmp_path, distro=distro, **off)
        assert arrived(azure, "own") == (0, 1, 0)
    assert ended.code == 0, ended.errors
    assert not ended.errors
