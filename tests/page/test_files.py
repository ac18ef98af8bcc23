"""The files of the page: what may stand in them, and that they are whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import foundry_telemetry.local
from foundry_telemetry.wire.causes import CLASSES
from tests.page.ledger import FAILURES
from tests.page.long_ranges import REFUSALS

FOLDER = Path(foundry_telemetry.local.__file__).parent / "page"
SCRIPTS = sorted(path for path in FOLDER.rglob("*.js") if path.parent.name != "vendor")
INDEX = (FOLDER / "index.html").read_text(encoding="utf-8")
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.cssText|https?://(?!www\.w3\.org/2000/svg)\w"
)


@pytest.mark.row(73)
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_from_text(path: Path):
    """Data cannot become markup or code, and no script names another site."""
    assert not FORBIDDEN.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_what_it_is_for_and_stays_small(path: Path):
    """A comment begins each file, and none is longer than 300 lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("/* ")
    assert len(lines) <= 300


def test_the_page_loads_every_module_at_once():
    """Each module is named once in the head, so that none waits for the one that imports it.

    The console's own are for its page, but for the one that makes links to it.
    """
    named = re.findall(r'href="/page/([\w./]+\.js)"', INDEX)
    rest = {path.name for path in SCRIPTS if path.parent == FOLDER} - {"main.js", "theme.js"}
    assert sorted(named) == sorted({*rest, "console/query_url.js"})


def test_the_page_has_no_inline_script_or_style():
    """The content security policy allows neither."""
    for text in (INDEX, (FOLDER / "console" / "console.html").read_text(encoding="utf-8")):
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_what_is_vendored_has_its_licence():
    """Each library has its licence beside it, and says so."""
    folder = FOLDER / "vendor"
    assert (
        (folder / "echarts.min.js").read_text(encoding="utf-8").startswith("/* Apache ECharts 6.1.0, Apache")
    )
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert "Apache ECharts" in (folder / "NOTICE").read_text(encoding="utf-8")
    assert "BSD" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert (folder / "LICENSE-d3").is_file()
    assert (
        (folder / "codemirror.min.js").read_text(encoding="utf-8").startswith("/* CodeMirror 6, MIT; see LIC")
    )
    assert "MIT License" in (folder / "LICENSE-codemirror").read_text(encoding="utf-8")


def test_the_data_of_the_pictures_is_what_the_product_writes():
    """Each cause is one of the product's, with its owner; each column is one of the ledger."""
    for cause, (owner, _, retryable, _) in FAILURES.items():
        assert (CLASSES[cause].owner, CLASSES[cause].retryable) == (owner, retryable), cause
    for refusal in REFUSALS:
        assert CLASSES[str(refusal["error_type"])].owner == refusal["error_owner"]
