"""Streams: how soon do they begin, how fast are they, and how do they end?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import OptionsInput
from dashboards.builder.tabs.common import columns, stacked
from dashboards.builder.texts import EMPTY, NOTES, STREAM_MEASURES, TITLES, parameter
from dashboards.builder.visualizations import Chart, Table, bar
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

STREAMS: Final = Group(
    name="streams tab",
    when=When("Tab", "streams"),
    items=(
        Text(name="streams introduction", markdown=NOTES["streams"]),
        Parameters(
            name="measure of streams",
            inputs=(OptionsInput(**parameter("StreamMeasure"), options=STREAM_MEASURES),),
        ),
        Query(
            name="streams over time",
            query="streams_over_time",
            title=TITLES["streams_over_time"],
            visualization=Chart(kind="linechart", y=("amount",), group="deployment", floor=0),
            empty=EMPTY["no_stream_requests"],
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="endings of streams",
            query="stream_endings",
            title=TITLES["stream_endings"],
            visualization=stacked(
                completed="green",
                abandoned="gray",
                truncated="orange",
                stream_error="redBright",
                failed_before_first_byte="purple",
            ),
            empty=EMPTY["no_stream_requests"],
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="streams by deployment",
            query="streams_by_deployment",
            title=TITLES["streams_by_deployment"],
            visualization=Table(
                columns=columns(
                    "deployment",
                    "streams",
                    "first_p50_s",
                    "first_p95_s",
                    "first_p99_s",
                    "tokens_per_s_p50",
                    "tokens_per_s_p10",
                    "abandoned",
                    "abandoned_percent",
                    "truncated",
                    "stream_errors",
                    "failed_before_first_byte",
                    streams=bar("blue"),
                )
            ),
            empty=EMPTY["no_stream_requests"],
        ),
    ),
)
