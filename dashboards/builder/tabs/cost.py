"""Tokens and cost: who uses them, what do they cost, and what will the month have cost?"""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import OneInput, TextInput
from dashboards.builder.tabs.overview import NOTHING_CAME
from dashboards.builder.visualizations import GROUPED, Chart, Column, Table, Tiles, bar, heat, number
from dashboards.builder.workbook import Group, Parameters, Query, Text, When

NO_MONEY: Final = (
    "No attempt of this time has a price with these filters. Prices come from the list of genai-prices; for "
    "a model that it lacks give your own with foundry_telemetry.pricing.set_prices(). The tab Is it working? "
    "says which attempts have none, and why."
)
NO_MONTH: Final = (
    "No call was recorded in this month or the week before today with these filters. Choose All in each "
    "filter; if it stays empty, the tab Is it working? says when each service told something last."
)
_NUMBER: Final = r"^\d*\.?\d+$"
_NO_NUMBER: Final = "A number, such as 0.01"
_USD: Final = {"formatter": 0} | number(2, "usd")

COST: Final = Group(
    name="cost tab",
    when=When("Tab", "cost"),
    items=(
        Text(
            name="cost introduction",
            markdown="Estimates at list price, attempt by attempt, as soon as they end; the invoice comes "
            "later, in consumption units, and cannot be split. **The month** is that in which the time "
            "shown ends, in UTC. **The forecast** adds to what it has cost the mean of the last seven full "
            "days for each day that is left; its range is that mean less and plus the standard deviation "
            "of a day.",
        ),
        Parameters(
            name="split and prices",
            inputs=(
                OneInput(
                    name="SplitBy",
                    label="Split by",
                    description="Deployment, model, service, or a tag given with attribute().",
                    query="split_keys",
                    first="deployment",
                ),
                TextInput(
                    name="UsdPerUnit",
                    label="USD a unit",
                    description="Price of a Claude Consumption Unit",
                    first="0.01",
                    form=_NUMBER,
                    otherwise=_NO_NUMBER,
                ),
                TextInput(
                    name="Discount",
                    label="Times list price",
                    description="1 is list price, 0.9 is ten percent off",
                    first="1",
                    form=_NUMBER,
                    otherwise=_NO_NUMBER,
                ),
            ),
        ),
        Query(
            name="cost of the month tiles",
            query="spend_tiles",
            visualization=Tiles(
                title="tile", subtitle="detail", value="value", note="change", digits=2, unit="usd"
            ),
            empty=NO_MONTH,
            size="tiny",
        ),
        Query(
            name="cost by day",
            query="cost_by_day",
            title="This month, day by day, and what is expected",
            visualization=Chart(
                kind="barchart",
                y=("answered", "failed or left", "expected"),
                colours={"answered": "orange", "failed or left": "redBright", "expected": "gray"},
                unit="usd",
            ),
            empty=NO_MONTH,
            width=40,
        ),
        Query(
            name="cost over time",
            query="cost_over_time",
            title="Cost in the time shown",
            visualization=Chart(kind="barchart", y=("cost_usd",), group="part", unit="usd"),
            empty=NO_MONEY,
            brush="TimeRange",
            width=60,
        ),
        Query(
            name="usage and cost",
            query="usage_by",
            title="Tokens and cost in the time shown",
            visualization=Table(
                columns=(
                    Column("part", "Split by"),
                    Column("cost_usd", "Cost", bar("orange", 2, "usd")),
                    Column("units", "Consumption units", GROUPED),
                    Column("unpriced", "Without a price", GROUPED),
                    Column("wasted_usd", "Failed or left", _USD),
                    Column("partial_usd", "Cut short, at least", _USD),
                    Column("attempts", "Attempts", GROUPED),
                    Column("new_input", "New input", GROUPED),
                    Column("cache_write", "Cache write", GROUPED),
                    Column("cache_read", "Cache read", GROUPED),
                    Column("hit_percent", "Hit rate", heat("green", "percent", 100)),
                    Column("output", "Output", GROUPED),
                    Column("thinking", "Of it thinking", GROUPED),
                ),
                filter=True,
            ),
            empty=NOTHING_CAME,
        ),
    ),
)
