"""What `examples/typescript` has of the library's tables is made from them."""

from __future__ import annotations

import pytest

from tests.typescript.absent import ABSENT, AT_TIMES
from tests.typescript.generator import FOLDER, made


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
