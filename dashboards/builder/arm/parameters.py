"""The parameters of the template: those of everything, then those of each alert rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from dashboards.builder.alert_rule import Rule
from dashboards.builder.alerts import RULES, SUCCESS_TARGETS
from dashboards.builder.texts import TEMPLATE_PARAMETERS
from dashboards.builder.texts import of_rule as of_rule_text
from foundry_telemetry.kql.roads import DIRECT, TABLES

Kind = Literal["string", "int", "bool", "array", "object"]
Json = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What who deploys can choose."""

    name: str
    kind: Kind
    default: str | int | bool | list[object] | dict[str, object]
    """A text in brackets is an expression."""
    allowed: tuple[str, ...] | tuple[int, ...] = ()
    least: int | None = None
    """The least number, or the least length of a text."""
    most: int | None = None
    meaning: str = ""
    """What it is for; that of one by itself is in the texts."""

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
            "metadata": {"description": self.meaning or TEMPLATE_PARAMETERS[self.name]},
        }


_TOTAL_DAYS: Final = (30, 60, 90, 180, 365, 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383)
"""Above 730 the service takes whole years alone."""


def _days(name: str, default: int, most: int) -> Parameter:
    return Parameter(name=name, kind="int", default=default, least=30, most=most)


GENERAL: Final = (
    Parameter(
        name="workspaceId",
        kind="string",
        default="",
    ),
    Parameter(
        name="namePrefix",
        kind="string",
        default="foundry",
        least=1,
        most=20,
    ),
    Parameter(
        name="location",
        kind="string",
        default="[resourceGroup().location]",
    ),
    Parameter(name="tags", kind="object", default={}),
    Parameter(
        name="workspaceName",
        kind="string",
        default="[format('log-{0}-{1}', parameters('namePrefix'), uniqueString(resourceGroup().id))]",
    ),
    _days("retentionInDays", 30, 730),
    Parameter(name="ledgerTable", kind="string", default=DIRECT.table, allowed=TABLES),
    _days("ledgerRetentionInDays", 90, 730),
    Parameter(
        name="ledgerTotalRetentionInDays",
        kind="int",
        default=90,
        allowed=_TOTAL_DAYS,
    ),
    Parameter(
        name="createApplicationInsights",
        kind="bool",
        default="[empty(parameters('workspaceId'))]",
    ),
    Parameter(
        name="applicationInsightsName",
        kind="string",
        default="[format('appi-{0}', parameters('namePrefix'))]",
    ),
    Parameter(
        name="workbookName",
        kind="string",
        default="Claude in Foundry",
        least=1,
    ),
    Parameter(
        name="deployQueryPack",
        kind="bool",
        default=True,
    ),
    Parameter(
        name="deployGrafana",
        kind="bool",
        default=False,
    ),
    Parameter(name="deployAlerts", kind="bool", default=True),
    Parameter(
        name="actionGroupIds",
        kind="array",
        default=[],
    ),
    Parameter(
        name="alertEmail",
        kind="string",
        default="",
    ),
    Parameter(
        name="monthlyBudgetUsd",
        kind="int",
        default=0,
        least=0,
    ),
    Parameter(
        name="successTarget",
        kind="string",
        default="99",
        allowed=SUCCESS_TARGETS,
    ),
    Parameter(
        name="minimumCalls",
        kind="int",
        default=20,
        least=1,
    ),
    Parameter(
        name="errorBudgetFastShortMinutes",
        kind="int",
        default=5,
        least=1,
        most=60,
    ),
    Parameter(
        name="errorBudgetSlowShortMinutes",
        kind="int",
        default=30,
        least=1,
        most=360,
    ),
    Parameter(name="minimumFailedCalls", kind="int", default=4, least=1),
    Parameter(name="recentMinutes", kind="int", default=60, least=15, most=360),
    Parameter(name="spendChangeMinimumUsd", kind="int", default=1, least=0),
)
"""Those that do not belong to one rule."""


def all_parameters() -> tuple[Parameter, ...]:
    """All, in the order in which a form shows them."""
    return (*GENERAL, *(one for rule in RULES for one in of_rule(rule)))


def of_rule(rule: Rule) -> Iterator[Parameter]:
    """Whether a rule is on, how much is too much, and over which time."""
    yield Parameter(
        name=f"{rule.key}Enabled",
        kind="bool",
        default=True,
        meaning=of_rule_text("enabled", title=rule.title),
    )
    limit = rule.threshold
    yield Parameter(
        name=f"{rule.key}Threshold",
        kind="int",
        default=limit.default,
        least=limit.least,
        most=limit.most,
        meaning=of_rule_text("threshold", threshold=rule.meaning),
    )
    if len(rule.windows) > 1:
        yield Parameter(
            name=f"{rule.key}Window",
            kind="string",
            default=rule.window,
            allowed=rule.windows,
            meaning=of_rule_text("window", frequency=rule.frequency),
        )
