"""What ends without a signal: every call that Foundry served is in Azure then.

Each test runs a recipe of ``examples/deploy`` as a real process; `test_servers.py` runs the others.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.stage import Stage, running, staged

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A fake Foundry and a local Azure Monitor."""
    with staged(tmp_path) as ready:
        yield ready


def test_job(stage: Stage) -> None:
    """A job that ends by itself before the first metrics are due delivers all."""
    with running(stage, "job", "--seconds", "2") as job:
        assert job.end(None) == 0, job.errors
    assert stage.served > 1
    assert not job.errors
    stage.holds_all()


@pytest.mark.long
def test_job_of_ten_seconds(stage: Stage) -> None:
    """The same with two batches on the way and the third at the end."""
    with running(stage, "job", "--seconds", "10") as job:
        assert job.end(None) == 0, job.errors
    assert stage.served > 5
    stage.holds_all()


@pytest.mark.row(33)
def test_killed_after_the_handler(stage: Stage) -> None:
    """A function whose process is killed as soon as its handler returned has delivered all."""
    host = """
        import os, signal, function_app
        for _ in range(3):
            function_app.main("Hello?")
        os.kill(os.getpid(), signal.SIGKILL)
        """
    with running(stage, stage.module("host", host)) as process:
        assert process.end(None) == -signal.SIGKILL, process.errors
    assert stage.served == 3
    stage.holds_all()
