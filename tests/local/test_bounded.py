"""A process that is asked hostile queries stays alive, answers each in its time, and others meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.cli.process import end, start
from tests.local.hostile_queries import all_of_them
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CAP_MIB = 1_500
DEADLINE_S = 2
LATE_S = 1.0
"""What an answer may take beyond its deadline on a machine that does nothing else."""
STOPPED_S = 30.0
"""The same in a run of the whole suite: a query that nobody stops takes minutes."""
AT_ONCE = 6
SAMPLE = 24
"""Queries of a run of the whole suite; all of them run with ``--long``."""


@dataclass
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    client: httpx.Client
    largest_mib: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Note the most memory that the process has until the end."""
        path = Path(f"/proc/{self.process.pid}/statm")
        while not self.over.wait(0.01):
            pages = int(path.read_text().split()[1])
            self.largest_mib = max(self.largest_mib, pages * os.sysconf("SC_PAGE_SIZE") >> 20)

    def ask(self, kql: str, seconds: int = DEADLINE_S) -> tuple[httpx.Response, float]:
        """The answer to a query, and the seconds that it took."""
        begun = time.monotonic()
        answer = self.client.post(
            "/v1/workspaces/x/query", json={"query": kql}, headers={"prefer": f"wait={seconds}"}
        )
        return answer, time.monotonic() - begun


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The command, as a user starts it."""
    arguments = ("local", "--port", "0", "--db", str(folder / "t.duckdb"), "--no-browser", "--json")
    process = start(folder, *arguments)
    assert process.stdout is not None
    reported: dict[str, Any] = json.loads(process.stdout.readline())
    headers = {"Authorization": f"Bearer {reported['token']}"}
    with httpx.Client(
        base_url=reported["url"], headers=headers, timeout=PATIENCE_S, trust_env=False
    ) as client:
        server = Server(process, reported["url"], client)
        watching = threading.Thread(target=server.watch)
        watching.start()
        try:
            yield server
        finally:
            server.over.set()
            watching.join()
            process.send_signal(signal.SIGINT)
            ended = end(process)
    assert (ended.code, ended.err) == (0, "")


def hostile(all_: bool) -> list[tuple[str, str]]:
    """The queries of a run."""
    queries = list(all_of_them())
    return queries if all_ else queries[:: len(queries) // SAMPLE][:SAMPLE]


class Attack(NamedTuple):
    """What came of many queries at once."""

    refused: dict[str, str]
    """Answers without a reason, by query."""
    late: dict[str, float]
    """Seconds of answers beyond their deadline, by query."""
    harmless: int
    """Answers to the query beside them."""


def attacked(server: Server, queries: list[tuple[str, str]], late_s: float) -> Attack:
    """Ask all, some at once, and a harmless query all the time."""
    late: dict[str, float] = {}
    refused: dict[str, str] = {}
    waits: list[float] = []
    over = threading.Event()

    def ask(query: tuple[str, str]) -> None:
        answer, seconds = server.ask(query[1])
        if seconds > DEADLINE_S + late_s:
            late[query[0]] = seconds
        if answer.status_code not in (200, 400, 504):
            refused[query[0]] = f"{answer.status_code} {answer.text}"
        elif answer.status_code != 200 and len(answer.json()["error"]["message"]) < len("too large"):
            refused[query[0]] = answer.text

    def harmless() -> None:
        while not over.wait(0.2):
            answer, seconds = server.ask("AppEvents | count", 30)
            assert answer.status_code == 200, answer.text
            waits.append(seconds)

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        beside = pool.submit(harmless)
        try:
            list(pool.map(ask, queries))
        finally:
            over.set()
        beside.result()
    return Attack(refused, late, len(waits))


def is_unharmed(server: Server, attack: Attack, count: int) -> bool:
    """Whether the server lives within its memory, and answered all in time."""
    assert not attack.refused
    assert not attack.late
    assert attack.harmless >= count / AT_ONCE / 4
    return server.process.poll() is None and server.largest_mib < CAP_MIB


@pytest.mark.slow
def test_a_sample(tmp_path: Path) -> None:
    """Queries of every size beside each other: nothing dies, each is stopped, others are answered."""
    with serving(tmp_path) as server:
        queries = hostile(all_=False)
        assert is_unharmed(server, attacked(server, queries, STOPPED_S), len(queries))


@pytest.mark.long
def test_all(tmp_path: Path) -> None:
    """The same for two hundred queries, each within a second of its deadline."""
    queries = hostile(all_=True)
    assert len(queries) >= 200
    with serving(tmp_path) as server:
        assert is_unharmed(server, attacked(server, queries, LATE_S), len(queries))
