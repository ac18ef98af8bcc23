"""Running a framework's script with us and without us, each in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tests.frameworks.service import Served, Service
from tests.frameworks.table import FRAMEWORKS, Framework, home_of

ROOT: Final = Path(__file__).parents[2]
PLACE: Final = "FRAMEWORK_ENVIRONMENTS"
"""Environment variable: the folder with an environment for each framework."""

_TIMEOUT_S: Final = 300

_NUMBERS: Final = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?")
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_QUIET: Final = {"PYTHONDONTWRITEBYTECODE": "1", "DO_NOT_TRACK": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
"""No files of Python in the tree; no look at the network, whose failure is logged some time."""

_LEFT_OUT: Final = re.compile(
    r"^(OTEL_|ANTHROPIC_|FOUNDRY_|APPLICATIONINSIGHTS_|PYTHONPATH$|.*_proxy$)", re.IGNORECASE
)


def python_of(name: str) -> Path | None:
    """The interpreter of a framework's environment, if it is there."""
    place = os.environ.get(PLACE)
    found = Path(place, home_of(name), "bin", "python") if place else None
    return found if found is not None and found.exists() else None


def make_environment(name: str, place: Path) -> None:
    """Make a framework's environment, unless it is there."""
    framework, target = FRAMEWORKS[name], place / home_of(name)
    done = target / "installed"
    wanted = "\n".join(framework.requirements)
    if done.exists() and done.read_text("utf-8") == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", target], check=True)
    pip = [target / "bin" / "python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "-e", ROOT, *framework.requirements], check=True)
    done.write_text(wanted, "utf-8")


@dataclass(frozen=True)
class Run:
    """What came of a script.

    Args:
        service: What it asked, and what it was served.
        reported: What the process says, by scenario.
        versions: Of all that is installed there.
    """

    service: Service
    reported: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, str]

    def served(self, scenario: str) -> list[Served]:
        """The attempts of a scenario."""
        return self.service.served[scenario]

    @cached_property
    def _ids(self) -> re.Pattern[str]:
        """Whatever the service made up for one answer alone."""
        ids = {one for served in self.service.served.values() for each in served for one in each.ids if one}
        return re.compile("|".join([*map(re.escape, sorted(ids)), r"(?:msg|req)_\w+", _UUID]))

    def without_ids(self, text: str) -> str:
        """A text without the ids, which no two runs have in common."""
        return self._ids.sub("ID", text)

    def plain(self, text: str) -> str:
        """A text without ids, times and addresses."""
        return _NUMBERS.sub("#", self.without_ids(text))


@dataclass(frozen=True)
class Pair:
    """The two runs of a framework."""

    framework: Framework
    without: Run
    with_us: Run


def run(framework: Framework, python: Path, how: str) -> Run:
    """Run a script.

    Raises:
        AssertionError: It came to no end; with what it wrote.
    """
    service = Service()
    kept = {name: value for name, value in os.environ.items() if not _LEFT_OUT.match(name)}
    environment = kept | _QUIET | dict(framework.environment)
    with service.foundry as foundry:
        command = [python, "-m", "tests.frameworks.child", framework.script, foundry.base_url, how]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    last = json.loads(done.stdout.splitlines()[-1])
    return Run(service, last["reported"], last["versions"])


def run_pair(name: str, python: Path) -> Pair:
    """Run a framework's script without us and with us."""
    framework = FRAMEWORKS[name]
    return Pair(framework, run(framework, python, "without"), run(framework, python, "with"))
