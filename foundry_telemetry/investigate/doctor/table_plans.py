"""The plans of the workspace's tables. The query API does not report them, so that a command shows them."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.doctor.finding import Finding, skipped, warning
from foundry_telemetry.kql.table_plans import ANALYTICS, CAN_BE_BASIC

CHECK: Final = "table plans"
UNKNOWN: Final = "not reported by the query API; every query runs with {tables} on the plan {plan}"
REFUSED: Final = (
    "the query over several tables failed ({error}), the one over AppEvents did not: {tables} may be on "
    "another plan than {plan}"
)
_SHOW: Final = (
    "az monitor log-analytics workspace table list -g <resource-group> --workspace-name <workspace> "
    f"--query \"[?(starts_with(name, 'App') || starts_with(name, 'OTel')) && plan!='{ANALYTICS}']"
    '.[name, plan]" --output tsv'
)
FIX: Final = (
    "change the plan back, or leave the table out: `foundry-telemetry dashboards export DIR --without "
    "TABLE`, and FOUNDRY_TELEMETRY_WITHOUT_TABLES=TABLE for commands"
)
_TABLES: Final = ", ".join(CAN_BE_BASIC)


def unknown() -> Finding:
    """A workspace answered; which plans its tables have, it does not say."""
    return skipped(CHECK, UNKNOWN.format(tables=_TABLES, plan=ANALYTICS), _SHOW)


def refused(error: str) -> Finding:
    """A query over all tables failed where one over the ledger did not.

    Args:
        error: Kind and status, nothing of the answer.
    """
    return warning(CHECK, REFUSED.format(error=error, tables=_TABLES, plan=ANALYTICS), FIX, _SHOW)
