"""How processes end, and what of their last telemetry arrives."""

from __future__ import annotations

import re
import signal
from functools import partial
from pathlib import Path

import pytest

from foundry_telemetry.azure.distros import DistroName
from foundry_telemetry.testing.ingestion import HANG, FakeIngestion, refuse
from tests.azure.process import (
    AMPLE,
    ENDLESS,
    Ended,
    both_distros,
    end_before_the_distro,
    run,
    running,
    stored,
)
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.slow

CONFIGURED = """
import foundry_telemetry
foundry_telemetry.configure(distro=DISTRO)
emit("last")
say(ready=True)
"""

FOREVER = "while True: time.sleep(60)"


def arrived(azure: FakeIngestion, mark: str) -> tuple[int, int, float]:
    """How many spans, events and counts with this mark Azure has."""
    return (
        sum(item["name"] == f"span {mark}" for item in azure.dependencies()),
        sum(event["mark"] == mark for event in azure.events("foundry.attempt")),
        sum(point["value"] for point in azure.metrics(f"count.{mark}")),
    )


def terminate(script: str, azure: FakeIngestion, folder: Path, distro: DistroName = "azure-monitor") -> Ended:
    """Send SIGTERM to a script as soon as it is ready."""
    with running(script, azure, folder, distro=distro) as process:
        process.listen()
        process.signal(signal.SIGTERM)
        return process.end()


@pytest.mark.parametrize(
    ("last", "distro"),
    [
        ("", "azure-monitor"),
        ("sys.exit(3)", "azure-monitor"),
        ("raise RuntimeError('the reason')", "azure-monitor"),
        ("", "microsoft"),
    ],
)
def test_exit(last: str, distro: DistroName, tmp_path: Path) -> None:
    """However the program comes to its end, all three signals arrive and the exit code is its own."""
    with FakeIngestion() as azure:
        ended = run(CONFIGURED + last, azure, tmp_path, distro=distro)
        assert arrived(azure, "last") == (1, 1, 1)
    assert ended.code == {"": 0, "sys.exit(3)": 3}.get(last, 1)
    assert bool(ended.errors) == ("raise" in last), ended.errors


@pytest.mark.row(32)
@both_distros
def test_sigterm(distro: DistroName, tmp_path: Path) -> None:
    """On SIGTERM all three signals arrive and the process dies of the signal, as without us."""
    with FakeIngestion() as azure:
        ended = terminate(CONFIGURED + FOREVER, azure, tmp_path, distro)
        assert arrived(azure, "last") == (1, 1, 1)
    assert ended.code == -signal.SIGTERM
    assert not ended.errors


@pytest.mark.row(32)
def test_sigterm_handler_of_the_user(tmp_path: Path) -> None:
    """A handler of the application runs as before, and nothing of ours in its place."""
    script = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n" + CONFIGURED + FOREVER
    with FakeIngestion() as azure:
        ended = terminate(script, azure, tmp_path)
        assert arrived(azure, "last") == (1, 1, 1)
    assert ended.code == 7


@pytest.mark.row(38)
@both_distros
def test_exit_while_azure_hangs(distro: DistroName, tmp_path: Path) -> None:
    """The process does not wait for a server that hangs, and its last telemetry is on disk."""
    with FakeIngestion() as azure:
        azure.always(HANG)
        ended = run(AMPLE + CONFIGURED, azure, tmp_path, distro=distro)
        assert not azure.envelopes
    assert ended.code == 0
    assert all(text in stored(tmp_path) for text in ("span last", '"mark": "last"', "count.last"))


@pytest.mark.row(32, 38)
def test_sigterm_while_azure_hangs(tmp_path: Path) -> None:
    """The same on SIGTERM."""
    with FakeIngestion() as azure:
        azure.always(HANG)
        ended = terminate(AMPLE + CONFIGURED + FOREVER, azure, tmp_path)
    assert ended.code == -signal.SIGTERM
    assert all(text in stored(tmp_path) for text in ("span last", '"mark": "last"', "count.last"))


@pytest.mark.row(32)
def test_second_sigterm(tmp_path: Path) -> None:
    """Who sends a second SIGTERM does not wait for the flush, which here would have no end."""
    script = ENDLESS + CONFIGURED + FOREVER
    with FakeIngestion() as azure, running(script, azure, tmp_path) as process:
        azure.always(HANG)
        process.listen()
        process.signal(signal.SIGTERM)
        azure.wait_for(lambda: azure.posts, PATIENCE_S)
        process.signal(signal.SIGTERM)
        assert process.end().code == -signal.SIGTERM


@pytest.mark.row(38)
def test_exit_during_an_export_that_hangs(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Even when exports have hung since before the end, the process ends in time and says what is lost."""
    at_once = {"OTEL_BSP_SCHEDULE_DELAY": "1", "OTEL_METRIC_EXPORT_INTERVAL": "1"}
    script = "logging.basicConfig()" + CONFIGURED + "hear()"
    with FakeIngestion() as azure, running(script, azure, tmp_path, **at_once) as process:
        azure.always(HANG)
        process.listen()
        for mark in ("span last", "count.last"):
            azure.wait_for(partial(_posted, azure, mark), PATIENCE_S)
        ended = end_before_the_distro(process, tmp_path_factory.mktemp("distro"))
    assert ended.code == 0
    reported = re.search(r"the last (.+) were not exported within 5 s", ended.errors)
    kept = stored(tmp_path)
    for name, mark in (("traces", "span last"), ("metrics", "count.last")):
        assert mark in kept or (reported and name in reported[1]), ended.errors
    assert "can only be called once" not in ended.errors


def _posted(azure: FakeIngestion, mark: str) -> bool:
    return any(mark in str(post.envelopes) for post in azure.posts)


@pytest.mark.row(26)
@pytest.mark.parametrize("status", [401, 503])
def test_exit_while_azure_refuses(status: int, tmp_path: Path) -> None:
    """What Azure may take later is on disk when the process has ended, retries included."""
    with FakeIngestion() as azure:
        azure.always(refuse(status))
        ended = run(AMPLE + CONFIGURED, azure, tmp_path)
    assert ended.code == 0
    assert "were not exported" not in ended.errors
    assert all(text in stored(tmp_path) for text in ("span last", '"mark": "last"', "count.last"))


@pytest.mark.row(27)
@both_distros
def test_daily_cap(distro: DistroName, tmp_path: Path) -> None:
    """When Azure throws telemetry away, the process says so, having counted it."""
    with FakeIngestion() as azure:
        azure.always(refuse(439))
        ended = run(CONFIGURED, azure, tmp_path, distro=distro)
    assert ended.errors.count("the daily cap is reached") == 1


FORK = """
import foundry_telemetry
foundry_telemetry.configure(distro=DISTRO)
emit("parent")
for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
    provider.force_flush()  # so that there is a connection to inherit
emit("queued")
import warnings
warnings.filterwarnings("ignore", "This process", DeprecationWarning)  # Python 3.12 of any fork with threads
child = os.fork()
emit("child" if child == 0 else "after")
if child == 0:
    {end}
else:
    status = os.waitpid(child, 0)[1]
    say(child=os.waitstatus_to_exitcode(status))
"""


@pytest.mark.row(34)
@pytest.mark.parametrize(
    ("end", "code", "distro"),
    [
        ("sys.exit(4)", 4, "azure-monitor"),
        ("os.kill(os.getpid(), signal.SIGTERM); threading.Event().wait()", -signal.SIGTERM, "azure-monitor"),
        ("sys.exit(4)", 4, "microsoft"),
    ],
    ids=["exit", "sigterm", "exit-microsoft"],
)
def test_fork(end: str, code: int, distro: DistroName, tmp_path: Path) -> None:
    """Parent and child both deliver, and what was in memory at the fork arrives once, counts included."""
    with FakeIngestion() as azure:
        ended = run(FORK.replace("{end}", end), azure, tmp_path, distro=distro)
        assert ended.said == [{"child": code}], ended.errors
        marks = ("parent", "queued", "child", "after")
        assert {mark: arrived(azure, mark) for mark in marks} == dict.fromkeys(marks, (1, 1, 1))
    assert not ended.errors


@pytest.mark.row(34)
def test_fork_and_configure(tmp_path: Path) -> None:
    """A worker that calls `configure` again after the fork gets one set of pipelines, not two."""
    script = FORK.replace("{end}", "foundry_telemetry.configure(); say(threads=threads())")
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path)
        assert arrived(azure, "child") == (1, 1, 1)
    threads = next(fact["threads"] for fact in ended.said if "threads" in fact)
    assert len(threads) == len(set(threads))
    assert {"foundry-flush-traces", "OtelBatchSpanRecordProcessor"} <= set(threads)
