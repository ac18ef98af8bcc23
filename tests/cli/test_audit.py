"""``foundry-telemetry audit``: the inventory for people, for programs and for a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from foundry_telemetry import cli
from foundry_telemetry.schema.inventory import INVENTORY
from tests.cli.process import run


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run the command in this process, and return what it exits with."""
    monkeypatch.setattr(sys, "argv", ["foundry-telemetry", "audit", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_every_name_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each name stands in the table, whole, and nothing is coloured where there is no terminal."""
    assert call(monkeypatch) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    for row in INVENTORY:
        assert row.name in said


def test_no_color_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """NO_COLOR is respected where colours could be shown."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert call(monkeypatch) == 0
    assert "\x1b[3" not in capsys.readouterr().out


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` is one list, each row with its signals and its source; what is empty is absent."""
    assert call(monkeypatch, "--json") == 0
    reported = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in reported] == [row.name for row in INVENTORY]
    for one in reported:
        assert one["signals"]
        assert one["source"]
        assert all(value not in ("", None) for value in one.values())
    (region,) = (one for one in reported if one["name"] == "foundry.region")
    assert region["source"] == "response headers"
    assert "personal" not in region


def test_one_form_at_a_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Two forms at once are refused as a mistake of usage."""
    assert call(monkeypatch, "--json", "--markdown") == 2
    assert "expected one of them" in capsys.readouterr().err


def test_it_needs_no_network_and_no_client(tmp_path: Path) -> None:
    """It reads the package alone: no exporter, no client, no store is imported."""
    later = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    ended = run(tmp_path, "audit", "--markdown", before=later)
    assert ended.code == 0
    assert "| `foundry.call.id` |" in ended.out
    loaded = {name.partition(".")[0] for name in ended.err.split()}
    assert not {"azure", "httpx", "httpx2", "anthropic", "duckdb", "opentelemetry"} & loaded
