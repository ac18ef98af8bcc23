"""The parameters of the template: those of everything, then those of each alert rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from dashboards.builder.alerts import RULES, SUCCESS_TARGETS, Rule

Kind = Literal["string", "int", "bool", "array", "object"]
Json = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What who deploys can choose."""

    name: str
    kind: Kind
    default: str | int | bool | list[object] | dict[str, object]
    """A text in brackets is an expression."""
    meaning: str
    allowed: tuple[str, ...] | tuple[int, ...] = ()
    least: int | None = None
    """The least number, or the least length of a text."""
    most: int | None = None

    @property
    def json(self) -> Json:
        """Its declaration."""
        size = "Value" if self.kind == "int" else "Length"
        limits = {
            f"min{size}": self.least,
            f"max{size}": self.most,
            "allowedValues": list(self.allowed) or None,
        }
        reported = {key: value for key, value in limits.items() if value is not None}
        return {
            "type": self.kind,
            "defaultValue": self.default,
            **reported,
            "metadata": {"description": self.meaning},
        }


_TOTAL_DAYS: Final = (30, 60, 90, 180, 365, 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383)
"""Above 730 the service takes whole years alone."""


def _days(name: str, default: int, most: int, meaning: str) -> Parameter:
    return Parameter(name=name, kind="int", default=default, least=30, most=most, meaning=meaning)


GENERAL: Final = (
    Parameter(
        name="workspaceId",
        kind="string",
        default="",
        meaning="Resource id of the Log Analytics workspace that your Application Insights resource sends "
        "to. Empty: a new workspace is made, and an Application Insights resource that sends to it.",
    ),
    Parameter(
        name="namePrefix",
        kind="string",
        default="foundry",
        least=1,
        most=20,
        meaning="What names of new resources begin with: a letter, then letters, digits and hyphens. Another "
        "one makes a second set in the same resource group.",
    ),
    Parameter(
        name="location",
        kind="string",
        default="[resourceGroup().location]",
        meaning="Region of new resources.",
    ),
    Parameter(name="tags", kind="object", default={}, meaning="Tags of new resources."),
    Parameter(
        name="workspaceName",
        kind="string",
        default="[format('log-{0}-{1}', parameters('namePrefix'), uniqueString(resourceGroup().id))]",
        meaning="Name of the new workspace, where one is made.",
    ),
    _days(
        "retentionInDays", 30, 730, "Days that the new workspace keeps its tables; the ledger has its own."
    ),
    _days(
        "ledgerRetentionInDays",
        90,
        730,
        "Days that the new workspace keeps the ledger (the table AppEvents) for queries; 90 cost nothing "
        "extra.",
    ),
    Parameter(
        name="ledgerTotalRetentionInDays",
        kind="int",
        default=90,
        allowed=_TOTAL_DAYS,
        meaning="Days that the new workspace keeps the ledger at all, queries and archive together; at "
        "least as long as for queries, whatever stands here.",
    ),
    Parameter(
        name="createApplicationInsights",
        kind="bool",
        default="[empty(parameters('workspaceId'))]",
        meaning="Whether to make an Application Insights resource that sends to the workspace.",
    ),
    Parameter(
        name="applicationInsightsName",
        kind="string",
        default="[format('appi-{0}', parameters('namePrefix'))]",
        meaning="Name of the new Application Insights resource, where one is made.",
    ),
    Parameter(
        name="workbookName",
        kind="string",
        default="Claude in Foundry",
        least=1,
        meaning="Title of the workbook.",
    ),
    Parameter(
        name="deployQueryPack",
        kind="bool",
        default=True,
        meaning="Whether to deploy the query pack: the questions of an incident in the portal's query "
        "picker.",
    ),
    Parameter(
        name="deployGrafana",
        kind="bool",
        default=False,
        meaning="Whether to deploy the Grafana dashboard too; not in every region and cloud (a preview of "
        "Azure).",
    ),
    Parameter(name="deployAlerts", kind="bool", default=True, meaning="Whether to deploy the alert rules."),
    Parameter(
        name="actionGroupIds",
        kind="array",
        default=[],
        meaning="Resource ids of the action groups that alerts notify.",
    ),
    Parameter(
        name="alertEmail",
        kind="string",
        default="",
        meaning="An address that alerts are mailed to, by an action group that is made for it. Empty: none.",
    ),
    Parameter(
        name="monthlyBudgetUsd",
        kind="int",
        default=0,
        least=0,
        meaning="What calls may cost in a month, in US dollars at list price. 0: no budget, and no alerts on "
        "spending.",
    ),
    Parameter(
        name="successTarget",
        kind="string",
        default="99",
        allowed=SUCCESS_TARGETS,
        meaning="Percent of the calls that should succeed; the rest is the error budget.",
    ),
    Parameter(
        name="minimumCalls",
        kind="int",
        default=20,
        least=1,
        meaning="Calls (attempts, streams) that a window must have before a share of them can alert.",
    ),
    Parameter(
        name="errorBudgetFastShortMinutes",
        kind="int",
        default=5,
        least=1,
        most=60,
        meaning="The short window of the fast burn rate, in minutes: so long must it burn at the end of the "
        "window too.",
    ),
    Parameter(
        name="errorBudgetSlowShortMinutes",
        kind="int",
        default=30,
        least=1,
        most=360,
        meaning="The short window of the slow burn rate, in minutes.",
    ),
    Parameter(
        name="noDataActiveQuarters",
        kind="int",
        default=64,
        least=8,
        most=96,
        meaning="In how many of the last day's 96 quarters of an hour a service must have called to be "
        "missed when silent.",
    ),
)
"""Those that do not belong to one rule."""


def all_parameters() -> tuple[Parameter, ...]:
    """All, in the order in which a form shows them."""
    return (*GENERAL, *(one for rule in RULES for one in of_rule(rule)))


def of_rule(rule: Rule) -> Iterator[Parameter]:
    """Whether a rule is on, how much is too much, and over which time."""
    yield Parameter(
        name=f"{rule.key}Enabled", kind="bool", default=True, meaning=f"Whether the rule is on: {rule.title}."
    )
    limit = rule.threshold
    yield Parameter(
        name=f"{rule.key}Threshold",
        kind="int",
        default=limit.default,
        least=limit.least,
        most=limit.most,
        meaning=f"Alerts above so many {limit.meaning}.",
    )
    if len(rule.windows) > 1:
        yield Parameter(
            name=f"{rule.key}Window",
            kind="string",
            default=rule.window,
            allowed=rule.windows,
            meaning=f"How far it looks back, at evaluations that are {rule.frequency} apart.",
        )
