"""Calls: the newest, slowest, dearest and largest, how they are distributed, and all about one of them."""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import OptionsInput
from dashboards.builder.tabs.call import call_details
from dashboards.builder.tabs.common import CALL_OUTCOME, columns, series
from dashboards.builder.texts import EMPTY, NOTES, TITLES, VALUES, parameter
from dashboards.builder.visualizations import Chart, Table, bar
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

_BY_TAG: Final = Query(
    name="slowest call of each tag",
    query="slowest_by_tag",
    title=TITLES["slowest_by_tag"],
    visualization=Table(
        columns=columns(
            "tag_value",
            "call_ms",
            "waited_ms",
            "attempts",
            "call_outcome",
            "started",
            "service",
            "deployment",
            "calls",
            "call_id",
        ),
        filter=True,
    ),
    empty=EMPTY["no_tags"],
    size="small",
    export=("call_id", "TagCallId"),
    width=50,
)
_DISTRIBUTION: Final = Group(
    name="distribution of calls",
    width=50,
    items=(
        Parameters(
            name="measure of the distribution",
            inputs=(OptionsInput(**parameter("Distribution"), options=VALUES["distribution"]),),
        ),
        Query(
            name="calls by size",
            query="distribution",
            title=TITLES["distribution"],
            visualization=Chart(kind="barchart", x="bucket", y=("calls",), **series(calls="blue")),
            empty=EMPTY["no_answers"],
            size="small",
        ),
    ),
)
_LIST: Final = Query(
    name="list of calls",
    query="calls",
    title=TITLES["calls"],
    visualization=Table(
        columns=columns(
            "TimeGenerated",
            "call_outcome",
            "service",
            "deployment",
            "call_ms",
            "first_token_ms",
            "attempts",
            "input_tokens",
            "output_tokens",
            "cost_usd",
            "status",
            "error_type",
            "error_owner",
            "support_code",
            "call_id",
            call_outcome=CALL_OUTCOME,
            cost_usd=bar("orange", 4, "usd"),
        ),
        filter=True,
    ),
    empty=EMPTY["no_calls"],
    export=("call_id", "ListedCallId"),
)

_OF_A_CALL: Final = ("call_attempts", "call_trace", "call_logs", "call_content")

CALLS: Final = Group(
    name="calls tab",
    when=When("Tab", "calls"),
    items=(
        Text(name="calls introduction", markdown=NOTES["calls"]),
        _BY_TAG,
        _DISTRIBUTION,
        *call_details("slowest call", "TagCallId", ("call_trace", "call_attempts", "call_logs")),
        Parameters(
            name="order of calls",
            inputs=(
                OptionsInput(**parameter("CallOrder"), options=VALUES["call_order"]),
                OptionsInput(**parameter("CallOutcome"), options=VALUES["calls_shown"]),
            ),
        ),
        _LIST,
        *call_details("listed call", "ListedCallId", _OF_A_CALL),
    ),
)
