"""The committed files are a fresh build, and the layout keeps what it promises."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dashboards.builder import __main__ as command
from dashboards.builder import build, check
from dashboards.builder.grafana import heat_map
from dashboards.builder.layout import WORKBOOK
from dashboards.builder.workbook import Group, Item, Query, notebook
from foundry_telemetry.kql import compose, files, problems

SHIPPED = json.loads(files.workbook())


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dashboards' folder that a test may change."""
    copy = tmp_path / "dashboards"
    shutil.copytree(files.folder(), copy)
    monkeypatch.setattr(files, "folder", lambda: copy)
    return copy


def all_items(items: tuple[Item, ...] = WORKBOOK) -> Iterator[Item]:
    """Every item of the layout."""
    for item in items:
        yield item
        if isinstance(item, Group):
            yield from all_items(item.items)


QUERIES = [item for item in all_items() if isinstance(item, Query)]


def test_the_committed_files_are_a_fresh_build() -> None:
    """Who changes a query or the layout builds again: `python -m dashboards.builder`."""
    assert build.outdated() == []
    assert notebook(WORKBOOK) == SHIPPED


def test_each_process_builds_the_same(tmp_path: Path) -> None:
    """The bytes depend on nothing but the files: not on the hash seed, nor on the folder we are in."""
    script = (
        "import json; from dashboards.builder.build import ARTEFACTS;"
        "print(json.dumps({name: make() for name, make in ARTEFACTS.items()}))"
    )
    home = str(Path(files.__file__).parents[2])
    reported = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": home, "PYTHONHASHSEED": "1"},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    for name, text in json.loads(reported.stdout).items():
        assert text == (files.folder() / name).read_bytes().decode(), name


def ended(*arguments: str) -> int:
    """The exit code of the builder's command."""
    return command.app(arguments, standalone_mode=False) or 0


def test_a_changed_query_makes_the_workbook_outdated(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build writes what differs, says so, and has nothing to do the second time."""
    (copied / files.WORKBOOK).write_text("{}", encoding="utf-8")
    assert build.outdated() == [files.WORKBOOK]
    assert ended("build") == 0
    assert ended("build") == 0
    assert capsys.readouterr().out == f"wrote {files.WORKBOOK}\neverything is up to date\n"
    assert json.loads((copied / files.WORKBOOK).read_bytes()) == SHIPPED


@pytest.mark.slow
def test_the_check_says_what_is_outdated(copied: Path) -> None:
    """`check` changes nothing, and tells what to run. Its lines and exit code: `test_commands`."""
    text = files.workbook().replace("Latency, successful calls", "Latency")
    (copied / files.WORKBOOK).write_text(text, encoding="utf-8")
    rule = "the committed files are up to date"
    (found,) = check.check(checks={rule: check.ALL[rule]})
    assert (found.rule, found.state) == (rule, "FAILED")
    (problem,) = found.problems
    assert "python -m dashboards.builder" in str(problem)
    assert files.workbook() == text


def test_the_tabs_are_those_that_were_promised() -> None:
    """They come in the order in which people need them; the first is open at the beginning."""
    [tabs] = [item for item in problems.steps(SHIPPED) if item["type"] == problems.LINKS]
    labels = [link["linkLabel"] for link in tabs["content"]["links"]]
    assert labels == [
        "Overview", "Incident", "Calls", "Auth", "Tokens and cost", "Limits", "Streams", "Telemetry health",
    ]  # fmt: skip
    shown = {
        item["conditionalVisibility"]["value"]: item["name"]
        for item in SHIPPED["items"]
        if item.get("conditionalVisibility", {}).get("parameterName") == "Tab"
    }
    assert shown == {link["subTarget"]: f"{link['subTarget']} tab" for link in tabs["content"]["links"]}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_an_empty_step_says_why_and_what_to_do(query: Query) -> None:
    """Each message tells more than that there is nothing."""
    assert len(query.empty.split()) > 12


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_step_without_tiles_has_a_title(query: Query) -> None:
    """A chart or a table says what it shows; tiles say it themselves."""
    tiles = query.json["content"]["visualization"] == "tiles"  # type: ignore[index]
    assert (query.title is None) == tiles


def test_no_step_binds_a_time_of_its_own() -> None:
    """The queries compute with the time that is chosen; a bound one would hide the period before."""
    for item in problems.steps(SHIPPED):
        reported = [item["content"], *problems.inputs_of(item)]
        assert not [key for each in reported for key in each if key.startswith("timeContext")], item["name"]


def test_both_ids_are_shown_under_their_own_names() -> None:
    """Who opens a ticket must see at a glance which id is for whom."""
    shown = {
        label["label"]
        for item in problems.steps(SHIPPED)
        for label in item["content"].get("gridSettings", {}).get("labelSettings", ())
    }
    assert {"apim-request-id (Azure)", "request-id (Anthropic)"} <= shown


def test_a_chosen_row_shows_its_call() -> None:
    """Each table that exports a call has after it the attempts, the trace and the log lines of that call."""
    found = list(all_items())
    exporting = [item for item in found if isinstance(item, Query) and item.export]
    assert {item.query for item in exporting} == {
        "attempts_by_id",
        "calls",
        "failed_attempts",
        "slowest_by_tag",
    }
    for item in exporting:
        _, parameter = item.export or ("", "")
        after = found[found.index(item) + 1 :]
        shown = [
            one
            for one in after
            if isinstance(one, Query) and one.when is not None and one.when.parameter == parameter
        ]
        assert {"call_attempts", "call_trace", "call_logs"} <= {one.query for one in shown}
        for one in shown:
            content: Any = one.json["content"]
            assert f"{{{parameter}:base64}}" in content["query"]


def test_texts_reach_queries_as_base64_alone() -> None:
    """What a person types or a row holds cannot end the string it is put into."""
    for name in (
        "Id",
        "CallId",
        "FoundCallId",
        "TagCallId",
        "UsdPerUnit",
        "Discount",
        "Limits",
        "Target",
        "Budget",
        "Portal",
    ):
        assert f"{{{name}}}" not in files.workbook()
        assert f"{{{name}:base64}}" in files.workbook()


@pytest.mark.parametrize("name", compose.names())
def test_every_query_is_drawn(name: str) -> None:
    """No file lies about that nobody looks at."""
    drawn = {query.query for query in QUERIES}
    filters = {"deployment_names", "service_names", "model_names"}
    filters |= {"tag_keys", "tag_values", "version_names"}
    assert name in drawn | filters | heat_map.QUERIES


def test_the_local_engine_is_not_needed_to_read_them() -> None:
    """Importing and building need the base installation alone."""
    assert find_spec("duckdb_kql")
    script = (
        "import sys; sys.modules['duckdb_kql'] = sys.modules['duckdb'] = None;"
        "from dashboards.builder import build, check; print(build.outdated())"
    )
    home = str(Path(files.__file__).parents[2])
    reported = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": home}, capture_output=True, check=True
    )
    assert reported.stdout.decode().strip() == "[]"
