"""Which of the dashboards' files need a table on the Analytics plan that could be on another."""

from __future__ import annotations

from foundry_telemetry.kql.table_plans import ANALYTICS, CAN_BE_BASIC, readers


def table() -> str:
    """A line for each table that can be on the Basic plan, and what reads it."""
    rows = [f"| `{name}` | {_files(readers(name))} |" for name in CAN_BE_BASIC]
    head = f"| Table that can leave the plan {ANALYTICS} | Read by |"
    return "\n".join([head, "| --- | --- |", *rows])


def _files(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "no query and no alert rule"
