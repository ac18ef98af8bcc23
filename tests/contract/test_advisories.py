"""What the question for known vulnerabilities makes of its answers."""

from __future__ import annotations

import json
from typing import Any

from tests.advisories import judge, packages
from tests.contract.test_tools import ROOT

FOUND = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": [], "description": "..."}


def said(*dependencies: dict[str, Any]) -> str:
    """What pip-audit prints."""
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_vulnerability_fails() -> None:
    """A known vulnerability fails the run, and is reported with its id and what fixes it."""
    verdict = judge(2, 1, said({"name": "a", "version": "1.0", "vulns": [FOUND]}), "")
    assert verdict.code == 1
    assert "a 1.0: PYSEC-2026-1; fixed in 1.1" in verdict.lines


def test_nothing_known_is_said() -> None:
    """That nothing is known is said with how many were asked about."""
    verdict = judge(1, 0, said({"name": "a", "version": "1.0", "vulns": []}), "")
    assert verdict == (0, ["1 of 1 packages audited, 0 known vulnerabilities"])


def test_what_was_not_audited_is_said() -> None:
    """A package the service does not know fails nothing, and is never taken for audited."""
    verdict = judge(2, 0, said({"name": "a", "vulns": []}, {"name": "b", "skip_reason": "not found"}), "")
    assert verdict.code == 0
    assert verdict.lines[0].startswith("1 of 2 packages audited")
    assert "NOT AUDITED: 1 packages that the service does not know: b" in verdict.lines[1]


def test_a_service_that_is_away_is_said() -> None:
    """No answer at all fails nothing, and is said in the words of what went wrong."""
    verdict = judge(7, 1, "", "Traceback\nConnectionError: no route to host")
    assert verdict.code == 0
    assert verdict.lines == [
        "NOT AUDITED: none of 7 packages, for pip-audit could not ask: ConnectionError: no route to host"
    ]


def test_all_that_we_bring_along_is_asked_about() -> None:
    """Direct requirements of the base and the extras are asked about, and what these need in turn."""
    names = {line.partition("==")[0] for line in packages()}
    assert {"msgspec", "structlog", "duckdb-kql", "opentelemetry-semantic-conventions", "h11"} <= names
    assert "pytest" not in names


def test_the_run_asks() -> None:
    """The quick run asks before it tests."""
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert script.index("python -m tests.advisories") < script.index("python -m pytest")
