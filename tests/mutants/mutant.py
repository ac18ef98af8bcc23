"""One mutant, and what becomes of it.

*Mutant*: the library with one piece of text replaced. *Caught*: a test that passes without the change fails
with it. A mutant that keeps the tests from running at all is broken, not caught.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Fate = Literal["caught", "SURVIVED", "BROKEN"]

ROOT: Final = Path(__file__).parents[2]
LIMIT_S: Final = 600.0
"""Seconds for the tests of a mutant; one that hangs for longer is noticed, and so caught."""

_LEFT_OUT: Final = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "node_modules", "dist")
_FAILED: Final = 1
"""Exit code of pytest when tests ran and one of them failed; 2 and above mean that they could not run."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake."""

    name: str
    file: str
    """Below the root of the project."""
    old: str
    """Text that stands in the file exactly once."""
    new: str
    tests: tuple[str, ...]
    """What must notice, as pytest names it."""
    rows: tuple[int, ...]
    """Rows of the fault matrix that these tests hold."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one mutant."""

    mutant: Mutant
    fate: Fate
    seconds: float
    words: str
    """The test that noticed, or why none could."""


class MutantError(ValueError):
    """A mutant that does not fit the files."""


def mutated(mutant: Mutant, root: Path = ROOT) -> str:
    """The text of the file with the mistake in it.

    Raises:
        MutantError: The old text does not stand there exactly once.
    """
    text = (root / mutant.file).read_text("utf-8")
    count = text.count(mutant.old)
    if count != 1:
        raise MutantError(f"{mutant.name}: {mutant.file} has its old text {count} times, expected 1")
    return text.replace(mutant.old, mutant.new)


def copied(into: Path, root: Path = ROOT) -> Path:
    """A copy of the project that may be changed."""
    return Path(shutil.copytree(root, into / "copy", ignore=_LEFT_OUT))


def control(mutants: tuple[Mutant, ...], copy: Path) -> str | None:
    """Run all the tests without a mistake; the reason if they do not pass, which would tell nothing."""
    tests = tuple(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    code, words = _run(tests, copy)
    return None if code == 0 else words


def tried(mutant: Mutant, copy: Path) -> Trial:
    """Put a mistake into the copy, run its tests, and take it out again."""
    started = time.monotonic()
    path = copy / mutant.file
    original = path.read_text("utf-8")
    try:
        path.write_text(mutated(mutant, copy), "utf-8")
        code, words = _run(mutant.tests, copy)
    except MutantError as error:
        return Trial(mutant, "BROKEN", 0.0, str(error))
    finally:
        path.write_text(original, "utf-8")
    fate: Fate = "caught" if code == _FAILED else "SURVIVED" if code == 0 else "BROKEN"
    return Trial(mutant, fate, time.monotonic() - started, words)


def _run(tests: tuple[str, ...], copy: Path) -> tuple[int, str]:
    """Run tests in the copy, up to the first failure; the exit code of pytest and its last word."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:xdist", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        ended = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return _FAILED, f"hangs for more than {LIMIT_S:g} s"
    reported = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    last = (ended.stdout.strip() or ended.stderr.strip()).splitlines()[-1:]
    words = (reported or last or [""])[0].removeprefix("FAILED ")
    return ended.returncode, words.partition(" - ")[0]
