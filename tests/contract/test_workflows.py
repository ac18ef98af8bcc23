"""The workflow files: nobody's code runs there but what is pinned, and none has more rights than it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.test_tools import ROOT, WORKFLOWS

FILES = sorted((ROOT / WORKFLOWS).glob("*.yml"))
USES = re.compile(r"^\s*-? ?uses: (?P<action>\S+)@(?P<ref>\S+)(?P<comment>.*)$", re.MULTILINE)
WRITES = {
    "publish": {"id-token"},
    "release": {"attestations", "contents", "id-token"},
}
"""The jobs that may write anything, and what."""


def jobs(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The jobs of a file."""
    yield from yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].items()


def test_there_are_workflows() -> None:
    """There is one for changes and one for releases, and no other that these tests would miss."""
    assert [file.name for file in FILES] == ["ci.yml", "release.yml"]
    assert not list((ROOT / WORKFLOWS).glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned(file: Path) -> None:
    """Every action is pinned by its full commit, with the version for people in a comment."""
    text = file.read_text(encoding="utf-8")
    found = list(USES.finditer(text))
    assert len(found) == text.count("uses:")
    for match in found:
        assert re.fullmatch(r"[0-9a-f]{40}", match["ref"]), match[0]
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", match["comment"]), match[0]


def test_one_action_has_one_pin() -> None:
    """The same action is the same commit everywhere, so that a new version is one look and one change."""
    pins: dict[str, set[str]] = {}
    for file in FILES:
        for match in USES.finditer(file.read_text(encoding="utf-8")):
            pins.setdefault(match["action"], set()).add(match["ref"] + match["comment"])
    assert all(len(refs) == 1 for refs in pins.values()), pins


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_rights_are_least(file: Path) -> None:
    """A file gives no right at all, each job says its own, and only those that publish may write."""
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["permissions"] == {}
    for name, job in jobs(file):
        written = {right for right, how in job["permissions"].items() if how == "write"}
        assert written == WRITES.get(name, set()), name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_checkouts_leave_no_credentials(file: Path) -> None:
    """No step after a checkout finds a token in the clone, and every job ends in time."""
    for name, job in jobs(file):
        assert job["timeout-minutes"], name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_what_is_published_was_built_once() -> None:
    """Nothing is built after the tests, no password exists, and what is published is attested."""
    release = dict(jobs(ROOT / WORKFLOWS / "release.yml"))
    text = (ROOT / WORKFLOWS / "release.yml").read_text(encoding="utf-8")
    assert text.count("python -m build") == 1
    assert set(release["publish"]["needs"]) == {"build", "check"}
    assert release["publish"]["environment"]["name"] == "pypi"
    assert "secrets." not in text
    (upload,) = (step for step in release["publish"]["steps"] if "pypi-publish" in step["uses"])
    assert upload["with"] == {"attestations": True}
    assert "cyclonedx-py environment" in text


def test_pre_releases_are_tried_every_week() -> None:
    """Once a week everything runs against the newest versions, and against pre-releases."""
    file = ROOT / WORKFLOWS / "ci.yml"
    reported = yaml.safe_load(file.read_text(encoding="utf-8"))
    (schedule,) = reported[True]["schedule"]  # YAML takes the word `on` for a truth
    assert schedule["cron"].split()[2:] == ["*", "*", "1"]
    assert any("newest" in step.get("run", "") for step in reported["jobs"]["newest"]["steps"])
