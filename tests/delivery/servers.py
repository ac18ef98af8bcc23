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
    is_first: bool = False
    """Whether it is the first process of a container."""

    @property
    def waits(self) -> bool:
        """Whether anything goes on after SIGTERM."""
        return self.is_first or self.kind not in (SCRIPT, POOL)


def _gunicorn(worker: str, kind: str = WSGI, name: str = "") -> Server:
    return Server(
        f"gunicorn, {name or worker}",
        kind,
        ("gunicorn", "--bind", "fd://{fd}", "--workers", "2", "--graceful-timeout", "3600")
        + (("--threads", "4") if worker == "gthread" else ()),
        gunicorn_worker=worker,
        recycle=("--max-requests", str(EACH)),
    )


def _uvicorn(*flags: str, name: str, is_first: bool = False) -> Server:
    return Server(
        name,
        ASGI,
        ("uvicorn", "--fd", "{fd}", *flags),
        recycle=("--limit-max-requests", str(EACH)),
        ends_after=("--timeout-graceful-shutdown", "1"),
        is_first=is_first,
    )


def _celery(pool: str, *recycle: str) -> Server:
    return Server(f"Celery, {pool}", CELERY, ("--pool", pool, "--concurrency", "2"), recycle=recycle)


SERVERS: Final = (
    Server("script", SCRIPT),
    _gunicorn("sync"),
    _gunicorn("gthread"),
    _gunicorn("gevent"),
    _gunicorn("eventlet"),
    _gunicorn("asgi", ASGI),
    _gunicorn("uvicorn.workers.UvicornWorker", ASGI),
    _gunicorn("uvicorn_worker.UvicornWorker", ASGI),
    _uvicorn(name="uvicorn"),
    _uvicorn("--workers", "2", name="uvicorn --workers 2"),
    _uvicorn(name="uvicorn, first process", is_first=True),
    _celery("prefork", "--max-tasks-per-child", str(EACH)),
    _celery("threads"),
    _celery("solo"),
    Server("multiprocessing", POOL, recycle=("maxtasksperchild",)),
    Server("script, first process", SCRIPT, is_first=True),
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
        return self.ending == RECYCLED and self.server.name in (
            "uvicorn",
            "uvicorn, first process",
            "multiprocessing",
        )

    @property
    def nonsense(self) -> str:
        """Why it means nothing; empty where it does."""
        return next((because for because, holds in _NONSENSE.items() if holds(self)), "")


_NONSENSE: Final[dict[str, Callable[[Cell], bool]]] = {
    "only gunicorn preloads": lambda cell: cell.preload and not cell.server.gunicorn_worker,
    "it replaces no workers": lambda cell: cell.ending == RECYCLED and not cell.server.recycle,
    "nothing outlasts the signal": lambda cell: cell.ending == GRACE and not cell.server.waits,
    "not ended by SIGTERM: see graceful timeout": lambda cell: (
        cell.ending == TERM and cell.server.is_first and cell.server.kind == SCRIPT
    ),
}


def cells() -> Iterator[Cell]:
    """Every cell, those that mean nothing included."""
    for server, preload, place, ending in product(SERVERS, (False, True), PLACES, ENDINGS):
        yield Cell(server, preload, place, ending)
