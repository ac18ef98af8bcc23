"""However a service is deployed, every call that Foundry served is in Azure when it has ended.

Each test runs one of the recipes of ``examples/deploy`` as real processes.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.stage import INPUT_TOKENS, PATIENCE_S, Stage, running, staged

pytestmark = pytest.mark.slow

REQUESTS = 18


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A fake Foundry and a local Azure Monitor."""
    with staged(tmp_path) as ready:
        yield ready


GUNICORN = ("gunicorn", "--bind", "fd://{fd}", "--workers", "2", "wsgi_service:app")


@pytest.mark.row(36)
@pytest.mark.parametrize(
    "flags",
    [(), ("--preload",), ("--preload", "--worker-class", "gthread", "--threads", "4")],
    ids=["each worker", "preload", "preload, threads"],
)
def test_gunicorn(flags: tuple[str, ...], stage: Stage) -> None:
    """gunicorn, with the application loaded by each worker or by the master: both workers deliver all."""
    with running(stage, *GUNICORN, *flags, listens=True) as service:
        workers = service.ask(REQUESTS)
        assert service.end() == 0, service.errors
    stage.holds_all(workers=len(workers))
    assert stage.served == REQUESTS
    assert str(service.popen.pid) not in workers


UVICORN = ("uvicorn", "--fd", "{fd}", "asgi_service:app")


@pytest.mark.row(32)
def test_uvicorn(stage: Stage) -> None:
    """Uvicorn kills its own process by the signal that it got: after the last telemetry is delivered."""
    with running(stage, *UVICORN, listens=True) as service:
        service.ask(REQUESTS)
        assert service.end() == -signal.SIGTERM, service.errors
    stage.holds_all(workers=1)


@pytest.mark.row(32)
def test_uvicorn_ctrl_c(stage: Stage) -> None:
    """So does a Ctrl-C, which is an exit as any other."""
    with running(stage, *UVICORN, listens=True) as service:
        service.ask(REQUESTS)
        service.end(signal.SIGINT)
    assert stage.served == REQUESTS
    stage.holds_all(workers=1)


def test_uvicorn_workers(stage: Stage) -> None:
    """Uvicorn with worker processes: each delivers all that it served."""
    with running(stage, *UVICORN, "--workers", "2", listens=True) as service:
        workers = service.ask(REQUESTS)
        service.end()
    assert stage.served == REQUESTS
    stage.holds_all(workers=len(workers))


@pytest.mark.row(33)
def test_celery_prefork(stage: Stage) -> None:
    """The worker processes of Celery, which end past all exit handlers, deliver all."""
    broker = stage.folder / "broker"
    broker.mkdir()
    options = {"data_folder_in": str(broker), "data_folder_out": str(broker)}
    app = stage.module("on_disk", f"from tasks import app\napp.conf.broker_transport_options = {options!r}")
    send = stage.module("send", "import on_disk, tasks\nfor _ in range(12): tasks.hello.delay()")
    address = {"BROKER_URL": "filesystem://"}
    with running(stage, "celery", "--app", app, "worker", "--concurrency", "2", **address) as worker:
        with running(stage, send, **address) as sender:
            assert sender.end(None) == 0, sender.errors
        stage.foundry.wait_for_requests(12, timeout=PATIENCE_S)
        assert worker.end() == 0, worker.errors
    assert stage.served == 12
    stage.holds_all(workers=2)


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


CONTAINER = ("unshare", "--pid", "--fork", "--kill-child")
HAS_CONTAINERS = subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.row(32)
@pytest.mark.skipif(not HAS_CONTAINERS, reason="a PID namespace of its own needs root and unshare(1)")
def test_first_process_of_a_container(stage: Stage) -> None:
    """It does not die of SIGTERM, with or without us; what it does before it is killed arrives too."""
    service = """
        import os, signal, time
        import wsgi_service

        def work():
            wsgi_service.app({}, lambda *_: None)

        assert os.getpid() == 1
        work()
        signal.raise_signal(signal.SIGTERM)
        work()
        time.sleep(600)
        """
    with running(stage, stage.module("service", service), prefix=CONTAINER) as container:
        stage.foundry.wait_for_requests(2, timeout=PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while stage.arrived().metric_tokens < 2 * INPUT_TOKENS and time.monotonic() < deadline:
            assert container.popen.poll() is None, container.errors
    stage.holds_all(workers=1)


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


@pytest.mark.row(33, 34)
def test_process_pool(stage: Stage) -> None:
    """Forked children of `multiprocessing`, which end past all exit handlers, deliver all."""
    pool = """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        import wsgi_service

        def work(_):
            return wsgi_service.app({}, lambda *_: None)

        work(0)  # so that there are counts which must not be told twice
        wsgi_service.claude.cache_clear()  # its connection is the parent's
        with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
            list(pool.map(work, range(8)))
        """
    with running(stage, stage.module("pool", pool)) as process:
        assert process.end(None) == 0, process.errors
    assert stage.served == 9
    stage.holds_all()
