"""The matrix of servers: every way of the README's table to run a service, and every way it may end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

TERM: Final = "SIGTERM"
INT: Final = "SIGINT"
CTRL_C: Final = "Ctrl-C"
RECYCLED: Final = "recycled"
GRACE: Final = "graceful timeout"

ENDINGS: Final = {
    TERM: "to the process that was started",
    INT: "to the process that was started",
    CTRL_C: "SIGINT to every process",
    RECYCLED: "a worker that served enough is replaced; then SIGTERM",
    GRACE: "SIGTERM while a request never ends",
}
"""How a service ends."""

IMPORT: Final = "import"
FACTORY: Final = "factory"
PLACES: Final = (IMPORT, FACTORY)
"""Where `configure` is called. A pool has its initializer for a factory, Celery ``worker_process_init``."""

REQUESTS: Final = 10
AT_FIRST: Final = 2
"""Workers of a server that has several."""
EACH: Final = 2
"""Requests after which a worker is replaced."""

WSGI: Final = "wsgi"
ASGI: Final = "asgi"
CELERY: Final = "celery"
SCRIPT: Final = "script"
POOL: Final = "pool"


@dataclass(frozen=True, slots=True)
class Server:
    """One way to run a service."""

    name: str
    kind: str
    """What it runs."""
    command: tuple[str, ...] = ()
    gunicorn_worker: str = ""
    recycle: tuple[str, ...] = ()
    """What makes it replace its workers."""
    ends_after: tuple[str, ...] = ()
    """What makes it end in time although a request does not; others wait until they are killed."""
    is_alone: bool = False
    """Whether nobody replaces its process when it has served enough, so that it ends by that."""
    is_first: bool = False
    """Whether it is the first process of a container."""
    configures_first: bool = False
    """Whether `configure` is called before the server is imported."""

    @property
    def waits(self) -> bool:
        """Whether anything goes on after SIGTERM."""
        return self.is_first or self.kind not in (SCRIPT, POOL)


def _gunicorn(worker: str, kind: str = WSGI) -> Server:
    return Server(
        f"gunicorn, {worker}",
        kind,
        ("gunicorn", "--bind", "fd://{fd}", "--workers", "2", "--graceful-timeout", "3600")
        + ("--timeout", "3600")  # or a worker that a slow machine keeps waiting is killed
        + (("--threads", "4") if worker == "gthread" else ()),
        gunicorn_worker=worker,
        recycle=("--max-requests", str(EACH)),
    )


def _uvicorn(name: str, *flags: str, is_first: bool = False, configures_first: bool = False) -> Server:
    return Server(
        name,
        ASGI,
        ("uvicorn", "--fd", "{fd}", *flags),
        recycle=("--limit-max-requests", str(EACH)),
        ends_after=("--timeout-graceful-shutdown", "1"),
        is_alone=not flags,
        is_first=is_first,
        configures_first=configures_first,
    )


def _celery(pool: str, *recycle: str) -> Server:
    return Server(f"Celery, {pool}", CELERY, ("--pool", pool, "--concurrency", "2"), recycle=recycle)


SERVERS: Final = (
    Server("script", SCRIPT),
    _gunicorn("sync"),
    _gunicorn("gthread"),
    _gunicorn("gevent"),
    _gunicorn("asgi", ASGI),
    _gunicorn("uvicorn.workers.UvicornWorker", ASGI),
    _gunicorn("uvicorn_worker.UvicornWorker", ASGI),
    _uvicorn("uvicorn"),
    _uvicorn("uvicorn.run() in a script", configures_first=True),
    _uvicorn("uvicorn --workers 2", "--workers", "2"),
    _uvicorn("uvicorn, first process of a container", is_first=True),
    _celery("prefork", "--max-tasks-per-child", str(EACH)),
    _celery("threads"),
    _celery("solo"),
    Server("multiprocessing, by fork", POOL, recycle=("maxtasksperchild",), is_alone=True),
    Server("script, first process of a container", SCRIPT, is_first=True),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One server, and one way it ends."""

    server: Server
    preload: bool
    place: str
    ending: str

    def __str__(self) -> str:
        preload = ("preload",) if self.preload else ()
        return ", ".join((self.server.name, *preload, self.place, self.ending))

    @property
    def is_killed(self) -> bool:
        """Whether the server waits until it is killed."""
        is_uvicorn_worker = self.server.gunicorn_worker.endswith("UvicornWorker")
        # gunicorn sends SIGQUIT to its workers for a SIGINT, and uvicorn does not end on that.
        return (self.ending == INT and is_uvicorn_worker) or (
            self.ending == GRACE and not self.server.ends_after
        )

    @property
    def ends_by_itself(self) -> bool:
        """Whether it needs no signal."""
        return self.ending == RECYCLED and self.server.is_alone

    @property
    def left_out(self) -> str:
        """Why it is not run; empty where it is. For the last two reasons nobody can help it."""
        return next((because for because, holds in _LEFT_OUT.items() if holds(self)), "")


_LEFT_OUT: Final[dict[str, Callable[[Cell], bool]]] = {
    "only gunicorn preloads": lambda cell: cell.preload and not cell.server.gunicorn_worker,
    "in a factory of the server it is called after the import": lambda cell: (
        cell.place == FACTORY and cell.server.configures_first
    ),
    "it replaces no workers": lambda cell: cell.ending == RECYCLED and not cell.server.recycle,
    "nothing outlasts the signal": lambda cell: cell.ending == GRACE and not cell.server.waits,
    "not ended by SIGTERM: see graceful timeout": lambda cell: (
        cell.ending == TERM and cell.server.is_first and cell.server.kind == SCRIPT
    ),
    "gunicorn's handler of SIGINT and SIGQUIT locks itself out when both come at once": lambda cell: (
        cell.ending == CTRL_C and cell.server.gunicorn_worker == "gthread"
    ),
    "Celery tells a busy worker process nothing, and its master is not configured": lambda cell: (
        cell.ending == GRACE and cell.place == FACTORY and "prefork" in cell.server.command
    ),
}


QUICK: Final[dict[str, tuple[bool, str, str]]] = {
    "script": (False, FACTORY, CTRL_C),
    "gunicorn, sync": (True, IMPORT, TERM),
    "gunicorn, gthread": (True, FACTORY, GRACE),
    "gunicorn, gevent": (True, IMPORT, INT),
    "gunicorn, asgi": (True, FACTORY, TERM),
    "gunicorn, uvicorn.workers.UvicornWorker": (True, FACTORY, CTRL_C),
    "gunicorn, uvicorn_worker.UvicornWorker": (True, IMPORT, TERM),
    "uvicorn": (False, IMPORT, GRACE),
    "uvicorn.run() in a script": (False, IMPORT, TERM),
    "uvicorn --workers 2": (False, FACTORY, TERM),
    "uvicorn, first process of a container": (False, IMPORT, TERM),
    "Celery, prefork": (False, IMPORT, RECYCLED),
    "Celery, threads": (False, IMPORT, TERM),
    "Celery, solo": (False, FACTORY, TERM),
    "multiprocessing, by fork": (False, FACTORY, TERM),
    "script, first process of a container": (False, IMPORT, GRACE),
}
"""The cells of every test run: each server once, each ending at least once."""


def is_quick(cell: Cell) -> bool:
    """Whether a cell is one of those."""
    return QUICK[cell.server.name] == (cell.preload, cell.place, cell.ending)


def cells() -> Iterator[Cell]:
    """Every cell, those that are left out included."""
    for server, preload, place, ending in product(SERVERS, (False, True), PLACES, ENDINGS):
        yield Cell(server, preload, place, ending)
