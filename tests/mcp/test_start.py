"""What the server imports before a tool is called: not what takes long."""

from __future__ import annotations

import subprocess
import sys

import pytest

from foundry_telemetry.mcp.tools import TOOLS
from tests.support.patience import PATIENCE_S

LATER = ("duckdb", "duckdb_kql", "antlr4", "azure", "genai_prices", "opentelemetry.sdk", "pandas")
"""Packages of the tools, each imported when one needs it first."""

_CHECK = """
import sys
from foundry_telemetry.mcp import server
from foundry_telemetry.mcp.calls import Calls
from foundry_telemetry.mcp.context import Context
with Context(None, None, None) as context:
    for name, given in {given}:
        Calls(context, 4096).page(name, given)
    print(*(name for name in {later} if name in sys.modules))
"""


def imported(*given: tuple[str, dict[str, str]]) -> list[str]:
    """Which of `LATER` a process has imported that is ready to serve, and has answered some calls."""
    code = _CHECK.format(given=given, later=LATER)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    return ended.stdout.split()


def test_the_start_imports_no_database_and_no_azure() -> None:
    """DuckDB, its parser and the clients of Azure are imported at first use; causes and schema need none."""
    assert imported(("causes", {}), ("schema", {"table": "foundry_attempts"})) == []


def test_a_query_is_parsed_without_a_database() -> None:
    """A workspace's queries are parsed as well, without DuckDB."""
    code = (
        "import sys; from foundry_telemetry.mcp.query.guard import check; "
        "check('foundry_attempts | take 1'); print('duckdb' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert ended.stdout.strip() == "False"


@pytest.mark.parametrize("name", TOOLS)
def test_a_source_that_is_not_there_is_an_error(name: str) -> None:
    """Without a source every tool says how to start or name one, and those that need none answer."""
    from foundry_telemetry.mcp.calls import CallError, Calls
    from foundry_telemetry.mcp.context import Context

    given = {"text": "req_0a6b321dc337cec9", "kql": "foundry_attempts | take 1"}
    arguments = {one.name: given[one.name] for one in TOOLS[name].arguments if one.required}
    with Context(None, None, "http://127.0.0.1:9") as context:
        if name in ("causes", "schema"):
            assert Calls(context, 4_096).page(name, arguments)
            return
        with pytest.raises(CallError, match="foundry-telemetry local"):
            Calls(context, 4_096).page(name, arguments)
