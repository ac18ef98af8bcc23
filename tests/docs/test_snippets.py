"""The Python of the documentation runs, and is recorded."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.docs.snippets import DOCS, changed, pages
from tests.support.microsoft import need_microsoft
from tests.support.patience import PATIENCE_S

ELSEWHERE = {
    f"integrations/{name}.md"
    for name in ("agent-framework", "langchain", "litellm", "llama-index", "pydantic-ai")
}
"""Pages whose libraries have environments of their own: `tests/frameworks` runs them there."""
NO_CALL = {
    "guides/budgets.md",
    "guides/collector.md",
    "guides/cost.md",
    "guides/networks.md",
    "integrations/microsoft-opentelemetry.md",
}
"""Pages whose programs only set something."""


FASTAPI = (DOCS / "guides" / "fastapi.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", FASTAPI, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_pages_run() -> None:
    """Each page runs as one program, and its calls are recorded; all in one process, for its imports."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.docs.snippets"],
        cwd=DOCS.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "PYTHONPATH": str(need_microsoft() or "")},
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, dict[str, Any]] = {}
    for line in re.findall(r'\{"page".*\}', ended.stdout):
        reported = json.loads(line)
        found[reported["page"]] = reported
    assert set(found) == set(pages())
    assert {name for name, each in found.items() if each["missing"]} <= ELSEWHERE
    assert {name for name, each in found.items() if each["attempts"] == 0} == NO_CALL


@pytest.mark.parametrize("name", sorted(pages()))
def test_pages_compile(name: str) -> None:
    """Each page is Python, also where its libraries are not installed, and shows no key."""
    code = pages()[name]
    compile(code, name, "exec")
    assert not re.search(r"sk-ant|InstrumentationKey=[0-9a-f]{8}", code)


def test_fastapi_takes_two_lines_and_two_commands() -> None:
    """One page opened, two lines added to the service, two commands typed: and the service is as it says."""
    before = _blocks("python")[0]
    after = changed(before, FASTAPI)
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert lines == ["+ from foundry_telemetry import configure", "+ configure()"]
    assert pages()["guides/fastapi.md"].startswith(after)
    (commands,) = _blocks("console")
    assert len(commands.splitlines()) == 2
