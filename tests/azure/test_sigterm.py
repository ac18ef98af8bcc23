"""From the request to terminate on nothing waits."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from foundry_telemetry.azure import sigterm
from foundry_telemetry.azure.sigterm import GracePeriod

PATIENCE_S = 60.0
Make = Callable[[Callable[[], object]], GracePeriod]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes grace periods and starts them; afterwards their threads are gone."""
    monkeypatch.setattr(sigterm, "_EVERY_S", 0.001)
    made: list[GracePeriod] = []

    def start(flush: Callable[[], object]) -> GracePeriod:
        made.append(GracePeriod(flush))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.close(time.monotonic() + PATIENCE_S)
    for thread in threading.enumerate():
        if thread.name == "foundry-flush-grace-period":
            thread.join()


def test_again_and_again(make: Make) -> None:
    """Every pipeline is flushed more than once, one that fails too, and not before the request."""
    flush_callbacks = threading.Semaphore(0)

    def fail() -> None:
        flush_callbacks.release()
        raise OSError

    period = make(fail)
    assert not flush_callbacks.acquire(blocking=False)
    period.begin()
    period.begin()
    for _ in range(3):
        assert flush_callbacks.acquire(timeout=PATIENCE_S)


@pytest.mark.row(32)
def test_begun_in_a_signal_handler(make: Make) -> None:
    """A handler may begin it whatever the interrupted code holds."""
    flushed = threading.Event()
    period = make(flushed.set)
    before = signal.signal(signal.SIGUSR1, lambda *_: period.begin())
    with flushed._cond:
        signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)
    assert flushed.wait(PATIENCE_S)


def test_ended_and_begun_again(make: Make) -> None:
    """The end waits for the flush that runs; none begins after it until the next request."""
    begun, release, count = threading.Event(), threading.Event(), []

    def flush() -> None:
        count.append(1)
        begun.set()
        release.wait(PATIENCE_S)

    period = make(flush)
    period.begin()
    assert begun.wait(PATIENCE_S)
    period.end(time.monotonic())  # the time is over, so it does not wait
    threading.Timer(0.01, release.set).start()
    period.end(time.monotonic() + PATIENCE_S)
    assert release.is_set()
    assert count == [1]
    begun.clear()
    period.begin()
    assert begun.wait(PATIENCE_S)


def test_begun_when_it_is_due(make: Make) -> None:
    """What nobody reports is looked at."""
    due, flushed = threading.Event(), threading.Event()
    make(flushed.set).begin_when(due.is_set)
    assert not flushed.is_set()
    due.set()
    assert flushed.wait(PATIENCE_S)


def test_closed(make: Make) -> None:
    """When the pipelines are shut down, nothing is flushed any more."""
    flushed: list[int] = []
    period = make(lambda: flushed.append(1))
    period.close(time.monotonic() + PATIENCE_S)
    period.begin()
    for thread in threading.enumerate():
        if thread.name == "foundry-flush-grace-period":
            thread.join(PATIENCE_S)
    assert flushed == []
