"""One process with everything at its default, and what of it arrives in Azure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import Ended, run

pytestmark = pytest.mark.slow

SCRIPT = """
import foundry_telemetry
before = dict(os.environ)
say(imported=[name for name in sys.modules if name.partition(".")[0] in ("azure", "msal", "requests")])
logging.basicConfig(level=logging.INFO)
levels = {name: logging.getLogger(name).level for name in ("", "azure", "azure.core", "opentelemetry")}
foundry_telemetry.configure(hosts=("gw.example.com",))
changed = {name for name in before | os.environ if before.get(name) != os.environ.get(name)}
say(threads=threads(), changed=sorted(changed), handlers=len(logging.getLogger().handlers))
say(levels_kept=levels == {name: logging.getLogger(name).level for name in levels})

foundry_telemetry.configure(hosts=("gw.example.com",))
try:
    foundry_telemetry.configure(connection_string="InstrumentationKey=ffffffff-1111-2222-3333-444444444444")
except RuntimeError as error:
    say(error=str(error))
say(threads=threads(), handlers=len(logging.getLogger().handlers))

measurements = json.dumps({"gen_ai.usage.input_tokens": 1200, "foundry.time_to_first_token_ms": 310.5})
with trace.get_tracer("test").start_as_current_span("chat my-deployment", kind=trace.SpanKind.CLIENT) as span:
    span.set_attribute("gen_ai.system", "anthropic")
    span.set_attribute("peer.service", "res.services.ai.azure.com")
    span.set_attribute("microsoft.custom_measurements", measurements)
    _logs.get_logger("test").emit(
        body="gone", event_name="foundry.attempt", attributes={
            "microsoft.custom_event.name": "foundry.attempt", "error.type": "rate_limited",
            "http.response.status_code": 429, "server.address": "res.services.ai.azure.com",
            "foundry.duration_ms": 12.5, "foundry.retryable": True,
        })
emit("burst", spans=10_000)
trace.get_tracer_provider().force_flush(60_000)  # a busy machine sends fewer in the time of an exit
logging.getLogger("app").info("a line of the application")
_logs.get_logger_provider().force_flush()
_logs.get_logger_provider().force_flush()
say(done=True)
"""


@dataclass
class Story:
    """What arrived, and how the process ended."""

    azure: FakeIngestion
    ended: Ended


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The process, run once."""
    with FakeIngestion() as azure:
        yield Story(azure, run(SCRIPT, azure, tmp_path_factory.mktemp("story")))


def test_ends_well(story: Story) -> None:
    """The process ends as without us, with a finite flush although the root logger is at INFO."""
    assert story.ended.said[-1] == {"done": True}, story.ended.errors
    assert story.ended.code == 0
    assert "Traceback" not in story.ended.errors
    assert "Exception" not in story.ended.errors


def test_import_is_light(story: Story) -> None:
    """Importing the package imports nothing of Azure."""
    assert story.ended.said[0] == {"imported": []}


def test_little_is_changed(story: Story) -> None:
    """Afterwards the environment is as before, but for what the distro sets at its own import."""
    assert story.ended.said[1]["changed"] == ["AZURE_MONITOR_DISTRO_VERSION"]
    assert story.ended.said[2] == {"levels_kept": True}


def test_quiet(story: Story) -> None:
    """No thread of statsbeat, of the control plane, of live metrics or of performance counters runs."""
    assert story.ended.said[1]["threads"] == [
        "AzureMonitorLogExporter Storage",
        "AzureMonitorMetricExporter Storage",
        "AzureMonitorTraceExporter Storage",
        "MainThread",
        "OtelBatchLogRecordProcessor",
        "OtelBatchSpanRecordProcessor",
        "OtelPeriodicExportingMetricReader",
        "foundry-flush-grace-period",
        "foundry-flush-logs",
        "foundry-flush-losses",
        "foundry-flush-metrics",
        "foundry-flush-traces",
    ]
    names = {point["name"] for item in story.azure.items("MetricData") for point in item["metrics"]}
    assert names == {"count.burst", "foundry.telemetry.heartbeat", "_OTELRESOURCE_"}


def test_second_call(story: Story) -> None:
    """The same resource again does nothing; another is an error without the keys; no thread is added."""
    assert story.ended.said[3]["error"].count("...") == 2
    assert "-1111-" not in story.ended.said[3]["error"]
    assert story.ended.said[4]["threads"] == story.ended.said[1]["threads"]
    assert story.ended.said[4]["handlers"] == story.ended.said[1]["handlers"]
    assert "Overriding" not in story.ended.errors


def test_every_span(story: Story) -> None:
    """A burst of 10 000 spans arrives whole, each with the rate Azure counts rows by."""
    spans = [item for item in story.azure.dependencies() if item["name"] == "span burst"]
    assert len(spans) == 10_000
    rates = {
        envelope.get("sampleRate") for envelope in story.azure.envelopes if "span burst" in str(envelope)
    }
    assert rates == {100.0}


def test_call_row(story: Story) -> None:
    """The span of a call is a row of type GenAI with its host as target and numbers as numbers."""
    (row,) = [item for item in story.azure.dependencies() if item["name"] == "chat my-deployment"]
    assert (row["type"], row["target"]) == ("GenAI | anthropic", "res.services.ai.azure.com")
    assert row["measurements"] == {
        "gen_ai.usage.input_tokens": 1200,
        "foundry.time_to_first_token_ms": 310.5,
    }


def test_ledger_row(story: Story) -> None:
    """A ledger event is a custom event with all its properties, in the trace of its call."""
    (envelope,) = [found for found in story.azure.envelopes if "rate_limited" in str(found)]
    (call,) = [found for found in story.azure.envelopes if "chat my-deployment" in str(found["data"])]
    assert envelope["data"]["baseType"] == "EventData"
    properties = envelope["data"]["baseData"]["properties"]
    assert (
        properties.items()
        >= {
            "error.type": "rate_limited",
            "http.response.status_code": "429",
            "server.address": "res.services.ai.azure.com",
            "foundry.duration_ms": "12.5",
            "foundry.retryable": "True",
        }.items()
    )
    assert envelope["tags"]["ai.operation.id"] == call["tags"]["ai.operation.id"]


def test_no_echo(story: Story) -> None:
    """The lines of the application arrive, and none of the exporter, of azure-core or of urllib3."""
    assert {(item["message"], item["properties"]["logger_name"]) for item in story.azure.messages()} == {
        ("a line of the application", "app")
    }
    assert len(story.azure.posts) < 40
