"""Overview: is it well, how much is it, how fast is it, and who uses it?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.visualizations import GROUPED, MILLISECONDS, Chart, Column, Table, Tiles, bar, heat
from dashboards.builder.workbook import Group, Query, Text, When

NOTHING_CAME: Final = (
    "No call was recorded in this time with these filters. Choose a longer time, or All in each filter. If "
    "it stays empty, no records arrive: the service must call foundry_telemetry.configure() with the "
    "connection string of the Application Insights resource that belongs to this workspace."
)
NO_ANSWERS: Final = (
    "No message was answered in this time with these filters, so there is no latency. The tab Incident shows "
    "what failed."
)
NO_STREAMS: Final = (
    "No stream gave a token in this time with these filters. Only requests with stream: true have a time to "
    "first token."
)
NO_TOKENS: Final = (
    "No answer told its tokens in this time with these filters. Failed calls use none; the tab Incident "
    "shows what failed."
)
PERCENTILES: Final = {"p50": "blue", "p95": "orange", "p99": "redBright"}

_TILES: Final = Tiles(title="tile", subtitle="detail", value="value", note="change")

OVERVIEW: Final = Group(
    name="overview tab",
    when=When("Tab", "overview"),
    items=(
        Text(
            name="overview introduction",
            markdown="Every attempt on the wire counts; the period before is as long as the time shown. "
            "**Drag over a chart** to look closer.",
        ),
        Query(
            name="calls and failures tiles",
            query="call_tiles",
            visualization=_TILES,
            empty=NOTHING_CAME,
            size="tiny",
            width=50,
        ),
        Query(
            name="tokens and cost tiles",
            query="usage_tiles",
            visualization=_TILES,
            empty=NOTHING_CAME,
            size="tiny",
            width=50,
        ),
        Query(
            name="calls over time",
            query="calls_over_time",
            title="Calls, by what came of them",
            visualization=Chart(
                kind="barchart",
                y=("ok", "recovered by a retry", "left by the caller", "failed"),
                colours={
                    "ok": "green",
                    "recovered by a retry": "yellow",
                    "left by the caller": "gray",
                    "failed": "redBright",
                },
            ),
            empty=NOTHING_CAME,
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="tokens over time",
            query="tokens_over_time",
            title="Tokens, in and out",
            visualization=Chart(
                kind="areachart",
                y=("input, not cached", "input written to cache", "input read from cache", "output"),
                colours={
                    "input, not cached": "blue",
                    "input written to cache": "purple",
                    "input read from cache": "turquoise",
                    "output": "orange",
                },
            ),
            empty=NO_TOKENS,
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="latency over time",
            query="latency_over_time",
            title="Latency of answers, to the end of the body",
            visualization=Chart(
                kind="linechart", y=tuple(PERCENTILES), colours=PERCENTILES, unit="ms", floor=0
            ),
            empty=NO_ANSWERS,
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="time to first token over time",
            query="first_token_over_time",
            title="Time to first token of streams",
            visualization=Chart(
                kind="linechart", y=tuple(PERCENTILES), colours=PERCENTILES, unit="ms", floor=0
            ),
            empty=NO_STREAMS,
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="share of calls by deployment",
            query="by_deployment",
            title="Calls by deployment",
            visualization=Chart(kind="piechart", x="deployment", y=("calls",), group="deployment"),
            empty=NOTHING_CAME,
            width=25,
        ),
        Query(
            name="deployments",
            query="by_deployment",
            title="Deployments: failures, latency, tokens and cost",
            visualization=Table(
                columns=(
                    Column("deployment", "Deployment"),
                    Column("calls", "Calls", bar("blue")),
                    Column("failed_calls", "Failed calls", GROUPED),
                    Column("failed_percent", "Failure rate", heat("red", "percent")),
                    Column("attempts", "Attempts", GROUPED),
                    Column("p95_ms", "Latency p95", MILLISECONDS),
                    Column("input_tokens", "Input tokens", GROUPED),
                    Column("output_tokens", "Output tokens", GROUPED),
                    Column("cost_usd", "Cost, USD", bar("orange", digits=4)),
                )
            ),
            empty=NOTHING_CAME,
            width=75,
        ),
    ),
)
