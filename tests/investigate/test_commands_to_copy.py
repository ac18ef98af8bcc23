"""A command that a screen shows to be copied asks the same source, and works as it stands."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest

from foundry_telemetry.investigate.doctor.finding import Scene
from foundry_telemetry.investigate.sources import choose
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.commands import Said, run
from tests.investigate.history import put
from tests.investigate.ledgers import attempt

WORKSPACE = "11111111-2222-3333-4444-555555555555"
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
REFUSED = {"status": 500, "outcome": "error", "error_type": "server_error", "error_owner": "model_service"}


def commands(said: Said) -> list[list[str]]:
    """What is to be typed, as a shell takes it apart, without the name of the program."""
    found = re.findall(r"\$ foundry-telemetry (.*)", said.out)
    found += re.findall(r"`foundry-telemetry ([^`]*)`", said.err)
    return [shlex.split(line) for line in found]


@pytest.mark.parametrize(
    ("given", "options", "of_doctor"),
    [
        ((None, None, None), "", ""),
        (("local", None, None), " --source local", ""),
        ((None, None, "http://127.0.0.1:4321"), " --url http://127.0.0.1:4321", ""),
        (("local", WORKSPACE, None), " --source local", ""),
        ((None, WORKSPACE, None), f" --workspace {WORKSPACE}", f" --workspace {WORKSPACE}"),
        (
            ("azure", WORKSPACE, "https://api.loganalytics.us"),
            f" --source azure --workspace {WORKSPACE} --url https://api.loganalytics.us",
            f" --workspace {WORKSPACE}",
        ),
    ],
)
def test_a_source_knows_its_options(
    given: tuple[str | None, str | None, str | None], options: str, of_doctor: str
) -> None:
    """What was given is repeated, and nothing else; ``doctor`` has one of these options only."""
    with choose(*given, {}) as source:
        assert (source.options, source.doctor_options) == (options, of_doctor)


def test_details_of_an_incident() -> None:
    """The command for details shows the call, run as it stands; so does the one after a mistake."""
    with LocalAzureMonitor() as azure:
        put(azure.store, [attempt(AT, number, **REFUSED) for number in range(1, 9)])
        said = run("incident", "--since", "4h", "--url", azure.url)
        (details,) = commands(said)
        shown = run(*details)
        missing, mistyped = (run("ticket", ident, "--url", azure.url) for ident in ("req_none", "nothing"))
        (again,), (after_a_mistake,) = commands(missing), commands(mistyped)
        assert again == after_a_mistake
        assert run(*again, "--since", "4h").lines[0] == said.lines[0]
    assert shown.code == 0
    assert "server_error" in shown.out


def test_no_data() -> None:
    """A longer period is advised where it would show a call, and only there."""
    period = ("--from", f"{AT + timedelta(hours=1):%Y-%m-%dT%H:%M}", "--to", "now")
    with LocalAzureMonitor() as azure:
        empty = run("incident", *period, "--url", azure.url)
        put(azure.store, [attempt(AT)])
        said = run("incident", *period, "--url", azure.url)
        (longer,) = re.findall(r"--from (\S+)", " ".join(said.out.split()))
        assert run("incident", "--from", longer, "--url", azure.url).out.startswith("OK ")
    assert empty.out.startswith("NO DATA")
    assert "--from" not in empty.out
    assert "No call in the 7 days before this period." in " ".join(empty.out.split())
    assert commands(empty) == commands(said) == [["doctor"]]


def test_doctor_repeats_what_was_given() -> None:
    """A fix that runs ``doctor`` again keeps the other options, but nothing that may be a secret."""
    scene = Scene(
        environ={}, base_url="https://x.services.ai.azure.com/anthropic", workspace=WORKSPACE, live=True
    )
    assert scene.command("--app", "<module>") == (
        "foundry-telemetry doctor --live --base-url https://x.services.ai.azure.com/anthropic "
        f"--workspace {WORKSPACE} --app <module>"
    )
    for secret in (
        "https://user:CANARY@x.example/",
        "https://x.example/?key=CANARY",
        f"https://{'CANARY0' * 6}/",
    ):
        assert Scene(environ={}, base_url=secret).command("--entra") == "foundry-telemetry doctor --entra"
