"""Tokens and cost: who uses them, what do they cost, and what is the forecast of the month?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import NUMBER, OptionsInput, TextInput
from dashboards.builder.tabs.common import columns, series, stacked, tiles
from dashboards.builder.texts import EMPTY, INVALID, NOTES, TITLES, VALUES, parameter
from dashboards.builder.visualizations import Chart, Table, bar, change
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

_AMOUNT: Final = r"^(\d*\.?\d+)?$"

COST: Final = Group(
    name="cost tab",
    when=When("Tab", "cost"),
    items=(
        Parameters(
            name="split and prices",
            inputs=(
                OptionsInput(**parameter("Period"), options=VALUES["period"]),
                OptionsInput(**parameter("SplitBy"), options=VALUES["split_by"]),
                OptionsInput(**parameter("ThenBy"), options=VALUES["then_by"]),
                TextInput(**parameter("Budget"), form=_AMOUNT, otherwise=INVALID["number"]),
                TextInput(**parameter("UsdPerUnit"), first="0.01", form=NUMBER, otherwise=INVALID["number"]),
                TextInput(**parameter("Discount"), first="1", form=NUMBER, otherwise=INVALID["number"]),
            ),
        ),
        Query(
            name="cost of the month tiles",
            query="spend_tiles",
            visualization=tiles(4, "usd"),
            empty=EMPTY["no_month"],
            size="tiny",
        ),
        Query(
            name="cost by day",
            query="cost_by_day",
            title=TITLES["cost_by_day"],
            visualization=stacked("usd", useful_usd="orange", wasted_usd="redBright", forecast_usd="gray"),
            empty=EMPTY["no_month"],
            width=40,
            brush="TimeRange",
        ),
        Query(
            name="change of the cost",
            query="cost_change",
            title=TITLES["cost_change"],
            visualization=Chart(
                kind="categoricalbar",
                x="name",
                y=("cost_usd", "more_usd", "less_usd"),
                **series(cost_usd="gray", more_usd="orange", less_usd="blue"),
                unit="usd",
            ),
            empty=EMPTY["no_change"],
            width=60,
        ),
        Query(
            name="month to date",
            query="month_to_date",
            title=TITLES["month_to_date"],
            visualization=Chart(
                kind="linechart",
                y=("spent_usd", "forecast_usd", "budget_usd"),
                **series(spent_usd="orange", forecast_usd="gray", budget_usd="redBright"),
                unit="usd",
                floor=0,
            ),
            empty=EMPTY["no_month"],
            width=60,
        ),
        Query(
            name="wasted spend by kind",
            query="waste",
            title=TITLES["waste"],
            visualization=Table(columns=columns("waste", "cost_usd", "share_percent", "attempts")),
            empty=EMPTY["no_calls"],
            width=40,
        ),
        Query(
            name="cost by two dimensions",
            query="money_by",
            title=TITLES["money_by"],
            visualization=Table(
                columns=columns(
                    "part",
                    "second",
                    "cost_usd",
                    "share_percent",
                    "earlier_usd",
                    "change_usd_percent",
                    "unpriced",
                    "attempts",
                    change_usd_percent=change(VALUES["change_usd_percent"]),
                ),
                filter=True,
            ),
            empty=EMPTY["no_calls"],
        ),
        Query(
            name="cost over time",
            query="cost_over_time",
            title=TITLES["cost_over_time"],
            visualization=Chart(kind="barchart", y=("cost_usd",), group="part", unit="usd"),
            empty=EMPTY["no_cost"],
            brush="TimeRange",
        ),
        Query(
            name="usage and cost",
            query="usage_by",
            title=TITLES["usage_by"],
            visualization=Table(
                columns=columns(
                    "part",
                    "cost_usd",
                    "units",
                    "unpriced",
                    "wasted_usd",
                    "partial_usd",
                    "attempts",
                    "new_input",
                    "cache_write",
                    "cache_read",
                    "hit_percent",
                    "output",
                    "thinking",
                    cost_usd=bar("orange", 4, "usd"),
                ),
                filter=True,
            ),
            empty=EMPTY["no_calls"],
        ),
        Text(name="what the costs mean", markdown=NOTES["cost"].strip()),
    ),
)
