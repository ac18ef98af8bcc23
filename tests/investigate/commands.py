"""The command line in this process: quick, and without a terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from foundry_telemetry import cli

URL = "--url"


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Of standard output."""
        return self.out.splitlines()

    @property
    def reported(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def run(*arguments: str, given: str | None = None, **environment: str) -> Said:
    """Run a command at 80 columns, with nothing of its environment but what is given."""
    unset = dict.fromkeys(
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "FOUNDRY_TELEMETRY_WORKSPACE", "FORCE_COLOR", "NO_COLOR")
    )
    reported = CliRunner().invoke(
        cli._application(),
        arguments,
        input=given,
        env={**unset, "COLUMNS": "80", **environment},
        catch_exceptions=False,
    )
    return Said(reported.exit_code, reported.stdout, reported.stderr)
