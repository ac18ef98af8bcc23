"""The table of fields is the one place where a field is written down; what lists fields follows from it."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.builder import schema_files
from foundry_telemetry.logs import _OF_ATTEMPT, _OF_FAILURE
from foundry_telemetry.schema.field_table import FIELDS
from foundry_telemetry.schema.inventory import INVENTORY
from foundry_telemetry.schema.reading import Fields
from foundry_telemetry.schema.value import EVENT_NAME, SCHEMA, TAG_PREFIX
from foundry_telemetry.signals import fields as tables
from tests.contract.test_tools import ROOT

PACKAGE = ROOT / "foundry_telemetry"
TABLE = PACKAGE / "schema"
NAMES = {row.name for row in INVENTORY if row.kind in ("field", "metric")} | {EVENT_NAME, TAG_PREFIX}
COPIED = ("foundry_telemetry", "dashboards", "tests", "SECURITY.md", "pyproject.toml")

ROW = """
CHEESE: Final = _field("foundry.usage.cheese", "Ours: made up.", _LEDGER, _ANSWER, c.COUNT, \
path="usage.cheese_requests", column="cheeses", measurement="cheeses", line="cheeses", note="made up")
USAGE_COMPLETE: Final ="""
READING = (
    ("    service_tier: str", "    cheese_requests: int | None = None\n    service_tier: str"),
    (" service_tier=tier,", ' cheese_requests=counts.get("cheese_requests"), service_tier=tier,'),
)
"""Where it is read, all in one file: the attribute, and the line that fills it."""

PLAYED = """
import json
import httpx
import foundry_telemetry
from foundry_telemetry.logs import _fields
from foundry_telemetry.testing.kit.calls import Calls
from foundry_telemetry.kql import compose, view
from foundry_telemetry.demo.ledger import NUMBERS
from foundry_telemetry.investigate.queries import Attempt
from tests.support.capture import Capture

capture = Capture()
foundry_telemetry.instrument(**capture.options)
usage = {"input_tokens": 3, "output_tokens": 4, "cheese_requests": 5}
answer = {"type": "message", "model": "claude-sonnet-5-5", "usage": usage}
transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer))
with httpx.Client(transport=transport) as client:
    client.post("https://r.services.ai.azure.com/anthropic/v1/messages", json={"model": "m"})
Calls(capture.observations).one().has(cheeses=5)
(span,) = capture.spans
print(json.dumps({
    "event": capture.ledger[0],
    "measurements": json.loads(span.attributes["microsoft.custom_measurements"]),
    "line": _fields(capture.observations[0]),
    "columns": [column.name for column in view.COLUMNS],
    "composed": compose.composed("// q\\nfoundry_attempts | summarize sum(cheeses)"),
    "is_number": "foundry.usage.cheese" in NUMBERS,
    "is_read_back": "cheeses" in Attempt.__struct_fields__,
}, default=str))
"""

AUDIT = "from foundry_telemetry.cli import main; main()"


def edit(path: Path, old: str, new: str) -> None:
    """Replace what stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with a made-up field, by its row and its reading, built anew."""
    house = tmp_path_factory.mktemp("house")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
        else:
            shutil.copy(ROOT / name, house)
    edit(house / "foundry_telemetry/schema/field_table.py", "\nUSAGE_COMPLETE: Final =", ROW)
    for old, new in READING:
        edit(house / "foundry_telemetry/wire/usage.py", old, new)
    run(house, "-m", "dashboards.builder", "build")
    return house


def run(house: Path, *arguments: str) -> str:
    """What Python prints in the copy."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=house,
        env={"PYTHONPATH": str(house), "PATH": str(Path(sys.executable).parent), "HOME": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def played(house: Path) -> dict[str, Any]:
    """What a process of the copy emits and knows."""
    found: dict[str, Any] = json.loads(run(house, "-c", PLAYED))
    return found


@pytest.mark.slow
def test_a_field_is_a_row_and_its_reading(played: dict[str, Any]) -> None:
    """A made-up field is in the event, the measurements, the line, the view and what reads it back."""
    assert played["event"]["foundry.usage.cheese"] == 5
    assert played["measurements"]["cheeses"] == 5
    assert played["line"]["cheeses"] == 5
    assert "cheeses" in played["columns"]
    assert 'cheeses=tolong(Properties["foundry.usage.cheese"])' in played["composed"]
    assert played["is_number"]
    assert played["is_read_back"]


@pytest.mark.slow
def test_a_field_is_in_every_generated_file(house: Path) -> None:
    """The made-up field is in the files that the builder makes, in the commands' query, and in `audit`."""
    changed = {
        path.relative_to(house).as_posix()
        for path in house.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and (ROOT / path.relative_to(house)).is_file()
        and path.read_bytes() != (ROOT / path.relative_to(house)).read_bytes()
    }
    by_hand = {"foundry_telemetry/schema/field_table.py", "foundry_telemetry/wire/usage.py"}
    of_fields = {*schema_files.FILES} - {"dashboards/README.md"}  # that one lists alert rules
    assert changed - by_hand == {"dashboards/queries/foundry_attempts.kql", *of_fields}
    for name in changed:
        assert "cheese" in (house / name).read_text(encoding="utf-8")
    for how in ("--json", "--markdown"):
        assert "foundry.usage.cheese" in run(house, "-c", AUDIT, "audit", how)


def test_each_path_is_read_once() -> None:
    """Each row with a path is in one table that an event is read by, and each line in one of the log's."""
    by_table = {name: table.names for name, table in vars(tables).items() if isinstance(table, Fields)}
    of_event = [name for table, found in by_table.items() if table.startswith("EVENT") for name in found]
    assert sorted(of_event) == sorted(row.name for row in FIELDS if row.path and "ledger" in row.signals)
    read = {name for table, found in by_table.items() if table != "MEASUREMENTS" for name in found}
    assert read == {row.name for row in FIELDS if row.path}
    lines = [*_OF_ATTEMPT.names, *_OF_FAILURE.names]
    assert sorted(lines) == sorted(row.line for row in FIELDS if row.line)


def test_names_are_told_apart() -> None:
    """No two fields have the same column, measurement, name on a line or name in the kit."""
    for part in ("column", "measurement", "line", "expected"):
        names = [name for row in FIELDS if (name := getattr(row, part))]
        assert len(names) == len(set(names)), part


def test_all_fields_are_of_the_first_schema() -> None:
    """Nothing is published yet, so what is new is schema 1 too."""
    assert {row.since for row in FIELDS} == {SCHEMA}


def literals(path: Path) -> Iterator[str]:
    """The strings in the code of a file that are the name of a field or metric; docstrings are prose."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(
    "path",
    sorted(path for path in PACKAGE.rglob("*.py") if TABLE not in path.parents),
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_names_stand_in_the_table_alone(path: Path) -> None:
    """No name of a field or metric is written as a literal outside of the table; code says the constant."""
    found = {text for text in literals(path) if text in NAMES}
    assert not found - ALLOWED.get(path.relative_to(PACKAGE).as_posix(), set())


ALLOWED: dict[str, set[str]] = {}
"""Literals that are equal to a name and mean something else."""


def test_a_literal_is_found(tmp_path: Path) -> None:
    """The search sees a name wherever it stands in code."""
    path = tmp_path / "code.py"
    path.write_text('X = {"foundry.cost.usd": f"{1}foundry.region"}\n')
    assert {"foundry.cost.usd", "foundry.region"} <= set(literals(path))
