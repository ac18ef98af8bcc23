"""``foundry-telemetry fake --list``: the names that its options take."""

from __future__ import annotations

from foundry_telemetry.testing import INCIDENTS, FakeFoundry
from foundry_telemetry.testing.recordings import cases
from foundry_telemetry.testing.script import SERVER_ERRORS
from tests.investigate.commands import run


def test_list() -> None:
    """Every name that is listed can be played by a server, and every name that can be played is listed."""
    said = run("fake", "--list")
    assert (said.code, said.err) == (0, "")
    sections = {
        head: [line.split()[0] for line in lines]
        for head, *lines in (part.splitlines() for part in said.out.split("\n\n"))
    }
    failures = sections.pop("--failure")
    assert failures == list(INCIDENTS)
    names = [name for section in list(sections.values())[1:] for name in section]
    assert set(SERVER_ERRORS) <= set(names)
    with FakeFoundry(names) as foundry:
        assert foundry.host
    unplayed = set(cases()) - set(names)
    assert all(name.startswith("noresp_") for name in unplayed)
