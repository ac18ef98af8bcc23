"""Overview: is it healthy, how much is it, how fast is it, and who uses it?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.tabs.common import LATENCY, columns, series, stacked, tiles
from dashboards.builder.texts import EMPTY, NOTES, TITLES
from dashboards.builder.visualizations import Chart, Table, bar
from dashboards.builder.workbook import Group, Query, Text, When

OVERVIEW: Final = Group(
    name="overview tab",
    when=When("Tab", "overview"),
    items=(
        Text(name="overview introduction", markdown=NOTES["overview"]),
        Query(
            name="calls and tokens tiles",
            query="call_tiles",
            visualization=tiles(4),
            empty=EMPTY["no_calls"],
            size="tiny",
            width=83,
        ),
        Query(
            name="cost tile",
            query="cost_tile",
            visualization=tiles(4, "usd"),
            empty=EMPTY["no_calls"],
            size="tiny",
            width=16,
        ),
        Query(
            name="calls over time",
            query="calls_over_time",
            title=TITLES["calls_over_time"],
            visualization=stacked(
                succeeded="green", recovered="yellow", abandoned="gray", failed="redBright"
            ),
            empty=EMPTY["no_calls"],
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="tokens over time",
            query="tokens_over_time",
            title=TITLES["tokens_over_time"],
            visualization=Chart(
                kind="areachart",
                y=("uncached_input", "cache_write", "cache_read", "output"),
                **series(
                    uncached_input="blue", cache_write="purple", cache_read="turquoise", output="orange"
                ),
            ),
            empty=EMPTY["no_tokens"],
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="latency over time",
            query="latency_over_time",
            title=TITLES["latency_over_time"],
            visualization=LATENCY,
            empty=EMPTY["no_answers"],
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="time to first token over time",
            query="first_token_over_time",
            title=TITLES["first_token_over_time"],
            visualization=LATENCY,
            empty=EMPTY["no_streams"],
            brush="TimeRange",
            width=50,
        ),
        Query(
            name="share of calls by deployment",
            query="by_deployment",
            title=TITLES["calls_by_deployment"],
            visualization=Chart(kind="piechart", x="deployment", y=("calls",), group="deployment"),
            empty=EMPTY["no_calls"],
            width=25,
        ),
        Query(
            name="deployments",
            query="by_deployment",
            title=TITLES["by_deployment"],
            visualization=Table(
                columns=columns(
                    "deployment",
                    "calls",
                    "failed_calls",
                    "failed_calls_percent",
                    "attempts",
                    "p95_ms",
                    "input_tokens",
                    "output_tokens",
                    "cost_usd",
                    calls=bar("blue"),
                    cost_usd=bar("orange", 4, "usd"),
                )
            ),
            empty=EMPTY["no_calls"],
            width=75,
        ),
    ),
)
