"""What names no source is refused before anything is asked: exit code 2, the value, and what is expected."""

from __future__ import annotations

import pytest

from tests.investigate.commands import run

BAD = "nonsense"
NO_PORT = "http://127.0.0.1:99999"
WORKSPACE = "00000000-0000-0000-0000-000000000000"
LOCAL = ("mcp", "cost", "incident", "ticket 5107000000000000", "explain x", "query AppEvents")
CASES = [(f"{command} --url {url}", url) for command in LOCAL for url in (BAD, NO_PORT)]
CASES += [(f"{command} --workspace {BAD}", BAD) for command in ("mcp", "cost", "doctor")]
CASES += [
    ("mcp --source azure", "--workspace"),
    (f"mcp --workspace {WORKSPACE} --url https://", "https://"),
    (f"mcp --workspace {WORKSPACE} --url http://api.loganalytics.io", "http://api.loganalytics.io"),
    (f"content erase --tenant t --url {BAD}", BAD),
    (f"content erase --tenant t --workspace {WORKSPACE} --management-url {BAD}", BAD),
    (f"content erase --tenant t --workspace {WORKSPACE} --workspace-resource-id {BAD}", BAD),
    ("cost --why --by version", "version"),
    ("cost --why --by service --by model", "service"),
]


@pytest.mark.parametrize(("command", "named"), CASES)
def test_what_names_no_source_is_refused_at_once(command: str, named: str) -> None:
    """Also by `mcp`, whose client may go before it asks anything."""
    ended = run(*command.split(), given="")
    said = " ".join(ended.err.split())
    assert (ended.code, ended.out) == (2, "")
    assert named in said
    assert "expected" in said or "needs" in said
