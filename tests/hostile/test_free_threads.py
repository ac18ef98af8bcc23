"""Without the lock of the interpreter: what must happen once happens once."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from foundry_telemetry.attempt import Attempt
from foundry_telemetry.wire.request_matcher import unsent_request

THREADS = 8
ROUNDS = 300


@pytest.mark.row(51, 87)
def test_one_end_wins() -> None:
    """Of many threads that end the same attempt at the same moment exactly one gets its observation."""
    request = unsent_request(
        method="POST", path="/v1/messages", model="m", stream=None, max_tokens=None, retry_count=0
    )
    attempts = [Attempt(request, call_id="0" * 16, number=1) for _ in range(ROUNDS)]
    start = threading.Barrier(THREADS)

    def end_all(_: int) -> list[bool]:
        start.wait()
        return [attempt.end("closed") is not None for attempt in attempts]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            won = list(pool.map(end_all, range(THREADS)))
    finally:
        sys.setswitchinterval(interval)
    assert [sum(round_) for round_ in zip(*won, strict=True)] == [1] * ROUNDS


@pytest.mark.row(87)
@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this is no free-threaded build of Python"
)
def test_rows_without_the_lock() -> None:
    """The tests of shared clients and of interruptions pass with the lock off, and we do not turn it on."""
    lock_is_off = "import sys, foundry_telemetry.instrumentation; sys.exit(sys._is_gil_enabled())"
    assert subprocess.run([sys.executable, "-X", "gil=0", "-c", lock_is_off], check=False).returncode == 0
    rows = ["test_threads_share_a_client", "test_interrupted_at_every_line", "test_real_signal_handler_calls"]
    tests = [f"tests/hostile/test_concurrency.py::{name}" for name in rows]
    ended = subprocess.run([sys.executable, "-X", "gil=0", "-m", "pytest", *tests], check=False)
    assert ended.returncode == 0
