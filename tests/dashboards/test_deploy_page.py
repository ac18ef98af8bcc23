"""What the page about deploying says follows from the template: how to remove it, what alerts cost, plans."""

from __future__ import annotations

import copy
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.builder import alerts, removal
from dashboards.builder.alert_rule import PRICES
from dashboards.builder.arm.deployment import deploy
from dashboards.builder.arm.lint import everything
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.table_plans import CAN_BE_BASIC, readers

TEMPLATE: Any = json.loads((files.folder() / files.TEMPLATE).read_bytes())
ALL = deploy(TEMPLATE, everything(TEMPLATE)).resources
PAGE = (files.folder() / "README.md").read_text(encoding="utf-8")
RULE = "Microsoft.Insights/scheduledQueryRules"
DATA = {"Microsoft.Insights/components", "Microsoft.OperationalInsights/workspaces"}
WORKBOOK = "/the/id/of/the/workbook"
FAKE = f'az() {{ if [ "$1" = deployment ]; then echo {WORKBOOK}; else printf "%q " "$@"; echo; fi; }}\n'
"""In the place of the command: the id that it would report, else what it was called with."""


def between(name: str) -> str:
    """The built part of the page."""
    return PAGE.partition(f"<!-- {name}:start -->")[2].partition(f"<!-- {name}:end -->")[0]


def removed() -> Iterator[list[str]]:
    """What the commands of the page call `az` with, run by a real shell."""
    [block] = re.findall(r"```console\n(.*?)```", between("removal"), re.DOTALL)
    script = FAKE + re.sub(r"^\$ ", "", block, flags=re.MULTILINE)
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
    yield from map(shlex.split, done.stdout.splitlines())


def test_the_commands_remove_everything_but_data() -> None:
    """Each resource that the template can make is removed, or inside of one that is; the data is not."""
    found = set()
    for call in removed():
        assert call[:2] == ["resource", "delete"]
        options = dict(zip(call[2::2], call[3::2], strict=True))
        found.add(
            (options["--resource-type"], options["--name"]) if "--name" in options else options["--ids"]
        )
    kept = {*DATA, "Microsoft.Insights/workbooks"}
    top = [one for one in ALL if one["type"].count("/") == 1 and one["type"] not in kept]
    assert found == {(one["type"], one["name"]) for one in top} | {WORKBOOK}
    for one in ALL:
        assert f"`{'/'.join(one['type'].split('/')[:2])}`" in between("removal")


def test_a_new_type_of_resource_needs_its_removal() -> None:
    """A build stops where the template makes what the page does not know."""
    template = copy.deepcopy(TEMPLATE)
    template["resources"][3]["type"] = "Microsoft.Insights/webTests"
    with pytest.raises(ValueError, match="webTests"):
        removal.page(template)


def cost(parameters: dict[str, object], series: int) -> float:
    """Dollars a month of the rules that a deployment makes, from the template's own text."""
    rules = [one["properties"] for one in deploy(TEMPLATE, parameters).resources if one["type"] == RULE]
    prices = [(PRICES[rule["evaluationFrequency"]], rule["criteria"]["allOf"][0]) for rule in rules]
    return sum(
        first + further * (series - 1 if criterion.get("dimensions") else 0)
        for (first, further), criterion in prices
    )


def test_what_the_alerts_cost() -> None:
    """The sums of the page are those of the rules that the template deploys, by their frequency."""
    sums = [float(amount) for amount in re.findall(r"\$([\d.]+?)(?=[ ,.](?:\D|$))", between("alerts"))]
    whole = {"monthlyBudgetUsd": 1}
    for expected in (cost(whole, 1), cost(whole, 10), cost(whole, 100), cost({}, 1), cost({}, 10)):
        assert round(expected, 2) in sums, expected


def test_alert_rules_read_what_cannot_leave_its_plan() -> None:
    """No rule reads a table that can be on the Basic plan; the page lists each query that does."""
    for table in CAN_BE_BASIC:
        assert not [name for name in readers(table) if name.startswith("alerts/")]
        for name in readers(table):
            assert f"`{name}`" in between("plans")
    assert all(
        files.alert(name).splitlines()[1].startswith("// Reads: the ledger, ") for name in files.alerts()
    )
    rules = {alerts.text(name) for name in files.alerts()}
    assert not any(table in compose.words(text) for text in rules for table in CAN_BE_BASIC)
    assert "queries/call_logs.kql" in readers("AppTraces")
