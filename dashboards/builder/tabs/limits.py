"""Limits: how much of them is used, and when are they reached?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import OptionsInput, TextInput
from dashboards.builder.tabs.common import columns
from dashboards.builder.texts import EMPTY, INVALID, NOTES, TITLES, VALUES, parameter
from dashboards.builder.visualizations import Chart, Table, in_words
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

_FORM: Final = r"^\s*([^\s=;]+\s*=\s*\d*\/\d*\/\d*\s*(;\s*|$))*$"

LIMITS: Final = Group(
    name="limits tab",
    when=When("Tab", "limits"),
    items=(
        Text(name="limits introduction", markdown=NOTES["limits"]),
        Parameters(
            name="configured limits",
            inputs=(
                TextInput(**parameter("Limits"), form=_FORM, otherwise=INVALID["limits"]),
                OptionsInput(**parameter("Measure"), options=VALUES["limit_type"]),
            ),
        ),
        Query(
            name="utilisation of the limits",
            query="limits",
            title=TITLES["limits"],
            visualization=Table(
                columns=columns(
                    "deployment",
                    "limit_type",
                    "current_rate",
                    "peak_rate",
                    "peak_at",
                    "limit",
                    "source",
                    "peak_percent",
                    "time_to_limit_s",
                    "highest_unthrottled",
                    "lowest_throttled",
                    limit_type=in_words(VALUES["limit_type"]),
                    source=in_words(VALUES["source"]),
                )
            ),
            empty=EMPTY["no_requests"],
        ),
        Query(
            name="peak minutes over time",
            query="minutes_over_time",
            title=TITLES["minutes_over_time"],
            visualization=Chart(kind="linechart", y=("amount",), group="deployment", floor=0),
            empty=EMPTY["no_requests"],
            brush="TimeRange",
        ),
    ),
)
