"""``python -m tests.advisories``: has any package that we bring along a vulnerability that is known?

Asks pip-audit about what the base package and its extras need, as installed here. A vulnerability fails the
run. What could not be asked about is said aloud and does not fail it: a service that is away is no finding,
and silence would be taken for one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("cli", "local", "testing", "demo")
"""Those that users install; ``dev`` is ours."""
SECONDS = 60
"""For all questions together."""


class Verdict(NamedTuple):
    """What came of it."""

    code: int
    lines: list[str]


def packages() -> list[str]:
    """What the package and its extras need, directly or not, as ``name==version``."""
    found: dict[str, str] = {}
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in EXTRAS for text in extras[extra])]
    waiting = [needed for needed in map(Requirement, texts) if needed.name != project["name"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        key = (wanted.name.lower(), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            found[key[0]] = version(wanted.name)
        except PackageNotFoundError:  # of another platform
            continue
        waiting += _needs(wanted)
    return sorted(f"{name}=={number}" for name, number in found.items())


def _needs(wanted: Requirement) -> Iterator[Requirement]:
    for text in distribution(wanted.name).requires or []:
        needed = Requirement(text)
        extras = ["", *wanted.extras]
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            yield needed


def judge(asked: int, code: int, output: str, errors: str) -> Verdict:
    """Read what pip-audit said.

    Args:
        asked: How many packages it was asked about.
        code: Its exit code.
        output: Its JSON, where it came so far.
        errors: Its standard error.
    """
    try:
        reported: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        why = (errors.strip().splitlines() or [f"exit code {code}"])[-1]
        return Verdict(0, [f"NOT AUDITED: none of {asked} packages, for pip-audit could not ask: {why:.200}"])
    found = [
        f"{one['name']} {one['version']}: {vulnerability['id']}; fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for one in reported
        for vulnerability in one.get("vulns", [])
    ]
    skipped = [one["name"] for one in reported if "skip_reason" in one]
    lines = [
        f"{asked - len(skipped)} of {asked} packages audited, {len(found)} known vulnerabilities",
        *found,
    ]
    if skipped:
        named = ", ".join(skipped[:5])
        lines.append(f"NOT AUDITED: {len(skipped)} packages that the service does not know: {named}, ...")
    return Verdict(1 if found else 0, lines)


def ask(wanted: list[str]) -> Verdict:
    """Ask pip-audit about packages."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "packages.txt"
        file.write_text("\n".join(wanted), encoding="utf-8")
        command = ["--no-deps", "--disable-pip", "-r", str(file), "-f", "json", "--timeout", "5"]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", *command],
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return judge(len(wanted), -1, "", f"no answer within {SECONDS} s")
    return judge(len(wanted), done.returncode, done.stdout, done.stderr)


if __name__ == "__main__":
    verdict = ask(packages())
    for line in verdict.lines:
        print(f"advisories: {line}")  # noqa: T201 - this is what it is for
    sys.exit(verdict.code)
