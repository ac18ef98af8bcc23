"""The page in `dashboards/` is the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foundry_telemetry.advice import ALL, FALLBACKS, PLACEHOLDERS, as_markdown
from foundry_telemetry.advice.__main__ import PAGE, main
from foundry_telemetry.advice.owner_labels import OWNER_LABELS


def test_the_committed_page_is_a_fresh_one() -> None:
    """Who changes the advice writes the page again: `python -m foundry_telemetry.advice`."""
    assert PAGE.read_bytes().decode() == as_markdown()


def test_the_page_holds_the_whole_table() -> None:
    """Each class has a row and a section that the row leads to; each step and command is there."""
    page = as_markdown()
    for name, entry in ALL.items():
        assert f"| [`{name}`](#{name}) | {OWNER_LABELS.get(entry.owner or '', 'Unknown')}" in page
        assert f"\n## {name}\n" in page
    for name in FALLBACKS:
        assert f"\n### {name}\n" in page
    for command in {step.command for entry in ALL.values() for step in entry.steps if step.command}:
        assert f"\n   {command}\n" in page
    bare = page.replace("`", "")
    for entry in (*ALL.values(), *FALLBACKS.values()):
        for text in (
            entry.meaning,
            entry.next_step,
            entry.retry,
            entry.ticket,
            *(s.text for s in entry.steps),
        ):
            assert text in bare


def test_the_page_is_well_formed() -> None:
    """No placeholder is taken for HTML, no heading comes twice, every link leads somewhere."""
    page = as_markdown()
    prose = re.sub(r"```sh.*?```|`[^`\n]*`|<!--.*?-->", "", page, flags=re.DOTALL)
    assert not re.search(r"[<>`]", prose)
    headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    assert len(set(headings)) == len(headings)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors
    assert "\n\n\n" not in page
    assert page.endswith("|\n")
    assert all(f"| `{name}` |" in page for name in PLACEHOLDERS)


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes what the package makes, where it is told to, and says so."""
    assert main([str(tmp_path / "causes.md")]) == 0
    assert (tmp_path / "causes.md").read_bytes().decode() == as_markdown()
    assert capsys.readouterr().out == "wrote causes.md\n"


def test_the_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the package is installed without a checkout around it, it asks for a file."""
    assert main([str(tmp_path / "gone" / "causes.md")]) == 1
    assert "name a file" in capsys.readouterr().err
