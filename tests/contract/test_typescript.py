"""What `examples/typescript` has of the library's tables is made from them."""

from __future__ import annotations

import json
import re

import pytest

from tests.typescript.absent import ABSENT, AT_TIMES
from tests.typescript.generator import FOLDER, made
from tests.typescript.project import PAGE, SOURCE


@pytest.mark.parametrize(("name", "text"), made().items(), ids=lambda value: value[:12])
def test_generated_modules_are_fresh(name: str, text: str) -> None:
    """Each is what its maker gives; else run `python -m tests.typescript.generator`."""
    assert (FOLDER / name).read_text("utf-8") == text


def test_no_other_module_is_generated() -> None:
    """The folder holds what its maker makes, and nothing that is written by hand."""
    assert {path.name for path in FOLDER.iterdir()} == {*made()}


def test_absent_fields_have_reasons() -> None:
    """Each field that is not written has a reason, and those known at times are among them."""
    assert all(ABSENT.values())
    assert ABSENT.keys() > AT_TIMES


def test_the_page_has_the_absent_fields_with_their_reasons() -> None:
    """What a reader is told to miss is what the tests let be missing, and no more than six fields."""
    rows = PAGE.read_text("utf-8").partition("## What is absent")[2].splitlines()
    shown = dict(line.strip("| ").split(" | ") for line in rows if line.startswith("| `"))
    assert shown == {f"`{name}`": why for name, why in ABSENT.items()}
    assert len(shown) <= 6


def test_the_page_names_the_versions_that_are_tested() -> None:
    """A version of a package on the page is the one of `package.json`, by which the tests run."""
    wanted = json.loads((SOURCE / "package.json").read_text("utf-8"))
    tested = wanted["dependencies"] | wanted["devDependencies"]
    shown = re.findall(r"(@[\w-]+/[\w-]+)(?:@|` )(\d[\w.-]*)", PAGE.read_text("utf-8"))
    assert len(shown) > len({name for name, _ in shown}) > 4
    assert [(name, version) for name, version in shown if tested[name] != version] == []
