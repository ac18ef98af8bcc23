"""A scene for the checks, and their findings by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from foundry_telemetry.investigate.doctor.finding import Finding, Scene
from tests.support.patience import PATIENCE_S

ADDRESS = "https://my-resource.services.ai.azure.com/anthropic"


def scene(
    *, patience_s: float = PATIENCE_S, variables: dict[str, str] | None = None, **options: Any
) -> Scene:
    """A scene with nothing in its environment but what is given."""
    return Scene(environ=variables or {}, patience_s=patience_s, **options)


def named(findings: Iterable[Finding], check: str) -> Finding:
    """The one finding of this name."""
    (found,) = [finding for finding in findings if finding.check == check]
    assert found.state == "ok" or found.fix, found
    return found
