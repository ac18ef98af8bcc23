"""Which metrics the screens and commands read: ours, since others may record the standard ones as well."""

from __future__ import annotations

from pathlib import Path

import pytest

import foundry_telemetry
from foundry_telemetry.schema.content_table import CONTENT_EVENT

ROOT = Path(__file__).parents[2]
PACKAGE = Path(foundry_telemetry.__file__).parent
PLACES = (ROOT / "dashboards", *(PACKAGE / room for room in ("dashboards", "investigate", "local", "demo")))
"""Doctor alone speaks of the standard metrics: it says whose they are."""
SUFFIXES = (".kql", ".json", ".bicep", ".py", ".js", ".md")
FILES = [
    path
    for place in PLACES
    for path in sorted(place.rglob("*"))
    if path.suffix in SUFFIXES and not {"vendor", "doctor"} & set(path.parts)
]


def test_there_are_files() -> None:
    """Queries, workbook, Grafana, alerts and their templates are among what is looked at."""
    names = {path.name for path in FILES}
    assert {"foundry.workbook.json", "foundry.grafana.json", "azuredeploy.json", "main.bicep"} <= names
    assert {"spend.kql", "ledger_against_metrics.kql"} <= names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_standard_metrics_are_not_read(path: Path) -> None:
    """Nothing reads ``gen_ai.client.*``: beside a library that records it, ours stops."""
    assert "gen_ai.client." not in path.read_text(encoding="utf-8").replace(CONTENT_EVENT, "")
