"""`foundry-telemetry dashboards export`, run in earnest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foundry_telemetry.kql import files
from tests.cli.process import Ended, run

pytestmark = pytest.mark.slow


def export(folder: Path, *arguments: str) -> Ended:
    """Copy into `out`."""
    return run(folder, "dashboards", "export", "out", *arguments)


def test_export(tmp_path: Path) -> None:
    """All that deploys, its queries and its documentation are copied, byte for byte; the pictures are not."""
    ended = export(tmp_path)
    assert (ended.code, ended.err) == (0, "")
    out = tmp_path / "out"
    written = {line.removeprefix("out/") for line in ended.out.splitlines()}
    assert {
        files.WORKBOOK,
        files.GRAFANA,
        files.TEMPLATE,
        files.PARAMETERS,
        files.WRAPPER,
        "README.md",
    } <= written
    assert {f"queries/{name}.kql" for name in files.queries()} <= written
    assert {f"alerts/{name}.kql" for name in files.alerts()} <= written
    for name in written - {"README.md"}:
        assert (out / name).read_bytes() == (files.folder() / name).read_bytes()
    lines = (files.folder() / "README.md").read_text(encoding="utf-8").splitlines()
    copied = (out / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in copied if line] == [line for line in lines if line and ".png" not in line]
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == written


def test_export_again(tmp_path: Path) -> None:
    """Files that are up to date stay as they are; what is missing is added."""
    export(tmp_path)
    assert export(tmp_path).out == "All files are up to date.\n"
    (tmp_path / "out" / files.TEMPLATE).unlink()
    assert export(tmp_path, "--json").rows == [{"written": [f"out/{files.TEMPLATE}"]}]


def test_export_overwrites_only_when_told(tmp_path: Path) -> None:
    """A file that differs is named and kept, and nothing else is written; --force overwrites it."""
    mine = tmp_path / "out" / files.WORKBOOK
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    ended = export(tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert f"out has different versions of {files.WORKBOOK}; use --force to overwrite them" in ended.err
    assert mine.read_text(encoding="utf-8") == "mine"
    assert list(mine.parent.iterdir()) == [mine]
    assert export(tmp_path, "--force").code == 0
    assert mine.read_bytes() == (files.folder() / files.WORKBOOK).read_bytes()


def test_export_into_a_file(tmp_path: Path) -> None:
    """A file in the way is refused, and so is one further down."""
    (tmp_path / "out").write_text("", encoding="utf-8")
    ended = export(tmp_path)
    assert ended.code == 2
    assert "out" in ended.err
    ended = run(tmp_path, "dashboards", "export", "out/below")
    assert ended.code == 1
    assert "choose a writable folder" in ended.err


def test_help(tmp_path: Path) -> None:
    """The sub-command is named, without anything being built."""
    ended = run(tmp_path, "dashboards", "--help")
    assert ended.code == 0
    assert re.search(r"\bexport\b", ended.out)
