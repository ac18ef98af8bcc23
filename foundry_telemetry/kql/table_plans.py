"""The plans of tables in a workspace: which can leave the Analytics plan, and which queries read those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.kql import files

ANALYTICS: Final = "Analytics"
"""The plan that alert rules and dashboards need, and that every table has until somebody changes it."""

CAN_BE_BASIC: Final = ("AppTraces", "AppGenAIContent")
"""The tables of Application Insights that can be on the Basic plan (Microsoft's reference, July 2026).

`AppEvents`, where the ledger is, `AppDependencies`, `AppExceptions` and `AppMetrics` cannot.
"""

_READS: Final = "// Reads: "


def readers(table: str) -> tuple[str, ...]:
    """The queries whose header names a table, as files of the dashboards' folder."""
    return tuple(sorted(name for name, text in _texts().items() if table in _read_by(text)))


def _texts() -> Mapping[str, str]:
    texts = {f"queries/{name}.kql": files.query(name) for name in files.queries()}
    texts |= {f"alerts/{name}.kql": files.alert(name) for name in files.alerts()}
    return texts | {f"investigate/{name}.kql": files.investigation(name) for name in files.investigations()}


def _read_by(text: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(_READS)), "")
