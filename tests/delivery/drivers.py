"""How each kind of server of the matrix is started, used and ended."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from celery import Celery
from gunicorn.workers import SUPPORTED_WORKERS

from tests.azure.process import LATE, NO_FASTAPI
from tests.delivery.servers import (
    ASGI,
    AT_FIRST,
    CELERY,
    EACH,
    FACTORY,
    GRACE,
    IMPORT,
    POOL,
    RECYCLED,
    REQUESTS,
    SCRIPT,
    WSGI,
    Cell,
    Server,
)
from tests.delivery.service import DONE
from tests.delivery.stage import Service, Stage, running
from tests.support.patience import PATIENCE_S

CONTAINER: Final = ("unshare", "--pid", "--fork", "--kill-child")
HAS_CONTAINERS: Final = subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode == 0
"""A PID namespace of its own needs root and unshare(1)."""

BROKER: Final = "filesystem://"


@dataclass(frozen=True)
class Driven:
    """A service that runs."""

    service: Service
    work: Callable[[], object]
    """Have it make calls, and wait until it has made them."""
    never_end: Callable[[], object]
    """Begin a request that does not end."""


def is_installed(server: Server) -> bool:
    """Whether this machine has what a server needs; gunicorn comes with and without some workers."""
    if server.is_first:
        return HAS_CONTAINERS
    worker = server.gunicorn_worker
    module = worker.rpartition(".")[0]
    return find_spec(module) is not None if module else not worker or worker in SUPPORTED_WORKERS


@contextmanager
def driven(stage: Stage, cell: Cell) -> Iterator[Driven]:
    """Run the server of a cell."""
    run = {WSGI: _http, ASGI: _http, CELERY: _celery, SCRIPT: _script, POOL: _pool}[cell.server.kind]
    with run(stage, cell) as service:
        yield service


@contextmanager
def _http(stage: Stage, cell: Cell) -> Iterator[Driven]:
    server = cell.server
    flags = (
        *(("--worker-class", server.gunicorn_worker) if server.gunicorn_worker else ()),
        *(("--preload",) if cell.preload else ()),
        *(server.recycle if cell.ending == RECYCLED else ()),
        *(server.ends_after if cell.ending == GRACE else ()),
    )
    if cell.preload and server.gunicorn_worker == "gevent":
        patched = stage.module("patched", "from gevent import monkey\nmonkey.patch_all()")
        flags += ("--config", f"python:{patched}")
    command, app = server.command, f"tests.delivery.service:{server.kind}"
    if server.configures_first:
        first = stage.module("first", "import asgi_service\nfrom uvicorn.main import main\nmain()")
        command = (first, *server.command[1:])
    if cell.place == IMPORT:
        text = f"from tests.delivery import service\napp = service.{server.kind}()"
        app = stage.module("at_import", text) + ":app"
    elif server.gunicorn_worker:
        app += "()"
    else:
        flags += ("--factory",)
    with _running(stage, cell, *command, *flags, app, listens=True) as service:

        def work() -> None:
            if cell.ending != RECYCLED:
                service.ask(REQUESTS, at_once=4)
            elif cell.ends_by_itself:  # one after the other, so that a worker stops in time
                for _ in range(EACH):
                    service.ask(1)
            else:  # until a process has answered that was not there at first; that takes some a while
                answered: set[str] = set()
                deadline = time.monotonic() + PATIENCE_S
                while len(answered) <= AT_FIRST:
                    answered |= service.ask(1)
                    assert time.monotonic() < deadline, answered

        yield Driven(service, work, service.ask_without_end)


@contextmanager
def _celery(stage: Stage, cell: Cell) -> Iterator[Driven]:
    broker = stage.folder / "broker"
    broker.mkdir()
    options = {"data_folder_in": str(broker), "data_folder_out": str(broker), "control_folder": str(broker)}
    is_prefork = "prefork" in cell.server.command
    at = "" if cell.place != FACTORY else "worker_process_init" if is_prefork else "worker_init"
    text = f"app = service.celery({at!r})\napp.conf.broker_transport_options = {options!r}"
    app = stage.module("on_disk", f"from tests.delivery import service\n{text}")
    flags = cell.server.recycle if cell.ending == RECYCLED else ()

    sender = Celery(broker=BROKER)
    sender.conf.broker_transport_options = options

    def send(task: str, times: int) -> None:
        for _ in range(times):
            sender.send_task(task)

    def work() -> None:
        send("hello", REQUESTS)
        stage.wait_for_served(REQUESTS)

    command = ("celery", "--app", app, "worker", *cell.server.command, *flags)
    with _running(stage, cell, *command, BROKER_URL=BROKER) as service:
        yield Driven(service, work, lambda: send("endless", 1))


@contextmanager
def _script(stage: Stage, cell: Cell) -> Iterator[Driven]:
    call = f"service.script(is_endless={cell.ending == GRACE})"
    configured = "" if cell.place == FACTORY else "import wsgi_service\n"
    main = stage.module("script", f"{configured}from tests.delivery import service\n{call}")
    with _running(stage, cell, main) as service:
        yield Driven(service, lambda: service.wait_for(DONE), lambda: None)


@contextmanager
def _pool(stage: Stage, cell: Cell) -> Iterator[Driven]:
    options = f"in_children={cell.place == FACTORY}, is_recycled={cell.ending == RECYCLED}"
    main = stage.module("pool", f"from tests.delivery import service\nservice.pool({options})")
    with _running(stage, cell, main) as service:
        yield Driven(service, lambda: None if cell.ends_by_itself else service.wait_for(DONE), lambda: None)


@contextmanager
def _running(
    stage: Stage, cell: Cell, *command: str, listens: bool = False, **more: str
) -> Iterator[Service]:
    prefix = CONTAINER if cell.server.is_first else ()
    if cell.server.kind != ASGI:
        more |= NO_FASTAPI
    with running(stage, *command, listens=listens, prefix=prefix, **LATE, **more) as service:
        yield service
