"""The version matrix: its bounds are those of the package, and what it runs is there."""

from __future__ import annotations

import tomllib

from packaging.requirements import Requirement

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
