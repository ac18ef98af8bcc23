"""The command line in processes of its own: on pipes, and on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.azure.process import NO_FASTAPI
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]

MAIN = (
    "import signal, sys; sys.argv[0] = 'foundry-telemetry'; from foundry_telemetry.cli import main; "
    "signal.signal(signal.SIGINT, signal.default_int_handler); main()"
)
"""Where these tests run in the background of a shell, Ctrl-C is ignored unless it is asked for."""

RECORD = """
import json, sys, threading
from foundry_telemetry.testing.script import Play

served, take = open(sys.argv.pop(), "w"), Play.next

def next_and_note(self, request):
    reply = take(self, request)
    gate = next((at for at, pause in reply.pauses if isinstance(pause, threading.Event)), None)
    served.write(json.dumps({"status": reply.status, "body": b"".join(reply.chunks[:gate]).decode()}) + "\\n")
    served.flush()
    return reply

Play.next = next_and_note
"""
"""Notes what `FakeFoundry` sends, whatever the demonstration counts."""


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What it said, as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Variables of a process that has this folder for everything it might write."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("APPLICATIONINSIGHTS_", "OTEL_", "PYTEST_", "COV_"))
        and name not in ("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM")
    }
    folders = {"HOME": str(folder), "TMPDIR": str(folder)}
    python = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
    return kept | folders | python | NO_FASTAPI | more


def start(
    folder: Path, *arguments: str, before: str = "", main: str = MAIN, **more: str
) -> subprocess.Popen[str]:
    """Start a command on pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", before + main, *arguments],
        cwd=folder,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a command."""
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return Ended(process.returncode, out, err)


def run(folder: Path, *arguments: str, before: str = "", main: str = MAIN, **more: str) -> Ended:
    """Run a command on pipes to its end."""
    return end(start(folder, *arguments, before=before, main=main, **more))


class Terminal:
    """A command on a terminal of this many columns; what it draws is kept as it is sent."""

    def __init__(self, folder: Path, columns: int, *arguments: str, main: str = MAIN, **more: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", main, *arguments],
            cwd=folder,
            env=environment(folder, TERM="xterm-256color", **more),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        weakref.finalize(self, self.process.kill)  # a test that fails before its end leaves no process behind
        os.close(theirs)
        self.drawn = ""

    def read_until(self, pattern: str | None = None) -> None:
        """Read until something is drawn; without it, to the end."""
        while pattern is None or not re.search(pattern, self.drawn):
            # What is never drawn must fail the test: a command that stays open would hold it for ever.
            if not select.select([self._ours], [], [], PATIENCE_S)[0]:
                self.process.kill()
                raise AssertionError(f"{pattern!r} was not drawn in time: {self.drawn}")
            try:
                piece = os.read(self._ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                piece = b""
            if not piece:
                assert pattern is None, f"{pattern!r} was never drawn: {self.drawn}"
                return
            self.drawn += piece.decode(errors="replace")

    def end(self) -> int:
        """Read to the end, and return the exit code."""
        self.read_until()
        os.close(self._ours)
        return self.process.wait(PATIENCE_S)

    @property
    def lines(self) -> list[str]:
        """What was drawn, without colours and without what was taken away again."""
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.drawn)
        return [line.rpartition("\r")[2].rstrip() for line in text.replace("\r\n", "\n").split("\n")]
