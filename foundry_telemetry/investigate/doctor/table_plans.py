"""The plans of the workspace's tables. The query API does not report them, so that a command shows them."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.doctor.finding import Finding, skipped, warning
from foundry_telemetry.kql.table_plans import ANALYTICS, CAN_BE_BASIC

CHECK: Final = "table plans"
UNKNOWN: Final = "not reported by the query API; every query runs with {tables} on the plan {plan}"
REFUSED: Final = (
    "the query over all tables failed ({error}), the one over AppEvents did not: {tables} may be on another "
    "plan than {plan}"
)
_SHOW: Final = (
    "az monitor log-analytics workspace table list -g <resource-group> --workspace-name <workspace> "
    f"--query \"[?starts_with(name, 'App') && plan!='{ANALYTICS}'].[name, plan]\" --output tsv"
)
_TABLES: Final = " and ".join(CAN_BE_BASIC)


def unknown() -> Finding:
    """A workspace answered; which plans its tables have, it does not say."""
    return skipped(CHECK, UNKNOWN.format(tables=_TABLES, plan=ANALYTICS), _SHOW)


def refused(error: str) -> Finding:
    """A query over all tables failed where one over the ledger did not.

    Args:
        error: Kind and status, nothing of the answer.
    """
    return warning(CHECK, REFUSED.format(error=error, tables=_TABLES, plan=ANALYTICS), _SHOW)
