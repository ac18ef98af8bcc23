"""A process that asked the local Azure Monitor can still be profiled."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store

with Store() as store:
    print(Query(store).run("print 1").rows)
sys.setprofile(lambda *_: None)
(lambda: None)()
"""


def test_a_query_leaves_no_exception_behind() -> None:
    """What stops the reading of a query is gone with it: else a profiled function hangs in Python 3.11."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "[(1,)]\n"), ended.stderr
