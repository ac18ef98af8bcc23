"""Streams: how soon do they begin, how fast are they, and how do they end?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import OptionsInput
from dashboards.builder.visualizations import GROUPED, MILLISECONDS, Chart, Column, Table, bar, heat
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

NO_STREAM_ASKED: Final = (
    "No stream was asked for in this time with these filters. Only requests with stream: true are here; for "
    "others the tab Overview has the latency."
)

STREAMS: Final = Group(
    name="streams tab",
    when=When("Tab", "streams"),
    items=(
        Text(
            name="streams introduction",
            markdown="Requests with `stream: true`. **Left by the caller**: closed or cancelled before the "
            "end, which costs what was made until then. **Truncated**: the connection ended without the last "
            "event, often a proxy's idle timeout. **Broken**: an error came within the stream. Tokens a "
            "second are counted after the first token, of whole streams.",
        ),
        Parameters(
            name="measure of streams",
            inputs=(
                OptionsInput(
                    name="StreamMeasure",
                    label="Chart",
                    description="What the chart by deployment shows.",
                    options={
                        "first_p95": "First token p95, s",
                        "first_p50": "First token p50, s",
                        "pace_p50": "Tokens a second p50",
                        "abandoned": "Left by the caller, %",
                        "cut": "Truncated or broken, %",
                    },
                ),
            ),
        ),
        Query(
            name="streams over time",
            query="streams_over_time",
            title="{StreamMeasure:label}, by deployment",
            visualization=Chart(kind="linechart", y=("amount",), group="deployment", floor=0),
            empty=NO_STREAM_ASKED,
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="endings of streams",
            query="stream_endings",
            title="How streams ended",
            visualization=Chart(
                kind="barchart",
                y=("whole", "left by the caller", "truncated", "broken by an error", "never begun"),
                colours={
                    "whole": "green",
                    "left by the caller": "gray",
                    "truncated": "orange",
                    "broken by an error": "redBright",
                    "never begun": "purple",
                },
            ),
            empty=NO_STREAM_ASKED,
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="streams by deployment",
            query="streams_by_deployment",
            title="Streams, by deployment",
            visualization=Table(
                columns=(
                    Column("deployment", "Deployment"),
                    Column("streams", "Streams", bar("blue")),
                    Column("first_p50_ms", "First token p50", MILLISECONDS),
                    Column("first_p95_ms", "First token p95", MILLISECONDS),
                    Column("first_p99_ms", "First token p99", MILLISECONDS),
                    Column("pace_p50", "Tokens a second p50", GROUPED),
                    Column("pace_slow", "Slowest tenth below", GROUPED),
                    Column("abandoned", "Left by the caller", GROUPED),
                    Column("abandoned_percent", "Share left", heat("yellow", "percent", 50)),
                    Column("truncated", "Truncated", GROUPED),
                    Column("broken", "Broken", GROUPED),
                    Column("never_begun", "Never begun", GROUPED),
                )
            ),
            empty=NO_STREAM_ASKED,
        ),
    ),
)
