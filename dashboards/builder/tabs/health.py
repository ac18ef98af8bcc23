"""Telemetry health: does all telemetry arrive, and do the numbers match?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.tabs.common import columns
from dashboards.builder.texts import EMPTY, NOTES, TITLES, VALUES
from dashboards.builder.visualizations import Table, bar, in_words
from dashboards.builder.workbook import Group, Query, Text, When

_STATES: Final = {
    "healthy": "success",
    "idle": "success",
    "no_heartbeat": "warning",
    "drops_not_counted": "warning",
    "dropping": "error",
    "no_ledger": "error",
}
_MATCH: Final = {"match": "success", "mismatch": "error", "no_metrics": "question"}

HEALTH: Final = Group(
    name="health tab",
    when=When("Tab", "health"),
    items=(
        Text(name="health introduction", markdown=NOTES["health"]),
        Query(
            name="telemetry of services",
            query="telemetry_by_service",
            title=TITLES["telemetry_by_service"],
            visualization=Table(
                columns=columns(
                    "service",
                    "version",
                    "state",
                    "last_record",
                    "last_heartbeat",
                    "attempts",
                    "spans_kept_percent",
                    "dropped",
                    "main_reason",
                    state=in_words(VALUES["telemetry"], _STATES),
                    attempts=bar("blue"),
                )
            ),
            empty=EMPTY["no_service"],
        ),
        Query(
            name="ledger against metrics",
            query="ledger_against_metrics",
            title=TITLES["ledger_against_metrics"],
            visualization=Table(
                columns=columns(
                    "deployment",
                    "state",
                    "ledger_input",
                    "metrics_input",
                    "input_difference",
                    "ledger_output",
                    "metrics_output",
                    "output_difference",
                    state=in_words(VALUES["match"], _MATCH),
                )
            ),
            empty=EMPTY["no_usage"],
        ),
        Query(
            name="unpriced attempts",
            query="unpriced",
            title=TITLES["unpriced"],
            visualization=Table(
                columns=columns(
                    "reason",
                    "model",
                    "deployment",
                    "attempts",
                    "input_tokens",
                    "output_tokens",
                    "last_seen",
                    reason=in_words(VALUES["unpriced"]),
                    attempts=bar("orange"),
                )
            ),
            empty=EMPTY["all_priced"],
            empty_is_good=True,
        ),
        Query(
            name="stored telemetry",
            query="stored",
            title=TITLES["stored"],
            visualization=Table(
                columns=columns(
                    "table_name",
                    "records",
                    "billable_gb",
                    "billable_gb_a_day",
                    "oldest",
                    "days_kept",
                    "newest",
                    billable_gb=bar("purple", 6),
                )
            ),
            empty=EMPTY["nothing_stored"],
        ),
        Query(
            name="cut values",
            query="cut_values",
            title=TITLES["cut_values"],
            visualization=Table(columns=columns("table_name", "field", "records", "last_seen")),
            empty=EMPTY["nothing_cut"],
            empty_is_good=True,
        ),
        Text(name="what the numbers mean", markdown=NOTES["health_details"].strip()),
    ),
)
