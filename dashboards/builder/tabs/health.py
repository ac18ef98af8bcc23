"""Is it working?: does everything that should arrive arrive, and do the numbers agree?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.visualizations import GROUPED, TIME, Column, Table, bar, heat, icons, number
from dashboards.builder.workbook import Group, Query, Text, When

NO_SERVICE: Final = (
    "No service has told anything of a Foundry call in 30 days. The service must call "
    "foundry_telemetry.configure() with the connection string of the Application Insights resource that "
    "belongs to this workspace; `foundry-telemetry doctor`, run beside it, says what is missing."
)
NO_TOKENS_TOLD: Final = (
    "Neither the ledger nor metrics tell of tokens in this time. Choose a longer time; if the table above "
    "has attempts, look at the tab Incident: failed calls use none."
)
ALL_PRICED: Final = (
    "Every attempt of this time that told its tokens has a price, so the sums on the tab Tokens and cost "
    "are whole."
)
NOTHING_STORED: Final = (
    "The tables of Application Insights are empty: nothing was ever sent to this workspace, or it is older "
    "than the workspace keeps it."
)
_BYTES: Final = {"formatter": 0} | number(1, "bytes")
_STATES: Final = {
    "well": "success",
    "idle": "success",
    "silent": "warning",
    "losses not counted": "warning",
    "loses records": "error",
    "no ledger": "error",
}
_AGREEMENT: Final = {"agree": "success", "differ": "error", "no metrics": "question"}

WORKING: Final = Group(
    name="working tab",
    when=When("Tab", "working"),
    items=(
        Text(
            name="working introduction",
            markdown="Whether all records arrive, and whether the numbers are right. **Only the time applies "
            "here**, no other filter.",
        ),
        Query(
            name="telemetry of services",
            query="telemetry_by_service",
            title="Services: last record, and what was lost on the way",
            visualization=Table(
                columns=(
                    Column("service", "Service"),
                    Column("version", "Version"),
                    Column("state", "State", icons(**_STATES)),
                    Column("last_record", "Last record", TIME),
                    Column("last_heartbeat", "Last heartbeat", TIME),
                    Column("attempts", "Attempts", bar("blue")),
                    Column("spans_kept_percent", "Spans kept", heat("green", "percent", 100)),
                    Column("lost", "Items lost", GROUPED),
                    Column("mostly", "Mostly because"),
                )
            ),
            empty=NO_SERVICE,
        ),
        Query(
            name="ledger against metrics",
            query="ledger_against_metrics",
            title="Tokens: the ledger against metrics",
            visualization=Table(
                columns=(
                    Column("deployment", "Deployment"),
                    Column("state", "They", icons(**_AGREEMENT)),
                    Column("input", "Input, ledger", GROUPED),
                    Column("metrics_input", "Input, metrics", GROUPED),
                    Column("input_difference", "Difference", GROUPED),
                    Column("output", "Output, ledger", GROUPED),
                    Column("metrics_output", "Output, metrics", GROUPED),
                    Column("output_difference", "Difference", GROUPED),
                )
            ),
            empty=NO_TOKENS_TOLD,
        ),
        Query(
            name="attempts without a price",
            query="unpriced",
            title="Attempts without a price",
            visualization=Table(
                columns=(
                    Column("why", "Why"),
                    Column("model", "Model"),
                    Column("deployment", "Deployment"),
                    Column("attempts", "Attempts", bar("orange")),
                    Column("input_tokens", "Input tokens", GROUPED),
                    Column("output_tokens", "Output tokens", GROUPED),
                    Column("newest", "Newest", TIME),
                )
            ),
            empty=ALL_PRICED,
            empty_is_good=True,
        ),
        Query(
            name="stored telemetry",
            query="stored",
            title="What is stored and billed, by table",
            visualization=Table(
                columns=(
                    Column("table_name", "Table"),
                    Column("records", "Records", GROUPED),
                    Column("billed_bytes", "Billed", bar("purple", 1, "bytes")),
                    Column("billed_bytes_a_day", "Billed a day", _BYTES),
                    Column("oldest", "Oldest record", TIME),
                    Column("days_kept", "Days kept", GROUPED),
                    Column("newest", "Newest record", TIME),
                )
            ),
            empty=NOTHING_STORED,
        ),
        Text(
            name="what the numbers mean",
            markdown="- **Spans kept**: the share of the spans of Foundry calls that sampling kept. The "
            "ledger and metrics are never sampled, so no number of the other tabs depends on it.\n"
            "- **Idle** and **silent** services called nobody. The idle ones are alive: a heartbeat comes "
            "every minute from each process.\n"
            "- **Items lost** are spans, log records, metric points and whole attempts that the service "
            "itself counted as lost (`foundry.telemetry.dropped`); empty is none. The README says of each "
            "reason what to do about it. A process that was killed loses up to five seconds of them and can "
            "count nothing.\n"
            "- **Losses not counted**: nothing in the service counts what is lost on the way to Azure. "
            "`foundry_telemetry.configure()` does; call it in place of `configure_azure_monitor()`.\n"
            "- **The ledger and metrics agree** where the metrics of the time shown, which come up to a "
            "minute late, lie between the ledger without its last minute and with the minute before. "
            "Compared is `foundry.client.token.usage`, which is ours alone, and complete whoever else "
            "records the standard metrics.\n"
            "- **Billed** is what the workspace is billed for the time shown, of everything in these tables.",
        ),
    ),
)
