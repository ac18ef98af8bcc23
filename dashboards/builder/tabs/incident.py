"""Incident: what fails, whose move is it, and which ids go into the ticket?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.tabs.auth import NOBODY_REFUSED, OVER_TIME
from dashboards.builder.tabs.overview import NO_ANSWERS, NO_STREAMS, NOTHING_CAME, PERCENTILES
from dashboards.builder.tabs.search import SEARCH, whole_call
from dashboards.builder.visualizations import (
    GROUPED,
    HIDDEN,
    MILLISECONDS,
    TIME,
    Chart,
    Column,
    Table,
    bar,
    heat,
    icons,
    number,
    opens,
    spark,
)
from dashboards.builder.workbook import Group, Query, Text, When

NO_FAILURES: Final = (
    "No attempt failed in this time with these filters. If you expected failures, choose a longer time, "
    "or All in each filter."
)
NO_LIMIT_MET: Final = (
    "No attempt of this time was refused with 429, so nobody had to wait for a limit. The tab Limits shows "
    "how near the limits are."
)

OWNERS: Final = {
    "caller_credential": "orange",
    "caller_authorization": "yellow",
    "caller_request": "lightBlue",
    "quota": "purple",
    "customer_gateway": "pink",
    "azure": "blue",
    "model_service": "redBright",
    "network": "turquoise",
    "client": "gray",
}

INCIDENT: Final = Group(
    name="incident tab",
    when=When("Tab", "incident"),
    items=(
        Text(
            name="incident introduction",
            markdown="What fails, whose move it is, and which ids go into the ticket. **Click a failed "
            "attempt** to see its call; **drag over a chart** to look closer.",
        ),
        SEARCH,
        Query(
            name="success over time",
            query="success_over_time",
            title="What succeeds. The gap is what retries hide",
            visualization=Chart(
                kind="linechart",
                y=("by call", "by attempt"),
                colours={"by call": "green", "by attempt": "orange"},
                unit="percent",
                ceiling=100,
            ),
            empty=NOTHING_CAME,
            brush="TimeRange",
            width=33,
        ),
        Query(
            name="failures by owner over time",
            query="failures_by_owner",
            title="Failed attempts, by whose move it is",
            visualization=Chart(kind="barchart", y=("failed",), group="error_owner", colours=OWNERS),
            empty=NO_FAILURES,
            empty_is_good=True,
            brush="TimeRange",
            width=33,
        ),
        Query(
            name="failures by class over time",
            query="failures_by_class",
            title="Failed attempts, by class",
            visualization=Chart(kind="barchart", y=("failed",), group="error_type"),
            empty=NO_FAILURES,
            empty_is_good=True,
            brush="TimeRange",
            width=33,
        ),
        Query(
            name="failures against last week",
            query="failures_last_week",
            title="Failures, against the same hours of last week",
            visualization=Table(
                columns=(
                    Column("error_type", "Class"),
                    Column("error_owner", "Whose move"),
                    Column("failed", "Failed", bar("red")),
                    Column("percent", "Of all", heat("red", "percent")),
                    Column("last_week", "Last week", GROUPED),
                    Column("last_week_percent", "Of all then", {"formatter": 0} | number(2, "percent")),
                    Column("change", "Change"),
                    Column("trend", "Time shown", spark("red")),
                    Column("newest", "Newest", TIME),
                )
            ),
            empty=NO_FAILURES,
            empty_is_good=True,
        ),
        Query(
            name="failures by minute",
            query="failures_by_minute",
            title="Percent of attempts that failed, in 24 equal parts of the time shown, oldest first",
            visualization=Table(
                columns=(
                    Column("deployment", "Deployment"),
                    Column("attempts", "Attempts", GROUPED),
                    Column("failed", "Failed", GROUPED),
                    *(Column(str(part), str(part), heat("red", "", 50), "4ch") for part in range(1, 25)),
                )
            ),
            empty=NOTHING_CAME,
        ),
        Query(
            name="latency in the incident",
            query="latency_over_time",
            title="Latency of answers, to the end of the body",
            visualization=Chart(
                kind="linechart", y=tuple(PERCENTILES), colours=PERCENTILES, unit="ms", floor=0
            ),
            empty=NO_ANSWERS,
            brush="TimeRange",
            size="small",
            width=50,
        ),
        Query(
            name="time to first token in the incident",
            query="first_token_over_time",
            title="Time to first token of streams",
            visualization=Chart(
                kind="linechart", y=tuple(PERCENTILES), colours=PERCENTILES, unit="ms", floor=0
            ),
            empty=NO_STREAMS,
            brush="TimeRange",
            size="small",
            width=50,
        ),
        Query(
            name="refused by limits over time",
            query="throttled_over_time",
            title="429: share of attempts, and how long callers waited (means)",
            visualization=Chart(
                kind="linechart",
                y=("refused with 429, %", "asked to wait, s", "waited, s"),
                colours={"refused with 429, %": "purple", "asked to wait, s": "gray", "waited, s": "blue"},
                floor=0,
            ),
            empty=NO_LIMIT_MET,
            empty_is_good=True,
            brush="TimeRange",
            size="small",
            width=50,
        ),
        Query(
            name="refused callers in the incident",
            query="auth_over_time",
            title="Refused callers, by cause: the tab Auth tells more",
            visualization=OVER_TIME,
            empty=NOBODY_REFUSED,
            empty_is_good=True,
            brush="TimeRange",
            size="small",
            width=50,
        ),
        Query(
            name="failed attempts",
            query="failed_attempts",
            title="Failed attempts, newest first. Click one to see its call",
            visualization=Table(
                columns=(
                    Column("TimeGenerated", "Ended", TIME),
                    Column("service", "Service"),
                    Column("deployment", "Deployment"),
                    Column("status", "Status"),
                    Column("error_type", "Class"),
                    Column("error_owner", "Whose move"),
                    Column("in_the_end", "In the end", icons(recovered="success", failed="error")),
                    Column("ticket", "For a ticket", opens("CellDetails", "Text")),
                    Column("apim_request_id", "apim-request-id (Azure)"),
                    Column("request_id", "request-id (Anthropic)"),
                    Column("retryable", "Retryable"),
                    Column("outcome", "Outcome"),
                    Column("attempt_number", "Attempt"),
                    Column("duration_ms", "Took", MILLISECONDS),
                    Column("call_id", "Call"),
                    Column("OperationId", "Trace", HIDDEN),
                ),
                filter=True,
            ),
            empty=NO_FAILURES,
            empty_is_good=True,
            export=("call_id", "CallId"),
        ),
        whole_call("attempts of the chosen call", "CallId"),
    ),
)
