"""Questions that are asked at a time."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

from foundry_telemetry.investigate.concurrency import AT_A_TIME, run_concurrently
from tests.cli.process import end, start
from tests.support.patience import PATIENCE_S

SLOW = """
import os, signal, threading
import foundry_telemetry.investigate.queries as questions

def never(*_):
    os.write(1, b"asked\\n")  # in a daemon: one that holds the lock of stdout at the end is fatal
    threading.Event().wait()

questions.size = never
"""


def test_answers_are_in_order_and_at_a_time() -> None:
    """Each waits for the others here, so they must run together; answers stand in the order of asks."""
    barrier = threading.Barrier(3, timeout=PATIENCE_S)

    def ask(number: int) -> int:
        barrier.wait()
        return number

    assert run_concurrently(*(partial(ask, number) for number in range(3))) == [0, 1, 2]


def test_five_at_a_time() -> None:
    """Of many, five run at a time and the sixth waits until one has ended: so much a workspace answers."""
    full, lock = threading.Barrier(AT_A_TIME, timeout=PATIENCE_S), threading.Lock()
    running, most = 0, 0

    def ask() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        full.wait()
        with lock:
            running -= 1

    run_concurrently(*[ask] * (3 * AT_A_TIME))
    assert most == AT_A_TIME == 5


def test_the_first_error_is_raised() -> None:
    """What fails is reported, and of several failures the first in order."""

    def fail(text: str) -> None:
        raise ValueError(text)

    with pytest.raises(ValueError, match="one"):
        run_concurrently(lambda: 1, partial(fail, "one"), partial(fail, "two"))


def test_ctrl_c_waits_for_no_answer(tmp_path: Path) -> None:
    """While an answer does not come, Ctrl-C ends the command at once, with the conventional code."""
    process = start(tmp_path, "incident", "--url", "http://127.0.0.1:9", before=SLOW)
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    process.send_signal(2)
    ended = end(process)
    assert ended.code == 130
    assert "Traceback" not in ended.err
