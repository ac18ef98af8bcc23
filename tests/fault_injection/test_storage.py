"""The disk that holds telemetry while Azure is away: full, read-only, somebody else's, cut off."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from foundry_telemetry.testing.ingestion import FakeIngestion, refuse
from tests.azure.process import Ended, running, stored

pytestmark = pytest.mark.slow

NOBODY: Final = 65534
IS_ROOT: Final = hasattr(os, "geteuid") and os.geteuid() == 0
MORTAL: Final = ("setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override")
"""Root without the right to write wherever it likes."""

needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root may mount a file system and give files away")

CALLING: Final = """
import httpx
import foundry_telemetry
foundry_telemetry.configure(retry_total=0, **OPTIONS)
body = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {"input_tokens": 1, "output_tokens": 1}}
client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))

def call(deployment):
    url = "https://contoso.services.ai.azure.com/anthropic/v1/messages"
    assert client.post(url, json={"model": deployment}).json() == body
    trace.get_tracer_provider().force_flush()
    _logs.get_logger_provider().force_flush()

for number in range(3):
    call("while-away")
say(ready=True)
hear()
call("back-again")
"""


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system in memory."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"{options},mode=1777", "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def lived_through(folder: Path, *, under: Sequence[str] = (), **options: object) -> Ended:
    """Call Claude while Azure is away and once more when it is back, which arrives; the rest is counted."""
    with FakeIngestion() as azure:
        azure.always(refuse(503))
        with running(f"OPTIONS = {options!r}\n{CALLING}", azure, folder, under=under) as process:
            process.listen()
            azure.always(None)
            process.proceed()
            ended = process.end()
        assert ended.code == 0, ended.errors
        reported = {event["gen_ai.request.model"] for event in azure.events("foundry.attempt")}
        assert "back-again" in reported
        assert [item["properties"]["gen_ai.request.model"] for item in azure.dependencies()] == ["back-again"]
        lost: Counter[str] = Counter()
        for point in azure.metrics("foundry.telemetry.dropped"):
            lost[point["properties"]["foundry.telemetry.signal"]] += point["value"]
        assert lost == {"traces": 3, "logs": 3}
    return ended


def assert_said_once(ended: Ended) -> None:
    """The exporter of each signal says at its start that it has no storage, and nobody repeats it."""
    assert 1 <= ended.errors.count("local storage is disabled") <= 3
    assert "Traceback" not in ended.errors


@pytest.mark.row(29)
@needs_root
def test_full_disk(tmp_path: Path) -> None:
    """On a full disk calls and exports go on, and no half batch is left there."""
    with mounted(tmp_path / "disk", "size=64k") as disk:
        folder = disk / "telemetry"
        folder.mkdir()
        with (disk / "full").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        assert os.statvfs(disk).f_bavail == 0
        ended = lived_through(tmp_path, storage_directory=str(folder))
        assert stored(folder) == ""
    assert "Traceback" not in ended.errors


@pytest.mark.row(29)
@needs_root
def test_read_only_disk(tmp_path: Path) -> None:
    """On a disk that nothing can be written to, calls and exports go on from memory, and it is said."""
    with mounted(tmp_path / "disk", "ro,size=64k") as disk:
        assert_said_once(lived_through(tmp_path, storage_directory=str(disk / "telemetry")))


@pytest.mark.row(29)
@needs_root
def test_folder_of_somebody_else(tmp_path: Path) -> None:
    """A folder that another user owns is not used: who owns it could read and forge what is in it."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o777)
    os.chown(folder, NOBODY, NOBODY)
    assert_said_once(lived_through(tmp_path, storage_directory=str(folder)))
    assert list(folder.iterdir()) == []


@pytest.mark.row(29)
@needs_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no setpriv to take a right from root")
def test_no_right_to_write(tmp_path: Path) -> None:
    """Where no folder may be made there is no storage, and all else works."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    ended = lived_through(folder, under=MORTAL, storage_directory=str(folder / "telemetry"))
    assert_said_once(ended)
    assert list(folder.iterdir()) == []


@pytest.mark.row(29)
def test_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    """Where the folder should be is a file: it stays as it is, and calls and exports go on from memory."""
    place = tmp_path / "telemetry"
    place.write_text("mine")
    assert_said_once(lived_through(tmp_path, storage_directory=str(place)))
    assert place.read_text() == "mine"


@pytest.mark.row(30)
def test_symbolic_link(tmp_path: Path) -> None:
    """A link in place of the folder is refused: nothing is written behind it, nor are its rights changed."""
    target, link = tmp_path / "target", tmp_path / "telemetry"
    target.mkdir(mode=0o755)
    link.symlink_to(target)
    assert_said_once(lived_through(tmp_path, storage_directory=str(link)))
    assert list(target.iterdir()) == []
    assert target.stat().st_mode & 0o777 == 0o755


SECRETS: Final = {
    "api-key": "CANARY0123456789abcdefCANARY0123456789ABCDEF",
    "authorization": "Bearer CANARY.eyJhIjoxfQ.CANARY",
    "cookie": "CANARY=1",
    "baggage": "tenant=CANARY",
}

WRITING_SECRETS: Final = f"""
import httpx
import foundry_telemetry
foundry_telemetry.configure(retry_total=0)

def answer(request):
    error = {{"type": "CANARY", "message": "CANARY " + request.headers["api-key"]}}
    return httpx.Response(401, json={{"type": "error", "error": error}}, headers={{"set-cookie": "CANARY=1"}})

client = httpx.Client(transport=httpx.MockTransport(answer))
url = "https://CANARY:CANARY@contoso.services.ai.azure.com/anthropic/v1/messages?api-key=CANARY"
asked = {{"model": "told", "messages": [{{"role": "user", "content": "CANARY"}}]}}
client.post(url, json=asked, headers={SECRETS!r})
"""


@pytest.mark.row(74)
def test_no_secret_on_disk(tmp_path: Path) -> None:
    """What waits on disk for Azure holds no key, token, cookie, query, prompt or text of an error."""
    with FakeIngestion() as azure:
        azure.always(refuse(503))
        with running(WRITING_SECRETS, azure, tmp_path) as process:
            ended = process.end()
        assert ended.code == 0
        assert "CANARY" not in ended.errors
        assert "CANARY" not in str([post.envelopes for post in azure.posts])
    assert '"told"' in stored(tmp_path)
    assert '"foundry.attempt"' in stored(tmp_path)
    assert "CANARY" not in stored(tmp_path)


ROUNDS: Final = 50
WRITING: Final = f"""
import json, os, random, signal, sys, time
from azure.monitor.opentelemetry.exporter._storage import LocalFileStorage

chance, folder = random.Random(31), sys.argv[1]

def write(done):
    with LocalFileStorage(folder) as storage:
        number = 0
        while True:
            number += 1
            storage.put([[os.getpid(), number, "x" * 2000]] * 200, 0)
            os.write(done, b".")

def killed():
    written, done = os.pipe()
    child = os.fork()
    if child == 0:
        write(done)
    os.close(done)
    put = sum(len(os.read(written, 1)) for _ in range(chance.randint(1, 4)))
    time.sleep(chance.random() / 200)  # somewhere within a write
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(written, 100):
        put += len(more)
    os.close(written)
    return child, put

def read():
    found = {{}}
    with LocalFileStorage(folder) as storage:
        for blob in storage.gets():
            items = blob.get()
            assert items is not None, "a half batch"
            assert len(items) == 200 and all(item == items[0] for item in items), "a mixed batch"
            assert len(items[0][2]) == 2000
            found.setdefault(items[0][0], []).append(items[0][1])
            blob.delete()
    return found

halves = 0
for _ in range({ROUNDS}):
    child, put = killed()
    found = read()
    assert list(found) == [child], found
    assert sorted(found[child]) in (list(range(1, put + 1)), list(range(1, put + 2))), (put, found)
    halves += any(name.endswith(".tmp") for name in os.listdir(folder))
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
print(json.dumps(halves))
"""


@pytest.mark.row(31)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 and fork are of Unix")
def test_killed_while_writing(tmp_path: Path) -> None:
    """Killed at any moment of fifty, a writer leaves whole batches and none that was finished is missing."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WRITING, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) > 0, "no round struck within a write"
