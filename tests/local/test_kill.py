"""A server that is killed keeps its promises: what was answered 200 is there, once."""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from foundry_telemetry.local.store.store import Store
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import event

pytestmark = pytest.mark.slow

SERVE = """
import sys
from foundry_telemetry.local.api.server import LocalAzureMonitor
with LocalAzureMonitor(sys.argv[1], retention_days=36_500) as azure:
    print(azure.url.removeprefix("http://"), azure.store.key, flush=True)
    sys.stdin.read()
"""


class Posting:
    """Posts bodies from several threads while there is a server; every event has a number of its own."""

    def __init__(self, host: str, key: str, sizes: tuple[int, ...], numbers: itertools.count[int]) -> None:
        self.promised: list[int] = []
        self._host = host
        self._key = key
        self._numbers = numbers
        self._lock = threading.Condition()
        self._threads = [threading.Thread(target=self._post, args=(size,)) for size in sizes]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        """Wait until so many events were answered 200."""
        with self._lock:
            assert self._lock.wait_for(lambda: len(self.promised) >= count, PATIENCE_S)

    def join(self) -> None:
        """Wait until every thread has noticed that the server is gone."""
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _post(self, size: int) -> None:
        with closing(http.client.HTTPConnection(self._host, timeout=PATIENCE_S)) as connection:
            while True:
                with self._lock:
                    mine = list(itertools.islice(self._numbers, size))
                body = [{"iKey": self._key, **event(name=f"{number}", text="x" * 500)} for number in mine]
                try:
                    connection.request("POST", "/v2.1/track", json.dumps(body))
                    answer = connection.getresponse()
                    taken = answer.status == 200 and json.loads(answer.read())["itemsAccepted"] == size
                except (OSError, http.client.HTTPException):
                    return
                assert taken
                with self._lock:
                    self.promised += mine
                    self._lock.notify_all()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 of Unix")
@pytest.mark.parametrize(
    ("sizes", "count"),
    [((1, 1, 1, 1), 60), ((512, 512, 512, 512), 12_000), ((1, 30, 512, 5_000), 20_000)],
    ids=["small", "as the exporter", "mixed"],
)
def test_killed_in_the_middle(tmp_path: Path, sizes: tuple[int, ...], count: int) -> None:
    """Killed again and again while bodies of many sizes arrive, a server has lost nothing that it took."""
    path, numbers = tmp_path / "t.duckdb", itertools.count()
    promised: list[int] = []
    for _ in range(3):
        command = [sys.executable, "-c", SERVE, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            posting = Posting(*process.stdout.readline().split(), sizes, numbers)
            posting.wait_for(count)
            process.kill()
            posting.join()
        promised += posting.promised
    with Store(path, retention_days=36_500) as store, closing(store.cursor()) as cursor:
        found = Counter(int(name) for (name,) in cursor.execute('SELECT "Name" FROM AppEvents').fetchall())
    assert not set(promised) - set(found)
    assert {number for number, times in found.items() if times > 1} == set()
    assert len(promised) >= 3 * count
