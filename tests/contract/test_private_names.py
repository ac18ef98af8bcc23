"""Canaries: the private names of others that we touch are there, and none is touched without a row."""

from __future__ import annotations

import platform

import pytest

from tests.contract.private_names import NOT_FOREIGN, PACKAGE, PRIVATE, RESPONSES, Private, found_in
from tests.support.versions import version_of

SOURCES = sorted(PACKAGE.rglob("*.py"))


def called(row: Private) -> str:
    """What a row is called in the names of tests."""
    return f"{row.name} in {row.files[0]}"


@pytest.mark.parametrize("row", PRIVATE, ids=called)
def test_private_name_is_as_we_know_it(row: Private) -> None:
    """A private name that changed upstream is told by name, with the version, and what of ours it breaks."""
    if not row.where:
        pytest.skip("the installed versions do not have this part")
    try:
        holds = row.holds()
    except (ImportError, AttributeError, KeyError):
        holds = False
    versions = [f"{name} {version_of(name)}" for name in row.distributions]
    installed = ", ".join(versions) or f"Python {platform.python_version()}"
    assert holds, f"{row.owner}: {row.name!r} changed with {installed}; so {row.breaks}"


def test_a_change_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a name is gone, the failure says whose it was, the versions, and what no longer works."""
    (row,) = (each for each in PRIVATE if each.name == "_get_content_decoder")
    for kind in RESPONSES:
        monkeypatch.delattr(kind, row.name)
    reported = rf"Response of both families.*{row.name}.*httpx .*httpx2 .*compressed answers are unknown"
    with pytest.raises(AssertionError, match=reported):
        test_private_name_is_as_we_know_it(row)


def test_touches_have_a_row() -> None:
    """What a module touches of others in private stands in the table, with that module."""
    for path in SOURCES:
        file = path.relative_to(PACKAGE).as_posix()
        known = {row.name for row in PRIVATE if file in row.files}
        assert not found_in(path) - known, file


def test_search_finds_every_kind_of_touch() -> None:
    """Attributes, names given as texts, and imports are all found; names of our own are not."""
    assert found_in(PACKAGE / "instrumentation/body.py") == {"_decoder", "_get_content_decoder"}
    assert found_in(PACKAGE / "azure/pipelines.py") >= {"_metric_readers", "opentelemetry.sdk._logs"}
    assert found_in(PACKAGE / "azure/forks.py") >= {"_collect", "_reader_storages", "_receive_metrics"}


@pytest.mark.parametrize("row", PRIVATE, ids=called)
def test_rows_are_touched(row: Private) -> None:
    """A row says where its name is touched, and there it is: what is no longer touched leaves the table."""
    last = row.name if row.name.startswith(("com.", "opentelemetry.genai")) else row.name.rpartition(".")[2]
    for file in row.files:
        assert last in (PACKAGE / file).read_text(encoding="utf-8"), file


def test_exceptions_are_needed() -> None:
    """What is excepted from the search stands where the exception says, with a reason."""
    for (file, name), reason in NOT_FOREIGN.items():
        assert name in (PACKAGE / file).read_text(encoding="utf-8")
        assert reason
