"""The static checks, as tests, so that one command says whether a change is good."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = ".github/workflows"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("mypy",), marks=pytest.mark.slow),
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        pytest.param(
            ("bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", "foundry_telemetry", "dashboards"),
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_tool_is_content(command: tuple[str, ...]) -> None:
    """Types are strict, lint and format are clean, and nothing looks dangerous without a reason."""
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_sound() -> None:
    """Zizmor finds nothing in the workflows: no template that runs what a stranger wrote, no loose pin."""
    zizmor = shutil.which("zizmor", path=Path(sys.executable).parent)
    assert zizmor is not None, "install the extra dev"
    command = [zizmor, "--offline", "--quiet", "--no-config", "--persona", "pedantic", ".github"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
