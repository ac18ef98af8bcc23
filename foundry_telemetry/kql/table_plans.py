"""The plans of tables in a workspace: which can leave the Analytics plan, and which queries read those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.kql import files, roads

ANALYTICS: Final = "Analytics"
"""The plan that alert rules and dashboards need, and that every table has until somebody changes it."""

CAN_BE_BASIC: Final = ("AppTraces", "AppGenAIContent", "OTelLogs", "OTelSpans")
"""The tables that can be on the Basic plan (Microsoft's reference, July 2026).

`AppEvents`, where the Azure exporter writes the ledger, `AppDependencies`, `AppExceptions` and `AppMetrics`
cannot.
"""

_READS: Final = "// Reads: "
_LEDGER: Final = "the ledger"
"""In a header it stands for the tables of all roads."""


def readers(table: str) -> tuple[str, ...]:
    """The queries whose header names a table beside the ledger, as files of the dashboards' folder."""
    return tuple(sorted(name for name, text in _texts().items() if table in _read_by(text)))


def is_road(table: str) -> bool:
    """Whether every query over the ledger reads a table."""
    return table in roads.TABLES


def _texts() -> Mapping[str, str]:
    texts = {f"queries/{name}.kql": files.query(name) for name in files.queries()}
    texts |= {f"alerts/{name}.kql": files.alert(name) for name in files.alerts()}
    return texts | {f"investigate/{name}.kql": files.investigation(name) for name in files.investigations()}


def _read_by(text: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(_READS)), "")
