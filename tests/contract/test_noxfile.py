"""The version matrix: its bounds are those of the package, and what it runs is there."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import noxfile
from tests.contract.test_tools import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_requirement_is_held_at_its_lower_bound() -> None:
    """Each direct requirement of the base and of the extras has a lower bound, and that one is held."""
    extras = PROJECT["optional-dependencies"].values()
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    held = {line.partition("==")[0] for line in noxfile._lowest()}
    assert held == {Requirement(text).name for text in texts} - {PROJECT["name"]}
    assert "msgspec==0.21" in set(noxfile._lowest())


def test_the_suite_is_there() -> None:
    """Every folder and file of the suite exists, and the packages of its kit are in the extra ``dev``."""
    for room in noxfile.SUITE:
        assert (ROOT / "tests" / room).exists(), room
    assert set(noxfile.SUITE) >= noxfile.NEEDS_PRICES
    assert {Requirement(text).name for text in noxfile.of_dev(*noxfile.KIT)} == noxfile.KIT


def _brought(texts: list[str]) -> set[str]:
    """The installed distributions that requirements bring, with all that those require."""
    found: set[str] = set()
    waiting = [(Requirement(text).name, Requirement(text).extras) for text in texts]
    while waiting:
        name, extras = waiting.pop()
        found.add(canonicalize_name(name))
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            applies = [
                not needed.marker or needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)
            ]
            if any(applies) and canonicalize_name(needed.name) not in found:
                waiting.append((needed.name, needed.extras))
    return found


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file imports whenever it is collected."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


_DISTRIBUTIONS = cache(metadata.packages_distributions)
"""Looked up once: it reads every installed distribution."""


def _owners(module: str) -> set[str]:
    """The installed distributions that a module can be of."""
    package, _, rest = module.partition(".")
    if package == "opentelemetry" and rest.startswith(
        "instrumentation."
    ):  # one namespace of many distributions
        return {canonicalize_name(".".join(module.split(".")[:3]))}
    return {canonicalize_name(owner) for owner in _DISTRIBUTIONS().get(package, ())}


def test_what_the_suite_imports_is_installed() -> None:
    """Whatever a test of the suite imports at its top comes with the package, the SDK or the kit."""
    known = _brought(["foundry-telemetry[local]", "anthropic", *noxfile.of_dev(*noxfile.KIT)])
    known |= {canonicalize_name(f"opentelemetry.instrumentation.{name}") for name in ("utils", "genai")}
    rooms = [ROOT / "tests" / room for room in noxfile.SUITE]
    files = [file for room in rooms for file in (room.rglob("*.py") if room.is_dir() else [room])]
    ours = {"dashboards", "docs", "examples", "foundry_telemetry", "tests", *sys.stdlib_module_names}
    modules = {module: file for file in files for module in _imported(file)}
    missing = {
        f"{file.relative_to(ROOT)}: {module}"
        for module, file in modules.items()
        if module.partition(".")[0] not in ours and not _owners(module) & known
    }
    assert missing == set()


def test_pythons_are_those_of_the_classifiers() -> None:
    """Each Python that the package says it works on is tried."""
    reported = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert reported == noxfile.PYTHONS
    assert PROJECT["requires-python"] == f">={noxfile.OLDEST}"


def test_the_rest_runs_the_matrix() -> None:
    """``nox -s trust`` ends with all sessions of the matrix."""
    command = noxfile.TRUST["versions"].split()
    assert command[:2] == ["nox", "-s"]
    assert set(command[2:]) == set(noxfile.nox.options.sessions) - {"docs", "lint", "types"}
