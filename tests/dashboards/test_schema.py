"""The workbook is valid by Microsoft's published JSON schema, which is not part of this project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.kql import files

FOLDER = os.environ.get("FOUNDRY_TELEMETRY_ARM_SCHEMAS")


@pytest.fixture(scope="module")
def validator() -> Any:
    """The schema of workbooks, from the folder that the environment names."""
    jsonschema = pytest.importorskip("jsonschema")
    if FOLDER is None:
        pytest.skip("set FOUNDRY_TELEMETRY_ARM_SCHEMAS to a folder with Microsoft's workbook.json")
    return jsonschema.Draft7Validator(json.loads((Path(FOLDER) / "workbook.json").read_bytes()))


def test_the_workbook_is_valid(validator: Any) -> None:
    """What we ship breaks no rule of the schema."""
    assert [error.message for error in validator.iter_errors(json.loads(files.workbook()))] == []


def test_a_broken_workbook_is_not(validator: Any) -> None:
    """A query that is no text, or an item of no known type, fails."""
    workbook = json.loads(files.workbook())
    workbook["items"][0]["type"] = 99
    assert list(validator.iter_errors(workbook))
    workbook = json.loads(files.workbook())
    first_query(workbook["items"])["query"] = 1
    assert list(validator.iter_errors(workbook))


def first_query(items: Any) -> Any:
    """The content of the first step that asks anything."""
    for item in items:
        content = item["content"]
        if "query" in content:
            return content
        if found := first_query(content.get("items", ())):
            return found
    return None
