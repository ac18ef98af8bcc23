"""The dashboards' files are found in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_telemetry.kql import files


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of an installation that has no files yet."""
    inside, beside = tmp_path / "foundry_telemetry" / "kql" / "data", tmp_path / "dashboards"
    monkeypatch.setattr(files, "_FOLDERS", (inside, beside))
    files.folder.cache_clear()
    yield tmp_path
    files.folder.cache_clear()


def put(folder: Path) -> Path:
    """A folder with the view in it."""
    (folder / "queries").mkdir(parents=True)
    (folder / "queries" / "foundry_attempts.kql").write_text("// Every attempt?\n", encoding="utf-8")
    return folder


def test_a_checkout_has_them_at_its_top() -> None:
    """Beside the package, where they are edited."""
    assert files.folder() == Path(files.__file__).parents[2] / "dashboards"


def test_a_wheel_has_them_inside(package: Path) -> None:
    """What is installed wins over what happens to stand beside it."""
    inside = put(package / "foundry_telemetry" / "kql" / "data")
    put(package / "dashboards")
    assert files.folder() == inside


def test_missing_files_say_how_to_get_them(package: Path) -> None:
    """A package without its data names the folders and the repair."""
    with pytest.raises(FileNotFoundError, match="pip install --force-reinstall foundry-telemetry"):
        files.folder()


def test_an_unknown_query_names_the_others() -> None:
    """A wrong name is reported, with those that there are."""
    with pytest.raises(FileNotFoundError, match=r"no query 'nope'; there are .*call_tiles"):
        files.query("nope")


def test_queries_are_their_file_names() -> None:
    """Each file of the folder is a query, sorted by name."""
    names = files.queries()
    assert list(names) == sorted(path.stem for path in (files.folder() / "queries").iterdir())
    assert all(files.query(name).startswith("// ") for name in names)
