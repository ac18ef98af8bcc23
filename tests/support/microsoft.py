"""microsoft-opentelemetry for tests, which cannot be installed beside the extra `dev`: there, or why not.

It pins another opentelemetry-util-genai than an instrumentor of `dev` needs. All that it needs to send to
Azure Monitor is there, so it is fetched alone, once, into the user's cache.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import platformdirs
import pytest

ROOT: Final = Path(__file__).parents[2]
UNREACHABLE: Final = re.compile(
    r"Failed to establish a new connection|Could not connect|timed out|ResolutionError"
)
_PACKAGE: Final = Path("microsoft", "opentelemetry")


def need_microsoft() -> Path | None:
    """Have the package; skip where no registry can be reached, but fail where ``CI=true``.

    Returns:
        The folder to import it from; ``None`` where it is installed.
    """
    if find_spec("microsoft") is not None and find_spec("microsoft.opentelemetry") is not None:
        return None
    wanted = _lowest()
    home = platformdirs.user_cache_path("foundry-telemetry", appauthor=False) / "pip" / wanted
    if not (home / _PACKAGE).is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        _fetch(wanted, home)
    return home


def _lowest() -> str:
    """The extra's requirement at its lower bound: no test depends on what the newest release is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = project["optional-dependencies"]["microsoft"]
    return str(wanted).replace(">=", "==")


def _fetch(wanted: str, home: Path) -> None:
    """Fetch into a folder beside `home`, then give it that name: it is there whole or not at all."""
    with TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch, "made")
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(made), wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            if os.environ.get("CI") != "true" and UNREACHABLE.search(done.stderr):
                pytest.skip(f"pip cannot fetch {wanted}")
            raise AssertionError(done.stderr)
        try:
            made.rename(home)
        except OSError:  # another process was faster
            assert (home / _PACKAGE).is_dir()
