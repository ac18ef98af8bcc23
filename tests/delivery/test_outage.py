"""Ingestion that fails and comes back: what the disk can hold arrives, once; the rest is counted."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from foundry_telemetry.testing.ingestion import FakeIngestion, refuse
from tests.azure.process import Process, running, stored
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.slow

OUTAGE_S = 300

SERVICE = """
import foundry_telemetry
foundry_telemetry.configure({options})
released = threading.Event()
threading.Thread(target=lambda: (hear(), released.set()), daemon=True).start()
counter = metrics.get_meter("test").create_counter("count")
number = 0
while not released.wait({pause}):
    trace.get_tracer("test").start_span(f"span {{number}}").end()
    event = {{"microsoft.custom_event.name": "foundry.attempt", "mark": str(number)}}
    logging.getLogger("app").warning("event", extra=event)
    counter.add(1)
    number += 1
    if number == 1:
        say(ready=True)
say(emitted=number)
"""
QUICK = {
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_BLRP_SCHEDULE_DELAY": "100",
    "OTEL_METRIC_EXPORT_INTERVAL": "400",
}
"""Milliseconds."""


def spans(azure: FakeIngestion) -> Counter[str]:
    """How often each span arrived."""
    return Counter(item["name"] for item in azure.dependencies())


def events(azure: FakeIngestion) -> Counter[str]:
    """How often each event arrived."""
    return Counter(event["mark"] for event in azure.events("foundry.attempt"))


def dropped(azure: FakeIngestion, signal: str) -> dict[str, float]:
    """Items that were counted as lost, by reason."""
    found: Counter[str] = Counter()
    for point in azure.metrics("foundry.telemetry.dropped"):
        if point["properties"]["foundry.telemetry.signal"] == signal:
            found[point["properties"]["foundry.telemetry.reason"]] += int(point["value"])
    return dict(found)


def outage(process: Process, azure: FakeIngestion, folder: Path) -> int:
    """Let a service begin, fail, and come back; end it when nothing waits on disk.

    Returns:
        How many spans, events and counts it told.
    """
    process.listen()
    azure.wait_for(lambda: events(azure), PATIENCE_S)
    azure.always(refuse(503))
    refused = len(azure.posts)
    azure.wait_for(lambda: len(azure.posts) > refused + 40, PATIENCE_S)
    azure.always(None)
    azure.wait_for(lambda: not stored(folder), PATIENCE_S)
    process.proceed()
    return int(process.end().said[-1]["emitted"])


@pytest.mark.row(26)
def test_a_disk_that_holds_all(tmp_path: Path) -> None:
    """Everything told during the outage arrives after it, exactly once, and nothing is counted as lost."""
    options = "storage_min_retry_interval=1, retry_total=0"
    script = SERVICE.format(options=options, pause=0.01)
    with FakeIngestion() as azure, running(script, azure, tmp_path, **QUICK) as process:
        emitted = outage(process, azure, tmp_path)
        assert spans(azure) == {f"span {number}": 1 for number in range(emitted)}
        assert events(azure) == {str(number): 1 for number in range(emitted)}
        assert sum(point["value"] for point in azure.metrics("count")) == emitted
        assert not azure.metrics("foundry.telemetry.dropped")


@pytest.mark.row(26)
def test_a_disk_that_is_too_small(tmp_path: Path) -> None:
    """What the disk cannot hold is counted: arrived and counted add up to all, for each signal."""
    options = "storage_min_retry_interval=1, retry_total=0, storage_max_size=20_000"
    script = SERVICE.format(options=options, pause=0.01)
    with FakeIngestion() as azure, running(script, azure, tmp_path, **QUICK) as process:
        emitted = outage(process, azure, tmp_path)
        for signal, arrived in (("traces", spans(azure)), ("logs", events(azure))):
            lost = dropped(azure, signal)
            assert set(lost) == {"storage_full"}
            assert set(arrived.values()) == {1}
            assert len(arrived) + lost["storage_full"] == emitted


@pytest.mark.row(26)
def test_no_disk(tmp_path: Path) -> None:
    """Without a disk everything told during the outage is counted."""
    script = SERVICE.format(options="disable_offline_storage=True, retry_total=0", pause=0.01)
    with FakeIngestion() as azure, running(script, azure, tmp_path, **QUICK) as process:
        emitted = outage(process, azure, tmp_path)
        for signal, arrived in (("traces", spans(azure)), ("logs", events(azure))):
            assert len(arrived) + dropped(azure, signal)["storage_disabled"] == emitted


@pytest.mark.long
@pytest.mark.row(26)
def test_five_minutes(tmp_path: Path) -> None:
    """Five minutes of refusals, with every setting as `configure` leaves it: all arrives, once."""
    script = SERVICE.format(options="", pause=0.2)
    with FakeIngestion() as azure, running(script, azure, tmp_path) as process:
        process.listen()
        azure.wait_for(lambda: events(azure), PATIENCE_S)
        azure.always(refuse(503))
        time.sleep(OUTAGE_S)
        azure.always(None)
        azure.wait_for(lambda: not stored(tmp_path), PATIENCE_S)
        process.proceed()
        emitted = int(process.end().said[-1]["emitted"])
        assert spans(azure) == {f"span {number}": 1 for number in range(emitted)}
        assert events(azure) == {str(number): 1 for number in range(emitted)}
        assert sum(point["value"] for point in azure.metrics("count")) == emitted
        assert not azure.metrics("foundry.telemetry.dropped")
