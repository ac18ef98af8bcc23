"""Limits: how near is the wall, and when do we meet it?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import OptionsInput, TextInput
from dashboards.builder.visualizations import GROUPED, TIME, Chart, Column, Table, heat, number
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

NO_REQUESTS: Final = (
    "No message was asked for in this time by the deployments chosen, so no limit is near. Choose a longer "
    "time or All under Deployment. The filters of service and model do not apply here."
)
_FORM: Final = r"^\s*([^\s=;]+\s*=\s*\d*\/\d*\/\d*\s*(;\s*|$))*$"

LIMITS: Final = Group(
    name="limits tab",
    when=When("Tab", "limits"),
    items=(
        Text(
            name="limits introduction",
            markdown="What counts against the limits, minute by minute, **over all services**: requests, "
            "uncached input tokens (cache writes count, cache reads do not) and output tokens. Foundry "
            "tells no limits in its answers: declare yours as `deployment=requests/input/output` a "
            "minute, parted by semicolons, such as `claude-opus=80/40000/8000; claude-haiku=400//`. What is "
            "not declared is learnt from seven days: the calmest minute that met a 429, unless a busier one "
            "passed without, for then another limit was met. **Minutes to the wall** follow a straight line "
            "through the last fifteen full minutes; where it does not clearly rise, there are none.",
        ),
        Parameters(
            name="declared limits",
            inputs=(
                TextInput(
                    name="Limits",
                    label="Limits a minute",
                    description="claude-opus=80/40000/8000; claude-haiku=400//",
                    form=_FORM,
                    otherwise="deployment=requests/input/output, parted by semicolons",
                ),
                OptionsInput(
                    name="Measure",
                    label="Chart",
                    description="What the chart shows.",
                    options={
                        "requests": "Requests",
                        "uncached input": "Uncached input tokens",
                        "output": "Output tokens",
                    },
                ),
            ),
        ),
        Query(
            name="distance to the limits",
            query="limits",
            title="Each deployment against its limits, per minute",
            visualization=Table(
                columns=(
                    Column("deployment", "Deployment"),
                    Column("what", "What counts"),
                    Column("usual", "Now, mean of 15 min", GROUPED),
                    Column("peak", "Busiest minute", GROUPED),
                    Column("peak_at", "At", TIME),
                    Column("limit", "Limit", GROUPED),
                    Column("source", "Limit is"),
                    Column("peak_percent", "Busiest of limit", heat("red", "percent", 100)),
                    Column("minutes_to_wall", "Minutes to the wall", {"formatter": 0} | number(0)),
                    Column("quiet", "Passed without 429", GROUPED),
                    Column("met", "Met a 429", GROUPED),
                )
            ),
            empty=NO_REQUESTS,
        ),
        Query(
            name="busiest minutes over time",
            query="minutes_over_time",
            title="{Measure:label}: the busiest minute of each bin",
            visualization=Chart(kind="linechart", y=("amount",), group="deployment", floor=0),
            empty=NO_REQUESTS,
            brush="TimeRange",
        ),
    ),
)
