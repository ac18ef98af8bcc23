"""Processes that fork with a stream open, or end while one is: reported once, and ended as without us."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from foundry_telemetry import azure as azure_room
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import ENDLESS, Ended, run

pytestmark = pytest.mark.slow

QUIET: Final = "ignore::DeprecationWarning"
"""Python 3.12 and later warn of every fork of a process that has threads, as ours has."""

STREAMS: Final = """
import gc
import httpx
import foundry_telemetry

PIECES = [
    b'event: message_start\\ndata: {"message":{"id":"msg_1","usage":{"input_tokens":5}}}\\n\\n',
    b'event: content_block_delta\\ndata: {"delta":{"text":"Hi"}}\\n\\n',
    b'event: message_delta\\ndata: {"usage":{"output_tokens":7}}\\n\\n',
    b'event: message_stop\\ndata: {}\\n\\n',
]

class Pieces(httpx.SyncByteStream):
    def __iter__(self):
        yield from PIECES

def answer(_):
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces())

client = httpx.Client(transport=httpx.MockTransport(answer))

def opened(deployment):
    url = "https://contoso.services.ai.azure.com/anthropic/v1/messages"
    request = client.build_request("POST", url, json={"model": deployment, "stream": True})
    return client.send(request, stream=True)
"""

CONFIGURED: Final = STREAMS + "foundry_telemetry.configure()\n"


def reported(azure: FakeIngestion, name: str = "gen_ai.request.model") -> Counter[str]:
    """How often each deployment is in the ledger; and once more for each of its spans."""
    spans = (item["properties"] for item in azure.dependencies())
    return Counter(row[name] for row in [*azure.events("foundry.attempt"), *spans] if name in row)


FORKED: Final = """
response = opened("before")
body = response.iter_raw()
got = [next(body)]
processes = ["child" if os.fork() == 0 else "parent"]
if processes == ["child"]:
    processes.append("grandchild" if os.fork() == 0 else "child")
got += body
assert got == PIECES
response.close()
list(opened(processes[-1]).iter_raw())
if processes[-1] != "grandchild":
    assert os.wait()[1] == 0
"""


@pytest.mark.row(35)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is of Unix")
def test_fork_of_a_fork_with_an_open_stream(tmp_path: Path) -> None:
    """All three read the stream to its end; the one that opened it reports it, each of its own."""
    with FakeIngestion() as azure:
        ended = run(CONFIGURED + FORKED, azure, tmp_path, PYTHONWARNINGS=QUIET)
        assert ended.code == 0, ended.errors
        assert reported(azure) == dict.fromkeys(("before", "parent", "child", "grandchild"), 2)
    assert ended.errors == ""


LEFT: Final = {
    "held by a module": "response = opened('left'); body = response.iter_raw(); next(body)",
    "unread": "response = opened('left')",
    "in a cycle": """
def leave():
    response = opened('left')
    body = response.iter_raw()
    next(body)
    cycle = [response, body]
    cycle.append(cycle)
gc.disable()
leave()
""",
    "in a daemon thread": """
reading, never = threading.Event(), threading.Event()
def read():
    for _ in opened('left').iter_raw():
        reading.set()
        never.wait()
threading.Thread(target=read, daemon=True).start()
reading.wait()
""",
    "with an exception": "response = opened('left'); next(response.iter_raw()); raise OSError('the reason')",
    "with a code": "response = opened('left'); next(response.iter_raw()); sys.exit(7)",
}


@pytest.mark.row(37)
@pytest.mark.parametrize("how", LEFT)
def test_exit_with_a_stream_nobody_closed(how: str, tmp_path: Path) -> None:
    """The end is as without us: same exit code, same words on stderr, and nothing is waited for."""
    script = f"trace.get_tracer('test').start_span('last').end()\nsay(ready=True)\n{LEFT[how]}"

    def end(start: str) -> Ended:
        return run(start + script, azure, tmp_path)

    with FakeIngestion() as azure:
        plain, watched = end(STREAMS), end(ENDLESS + CONFIGURED)
        assert [item["name"] for item in azure.dependencies()].count("last") == 1
    assert watched.code == plain.code == {"with an exception": 1, "with a code": 7}.get(how, 0)
    assert without_places(watched.errors) == without_places(plain.errors)
    assert bool(plain.errors) is (how == "with an exception")


def without_places(errors: str) -> str:
    """A traceback without the numbers of its lines."""
    return re.sub(r"line \d+", "line", errors)


@pytest.mark.row(33)
def test_worker_that_ends_at_once(tmp_path: Path) -> None:
    """``os._exit`` ends the process at once, with its code; what was sent before is there, as documented."""
    script = (
        ENDLESS
        + CONFIGURED
        + ('emit("kept")\ntrace.get_tracer_provider().force_flush()\nemit("lost")\nos._exit(5)')
    )
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path)
        names = {item["name"] for item in azure.dependencies()}
    assert (ended.code, ended.errors) == (5, "")
    assert names >= {"span kept"}
    assert "``os._exit`` lose what is in memory" in (azure_room.__doc__ or "")


SETTING_UP: Final = """
import foundry_telemetry
from foundry_telemetry import azure

within, go_on, start = threading.Event(), threading.Event(), azure._start

def slowly(settings):
    within.set()
    go_on.wait()
    start(settings)

azure._start = slowly
thread = threading.Thread(target=foundry_telemetry.configure)
thread.start()
within.wait()
child = os.fork()
if child == 0:
    signal.alarm(300)  # a dead-lock ends the child, and the exit code tells
    azure._start = start
    foundry_telemetry.configure()
    emit("child")
else:
    go_on.set()
    thread.join()
    say(child=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.row(34)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is of Unix")
def test_fork_while_a_thread_sets_up(tmp_path: Path) -> None:
    """A child forked while another thread is inside `configure()` can call it, and what it tells arrives."""
    with FakeIngestion() as azure:
        ended = run(SETTING_UP, azure, tmp_path, PYTHONWARNINGS=QUIET)
        assert ended.said == [{"child": 0}], ended.errors
        assert [item["name"] for item in azure.dependencies()] == ["span child"]
