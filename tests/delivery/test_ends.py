"""The end of a process while Azure does not answer: all is on disk, or counted; and the end is bounded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.testing.ingestion import HANG, FakeIngestion, refuse
from tests.azure.process import deadline, end_before_the_distro, run, running, stored

pytestmark = pytest.mark.slow

BURST = """
import foundry_telemetry
foundry_telemetry.configure({options})
emit("last", spans={spans})
say(ready=True)
"""
SETTLE = """
for _ in range(30):
    emit("next")
    for provider in (trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()):
        provider.force_flush()
"""
"""An exporter takes at most ten files from its disk at a time."""


def on_disk(folder: Path) -> list[dict[str, Any]]:
    """What the exporters put on disk: the ``baseData`` of each envelope."""
    return [json.loads(line)["data"]["baseData"] for line in stored(folder).splitlines()]


def counted(items: list[dict[str, Any]], signal: str) -> int:
    """Losses of a signal that the metrics among these report."""
    return sum(
        int(item["metrics"][0]["value"])
        for item in items
        if item.get("metrics", [{}])[0].get("name") == "foundry.telemetry.dropped"
        and item["properties"]["foundry.telemetry.signal"] == signal
    )


def in_the_log(errors: str, signal: str) -> int:
    """Losses of a signal that the last warning of a process reports."""
    found = [
        int(count)
        for count in re.findall(rf"(\d+) {signal} \(", errors.partition("not reported to Azure")[2])
    ]
    return sum(found)


@pytest.mark.row(38)
@pytest.mark.parametrize("spans", [700, 16_000])
def test_azure_hangs(spans: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The process ends in time; each span is on disk, or in the count of losses that is on disk too."""
    with FakeIngestion() as azure:
        azure.always(HANG)
        script = BURST.format(options="", spans=spans) + "hear()"
        with running(script, azure, tmp_path) as process:
            process.listen()
            ended = end_before_the_distro(process, tmp_path_factory.mktemp("distro"))
    items = on_disk(tmp_path)
    assert ended.code == 0
    kept = sum(item.get("name") == "span last" for item in items)
    assert kept + counted(items, "traces") + in_the_log(ended.errors, "traces") == spans


@pytest.mark.row(38)
def test_azure_hangs_and_there_is_no_disk(tmp_path: Path) -> None:
    """Without a disk the count of losses is all that is left, and it is in the log."""
    with FakeIngestion() as azure:
        azure.always(HANG)
        script = BURST.format(options="disable_offline_storage=True", spans=700)
        ended = run(script, azure, tmp_path)
    assert ended.code == 0
    assert in_the_log(ended.errors, "traces") == 700
    assert in_the_log(ended.errors, "logs") == 1


LATE_TRACES = """
class Hanging:
    def on_start(self, span, parent_context=None): pass
    def on_end(self, span): pass
    def _on_ending(self, span): pass
    def force_flush(self, timeout_millis=30000): return True
    def shutdown(self): threading.Event().wait()

trace.get_tracer_provider().add_span_processor(Hanging())
"""


@pytest.mark.row(38)
def test_the_warning_of_a_late_pipeline_is_no_loss(tmp_path: Path) -> None:
    """What the end itself logs comes after the last batch of logs; it is no telemetry that was lost."""
    with FakeIngestion() as azure:
        script = deadline(1.0, 0.0) + BURST.format(options="", spans=1) + LATE_TRACES
        ended = run(script + "_logs.get_logger_provider().force_flush()", azure, tmp_path)
    assert ended.code == 0
    assert "were not exported within" in ended.errors
    assert in_the_log(ended.errors, "logs") == 0


@pytest.mark.row(26)
def test_azure_refuses_the_last_batch(tmp_path: Path) -> None:
    """Losses of the last moment are reported to Azure as soon as it takes anything again."""
    with FakeIngestion() as azure:
        # The three pipelines end at once; whatever is refused, the counts of it come after.
        azure.script(refuse(400), refuse(400), refuse(400))
        ended = run(BURST.format(options="", spans=5), azure, tmp_path)
        points = azure.items("MetricData")
        assert counted(points, "traces") == 5
        assert counted(points, "logs") == 1
    assert ended.code == 0
    assert "not reported to Azure" not in ended.errors


@pytest.mark.row(26)
def test_the_next_process_reports(tmp_path: Path) -> None:
    """What one process left on disk, its counts of losses too, the next one of the service delivers, once."""
    with FakeIngestion() as azure:
        azure.always(HANG)
        options = "storage_min_retry_interval=0"
        run(BURST.format(options=options, spans=700), azure, tmp_path)
        azure.always(None)
        lost = counted(on_disk(tmp_path), "traces")
        run(BURST.format(options=options, spans=1) + SETTLE, azure, tmp_path)
        arrived = sum(item["name"] == "span last" for item in azure.dependencies())
        assert arrived == 701 - lost
        assert counted(azure.items("MetricData"), "traces") == lost
    assert not stored(tmp_path)
