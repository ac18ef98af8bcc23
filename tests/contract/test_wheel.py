"""The wheel: small, whole, and nothing in it that only makes what is made already."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

import pytest

from foundry_telemetry.kql import files

ROOT = Path(__file__).parents[2]
PACKAGE = "foundry_telemetry/"
RECORDED = "foundry_telemetry/testing/recorded/"
DATA = "foundry_telemetry/kql/data/"
NOT_FOR_USE = (".png", ".mjs", ".map", ".pyc")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, with the size of what is largest in it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    for entry in sorted(entries(built), key=lambda one: -one.compress_size)[:10]:
        print(f"{entry.compress_size:9,} bytes  {entry.filename}")  # noqa: T201 - for whoever must make room
    return built


def entries(built: Path) -> list[ZipInfo]:
    """What is in it."""
    with ZipFile(built) as archive:
        return archive.infolist()


def names(built: Path) -> set[str]:
    """The paths in it, without those about the wheel itself."""
    return {one.filename for one in entries(built) if one.filename.startswith(PACKAGE)}


def test_the_wheel_is_small(wheel: Path) -> None:
    """Its size stays below the limit that ARCHITECTURE.md names; a failure shows the ten largest files."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    [limit] = re.findall(r"^- Wheel: at most ([\d,]+) bytes\.$", page, re.MULTILINE)
    assert wheel.stat().st_size <= int(limit.replace(",", ""))


def test_the_wheel_has_what_is_used_alone(wheel: Path) -> None:
    """No pictures, no builder, no lint, no tests; of the dashboards what `kql.files` names, and no more."""
    there = names(wheel)
    assert not [
        name for name in there if name.endswith(NOT_FOR_USE) or "/builder/" in name or "/tests/" in name
    ]
    shipped = {DATA + path.relative_to(files.folder()).as_posix() for path in files.shipped()}
    assert {name for name in there if name.startswith(DATA)} == shipped


def test_the_wheel_has_every_module(wheel: Path) -> None:
    """Every tracked file of the package is in it, apart from documentation, and nothing else."""
    listed = subprocess.run(
        ["git", "ls-files", PACKAGE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("no checkout of git: what belongs to the package cannot be told")
    tracked = {name for name in listed.stdout.splitlines() if PurePosixPath(name).name != "README.md"}
    own = {name for name in names(wheel) if not name.startswith((DATA, RECORDED))}
    assert own == tracked
