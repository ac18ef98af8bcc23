"""Incident: what fails, who owns it, and which ids go into the ticket?"""

from __future__ import annotations

from typing import Final

from dashboards.builder import colours
from dashboards.builder.tabs.auth import OVER_TIME
from dashboards.builder.tabs.call import call_details
from dashboards.builder.tabs.common import CALL_OUTCOME, columns, series
from dashboards.builder.texts import EMPTY, NOTES, TITLES, VALUES
from dashboards.builder.visualizations import HIDDEN, Chart, Table, bar, change, heat, in_words
from dashboards.builder.workbook import Group, Query, Text, When

STEPS: Final = tuple(f"m{minute:02}" for minute in range(0, 60, 5))
"""Columns of the heat map: the five minutes from then on of an hour."""


INCIDENT: Final = Group(
    name="incident tab",
    when=When("Tab", "incident"),
    items=(
        Text(name="incident introduction", markdown=NOTES["incident"]),
        Query(
            name="success over time",
            query="success_over_time",
            title=TITLES["success_over_time"],
            visualization=Chart(
                kind="linechart",
                y=("calls_percent", "attempts_percent", "target_percent"),
                **series(calls_percent="green", attempts_percent="orange", target_percent="gray"),
                unit="percent",
                ceiling=100,
            ),
            empty=EMPTY["no_calls"],
            brush="TimeRange",
            width=33,
        ),
        Query(
            name="failures by owner over time",
            query="failures_by_owner",
            title=TITLES["failures_by_owner"],
            visualization=Chart(
                kind="barchart",
                y=("failed",),
                group="error_owner",
                colours=colours.OWNERS,
                labels=VALUES["error_owner"],
            ),
            empty=EMPTY["no_failures"],
            empty_is_good=True,
            brush="TimeRange",
            width=33,
        ),
        Query(
            name="failures by class over time",
            query="failures_by_class",
            title=TITLES["failures_by_class"],
            visualization=Chart(kind="barchart", y=("failed",), group="error_type", colours=colours.CAUSES),
            empty=EMPTY["no_failures"],
            empty_is_good=True,
            brush="TimeRange",
            width=33,
        ),
        Query(
            name="releases",
            query="releases",
            title=TITLES["releases"],
            visualization=Table(
                columns=columns(
                    "service",
                    "version",
                    "change_points",
                    "failed_percent",
                    "earlier_version",
                    "failed_before_percent",
                    "failed",
                    "attempts",
                    "error_type",
                    "error_owner",
                    "first_seen",
                    "last_seen",
                    change_points=change(VALUES["change_points"]),
                )
            ),
            empty=EMPTY["no_versions"],
            size="small",
        ),
        Query(
            name="failures against last week",
            query="failures_last_week",
            title=TITLES["failures_last_week"],
            visualization=Table(
                columns=columns(
                    "error_type",
                    "error_owner",
                    "service",
                    "failed",
                    "last_week",
                    "change_percent",
                    "first_seen",
                    "first_version",
                    "last_seen",
                    "last_version",
                    "failed_percent",
                    "last_week_percent",
                    "instance",
                    "instances",
                    failed=bar("red"),
                    change_percent=change(VALUES["change_percent"]),
                )
            ),
            empty=EMPTY["no_failures"],
            empty_is_good=True,
        ),
        Query(
            name="failure heat map",
            query="failure_heat_map",
            title=TITLES["failure_heat_map"],
            visualization=Table(
                columns=columns(
                    "hour",
                    "deployment",
                    "failed",
                    *STEPS,
                    **dict.fromkeys(STEPS, heat("redBright", "percent", most=100)),
                )
            ),
            empty=EMPTY["no_failures"],
            empty_is_good=True,
        ),
        Query(
            name="latency by deployment",
            query="latency_by_deployment",
            title=TITLES["latency_by_deployment"],
            visualization=Table(
                columns=columns(
                    "service",
                    "deployment",
                    "answers",
                    "first_p95_ms",
                    "first_p95_before_ms",
                    "p50_ms",
                    "p50_before_ms",
                    "p95_ms",
                    "p95_before_ms",
                    "slower_percent",
                    slower_percent=change(VALUES["slower_percent"]),
                )
            ),
            empty=EMPTY["no_answers"],
        ),
        Query(
            name="throttling over time",
            query="throttled_over_time",
            title=TITLES["throttled_over_time"],
            visualization=Chart(
                kind="linechart",
                y=("throttled_percent",),
                **series(throttled_percent="purple"),
                unit="percent",
                floor=0,
            ),
            empty=EMPTY["no_throttling"],
            empty_is_good=True,
            brush="TimeRange",
            size="small",
            width=50,
        ),
        Query(
            name="authentication failures in the incident",
            query="auth_over_time",
            title=TITLES["auth_in_incident"],
            visualization=OVER_TIME,
            empty=EMPTY["no_auth_failures"],
            empty_is_good=True,
            brush="TimeRange",
            size="small",
            width=50,
        ),
        Query(
            name="failed attempts",
            query="failed_attempts",
            title=TITLES["failed_attempts"],
            visualization=Table(
                columns=columns(
                    "TimeGenerated",
                    "service",
                    "deployment",
                    "status",
                    "error_type",
                    "error_owner",
                    "call_outcome",
                    "outcome",
                    "ticket",
                    "apim_request_id",
                    "request_id",
                    "retryable",
                    "attempt_number",
                    "duration_ms",
                    "call_id",
                    "OperationId",
                    call_outcome=CALL_OUTCOME,
                    retryable=in_words(VALUES["retryable"]),
                    OperationId=HIDDEN,
                ),
                filter=True,
            ),
            empty=EMPTY["no_failures"],
            empty_is_good=True,
            export=("call_id", "CallId"),
        ),
        *call_details("chosen call", "CallId"),
    ),
)
