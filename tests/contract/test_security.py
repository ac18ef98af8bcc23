"""The security page: each claim is a test that exists, and what leaves by it is what the inventory says."""

from __future__ import annotations

import ast
import re

import pytest

from foundry_telemetry.schema.rendering import as_markdown
from tests.contract.test_tools import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
CLAIM = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CLAIMS = sorted(set(CLAIM.findall(PAGE)))
START, END = "<!-- audit:start -->\n", "\n<!-- audit:end -->\n"


@pytest.mark.parametrize(("file", "name"), CLAIMS, ids="::".join)
def test_claims_are_tests(file: str, name: str) -> None:
    """The test that a claim names is there, and is not skipped for good."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    assert not any(
        "mark.skip" in ast.unparse(each) and "skipif" not in ast.unparse(each)
        for each in found.decorator_list
    )


def test_every_claim_has_a_test() -> None:
    """No row of a table of claims stands without a test."""
    tables = re.findall(r"\| Claim \| Test \|\n\| --- \| --- \|\n((?:\|.*\n)+)", PAGE)
    assert len(tables) == 2
    for row in "".join(tables).splitlines():
        assert CLAIM.search(row), row


def test_the_inventory_on_the_page() -> None:
    """The tables of what leaves are those of ``foundry-telemetry audit --markdown``, to the letter."""
    assert PAGE.partition(START)[2].partition(END)[0] == as_markdown()


def test_nobody_is_invented() -> None:
    """The page names GitHub's private reports, and no address that nobody reads."""
    assert "Report a vulnerability" in PAGE
    assert not re.search(r"[\w.]+@[\w-]+\.\w+", PAGE)
