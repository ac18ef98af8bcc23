"""What the documentation says of delivery."""

from __future__ import annotations

import re
from typing import Final

from foundry_telemetry.azure.pipelines import _DEFAULT_ENVIRONMENT
from foundry_telemetry.azure.shutdown import FLUSH_S
from foundry_telemetry.dropped_items import Reason
from tests.delivery.stage import DEPLOY, ROOT

PAGE: Final = (ROOT / "docs" / "concepts" / "delivery.md").read_text(encoding="utf-8")


def test_every_reason_is_explained() -> None:
    """Each reason of a loss has one row, with what to do; no row is of another."""
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \|$", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(Reason)


def test_every_recipe_is_there() -> None:
    """The recipes that are linked are the files of the folder."""
    linked = set(re.findall(r"\]\(\.\./\.\./examples/deploy/(\w+\.py)\)", PAGE))
    assert linked == {path.name for path in DEPLOY.glob("*.py")}


def test_figures() -> None:
    """The bounds are those of the code."""
    assert FLUSH_S == 5
    assert "takes at most five seconds longer" in PAGE
    assert {_DEFAULT_ENVIRONMENT[f"OTEL_{name}_MAX_QUEUE_SIZE"] for name in ("BSP", "BLRP")} == {"16384"}
    assert "16,384" in PAGE
