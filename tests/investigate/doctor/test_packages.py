"""Versions: those that are known not to work, and those nobody tried."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import httpx
import httpx2
import pytest

from foundry_telemetry.investigate.doctor import packages
from foundry_telemetry.investigate.doctor.finding import Finding
from tests.investigate.doctor.scenes import named, scene

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def look(monkeypatch: pytest.MonkeyPatch, **versions: str | None) -> list[Finding]:
    """The findings with these versions in place of those that are installed; underscores are hyphens."""
    known = {name.replace("_", "-"): version for name, version in versions.items()}
    installed = packages.installed
    monkeypatch.setattr(packages, "installed", lambda name: known[name] if name in known else installed(name))
    return list(packages.check(scene()))


@pytest.mark.parametrize(
    ("version", "state", "words"),
    [
        ("0.105.0", "warning", "has no middleware"),
        ("0.106.0", "failure", "in the header api-key only"),
        ("0.107.0", "failure", "in the header api-key only"),
        ("0.107.1", "warning", "has no middleware"),
        ("0.108", None, ""),
        ("0.73.9", "warning", "no AnthropicFoundry"),
        ("1.17.0", None, ""),
        ("2.12.0b1", None, ""),
        ("3.0.0", "warning", "newer than the tested versions"),
        (None, "skipped", "not installed"),
    ],
)
def test_the_sdk(version: str | None, state: str | None, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions that send the wrong header fail, those without what we use warn, all others are well."""
    findings = look(monkeypatch, anthropic=version)
    if state is None:
        assert f"anthropic {version}" in named(findings, "packages").seen
        assert "anthropic" not in {finding.check for finding in findings}
    else:
        found = named(findings, "anthropic")
        assert (found.state, found.fix) == (state, "pip install --upgrade 'anthropic>=2.12,<3'")
        assert words in found.seen


@pytest.mark.parametrize(
    ("name", "version", "state"),
    [
        ("httpx", "0.27.2", "failure"),
        ("httpx", "1.0.0", "warning"),
        ("httpx2", "2.15.9", "failure"),
        ("httpx2", "3.0", "warning"),
        ("httpx2", None, "skipped"),
        ("opentelemetry-sdk", "1.30.0", "failure"),
        ("azure-monitor-opentelemetry", "1.8.9", "failure"),
        ("azure-monitor-opentelemetry", None, "failure"),
    ],
)
def test_outside_the_range(
    name: str, version: str | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that is too old fails, one that is too new warns, and the fix installs one that fits."""
    found = named(look(monkeypatch, **{name: version}), name)
    wanted = packages.RANGES[name]
    assert found.state == state
    assert f"pip install '{name}>={wanted.least}" in str(found.fix)


@pytest.mark.parametrize("version", [None, "3.14"])
def test_clients_that_are_not_seen(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    """A client whose calls nobody records is named where it is installed, and nowhere else."""
    found = {one.check: one for one in look(monkeypatch, aiohttp=version)}
    assert ("other clients" in found) == (version is not None)
    if version is not None:
        assert found["other clients"].state == "skipped"
        assert found["other clients"].seen.startswith("aiohttp is installed")
        assert "httpx" in str(found["other clients"].fix)


def test_ranges_are_the_requirements() -> None:
    """The ranges are those that the package itself requires."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    extras = project["optional-dependencies"]
    required = {}
    for line in (*extras["testing"], *project["dependencies"]):
        name, least, below = re.fullmatch(r"([a-z0-9-]+)>=([^,]+)(?:,<(.+))?", line).groups()
        required[name] = packages.Range(least, below)
    assert packages.RANGES.items() <= required.items()


def test_integrations_without_the_patched_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client class that lacks the method we stand in is named, with the integration that remains."""
    assert named(look(monkeypatch), "integrations").state == "ok"
    monkeypatch.delattr(httpx.Client, "_transport_for_url")
    monkeypatch.setattr(httpx2, "AsyncClient", object)
    found = named(look(monkeypatch), "integrations")
    assert found.state == "failure"
    assert "httpx.Client, httpx2.AsyncClient" in found.seen
    assert "event_hooks()" in str(found.fix)
