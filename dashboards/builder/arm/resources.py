"""What the template deploys, each resource as Azure Resource Manager reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dashboards.builder import alerts, querypack
from dashboards.builder.alert_rule import Rule
from dashboards.builder.arm import alert_query
from dashboards.builder.arm.alert_links import VIEW, links
from dashboards.builder.arm.expressions import literal, quoted
from dashboards.builder.querypack import Saved
from dashboards.builder.texts import TEMPLATE
from foundry_telemetry.kql.table_plans import ANALYTICS

Json = dict[str, object]

VERSIONS: Final = {
    "Microsoft.Dashboard/dashboards": "2025-09-01-preview",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
    "Microsoft.Insights/workbooks": "2023-06-01",
    "Microsoft.OperationalInsights/queryPacks": "2019-09-01",
    "Microsoft.OperationalInsights/workspaces": "2025-07-01",
}
"""By type, the oldest with a published schema that has all we use: sovereign clouds get new ones late."""

_WORKSPACE: Final = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))"
_PACK: Final = "resourceId('Microsoft.OperationalInsights/queryPacks', variables('queryPackName'))"
_EMAIL_GROUP: Final = "resourceId('Microsoft.Insights/actionGroups', variables('emailGroupName'))"
_WORKBOOK: Final = "resourceId('Microsoft.Insights/workbooks', variables('workbookGuid'))"
_COMPONENT: Final = "resourceId('Microsoft.Insights/components', parameters('applicationInsightsName'))"
_GRAFANA: Final = "resourceId('Microsoft.Dashboard/dashboards', variables('grafanaName'))"

_NO_RESOURCES: Final = '"fallbackResourceIds":[]'
_ONE_RESOURCE: Final = '"fallbackResourceIds":["{0}"]'
"""In the workbook's text: it names no resource, until it is deployed for one."""

_PORTAL: Final = '"https://portal.azure.com"'
"""In both texts: the address that is the parameter's first value."""

_PIECE: Final = re.compile(r".{2000,99999}?(?<=\}),(?=\{)|.{1,99999}(?!\[)", re.DOTALL)
"""Azure may refuse a text of more than 131,072 characters in a template."""


def variables(workbook: str, grafana: str) -> Json:
    """What several resources use.

    Args:
        workbook: Its text, without blanks.
        grafana: The Grafana dashboard's text.
    """
    saved: Json = {one.name: literal(one.body) for one in querypack.pack() if querypack.PORTAL in one.body}
    return {
        "workspaceId": f"[if(empty(parameters('workspaceId')), {_WORKSPACE}, parameters('workspaceId'))]",
        "workbookGuid": _guid("workbook"),
        "workbookId": f"[{_WORKBOOK}]",
        "workbookUrl": "[format('{0}/#resource{1}/workbook', environment().portal, variables('workbookId'))]",
        "workbookView": f"[{VIEW}]",
        "queryPackName": "[format('{0}-queries', parameters('namePrefix'))]",
        "emailGroupName": "[format('{0}-email', parameters('namePrefix'))]",
        "actionGroupIds": f"[if(empty(parameters('alertEmail')), parameters('actionGroupIds'), "
        f"concat(parameters('actionGroupIds'), createArray({_EMAIL_GROUP})))]",
        **alert_query.variables(),
        **({"savedQueries": saved} if saved else {}),
        "workbook": _pieces(workbook),
        "grafanaName": "[format('{0}-grafana', parameters('namePrefix'))]",
        "grafana": _pieces(grafana),
    }


def _pieces(text: str) -> list[str]:
    """A long text in parts, cut where an object follows another: a change of one step changes few of them."""
    return [literal(match[0]) for match in _PIECE.finditer(text)]


def _here(variable: str) -> str:
    """A text in parts as one, with links to the portal of this cloud."""
    portal = "format('\"{0}\"', environment().portal)"
    return f"replace(join(variables({quoted(variable)}), ''), {quoted(_PORTAL)}, {portal})"


def resources() -> list[Json]:
    """All, in the order in which they are made."""
    return [
        *_data(),
        _workbook(),
        *_query_pack(),
        _email_group(),
        *map(_rule, alerts.RULES),
        *_grafana(),
    ]


def outputs() -> Json:
    """What who deploys wants to know."""
    connection = (
        f"reference({_COMPONENT}, {quoted(VERSIONS['Microsoft.Insights/components'])}).ConnectionString"
    )
    reported = {
        "connectionString": f"[if(parameters('createApplicationInsights'), {connection}, '')]",
        "workspaceId": "[variables('workspaceId')]",
        "workbookId": "[variables('workbookId')]",
        "workbookUrl": "[variables('workbookUrl')]",
    }
    return {name: {"type": "string", "value": value} for name, value in reported.items()}


def _guid(*names: str) -> str:
    reported = ", ".join(["resourceGroup().id", "parameters('namePrefix')", *map(quoted, names)])
    return f"[guid({reported})]"


def _resource(
    resource_type: str,
    name: str,
    properties: Json,
    *,
    after: Iterable[str] = (),
    condition: str | None = None,
    **more: object,
) -> Json:
    """One resource; `more` stands before its properties."""
    parent = "/".join(resource_type.split("/")[:2])
    reported: Json = {} if condition is None else {"condition": f"[{condition}]"}
    reported |= {"type": resource_type, "apiVersion": VERSIONS[parent], "name": f"[{name}]"}
    if resource_type == parent:
        reported |= {"location": "[parameters('location')]", "tags": "[parameters('tags')]"}
    waits = [f"[{one}]" for one in after]
    return reported | more | ({"dependsOn": waits} if waits else {}) | {"properties": properties}


def _data() -> Iterable[Json]:
    """The workspace, how long it keeps the ledger, and the Application Insights resource."""
    new = "empty(parameters('workspaceId'))"
    yield _resource(
        "Microsoft.OperationalInsights/workspaces",
        "parameters('workspaceName')",
        {
            "sku": {"name": "PerGB2018"},
            "retentionInDays": "[parameters('retentionInDays')]",
            "features": {"enableLogAccessUsingOnlyResourcePermissions": True},
        },
        condition=new,
    )
    total = "max(parameters('ledgerRetentionInDays'), parameters('ledgerTotalRetentionInDays'))"
    yield _resource(
        "Microsoft.OperationalInsights/workspaces/tables",
        "format('{0}/{1}', parameters('workspaceName'), parameters('ledgerTable'))",
        {
            "plan": ANALYTICS,
            "retentionInDays": "[parameters('ledgerRetentionInDays')]",
            "totalRetentionInDays": f"[{total}]",
        },
        condition=new,
        after=[_WORKSPACE, _COMPONENT],
    )
    yield _resource(
        "Microsoft.Insights/components",
        "parameters('applicationInsightsName')",
        {
            "Application_Type": "web",
            "WorkspaceResourceId": "[variables('workspaceId')]",
            "IngestionMode": "LogAnalytics",
        },
        condition="parameters('createApplicationInsights')",
        after=[_WORKSPACE],
        kind="web",
    )


def _workbook() -> Json:
    """The workbook, which asks the workspace wherever it is opened."""
    here = f"format({quoted(_ONE_RESOURCE)}, variables('workspaceId'))"
    return _resource(
        "Microsoft.Insights/workbooks",
        "variables('workbookGuid')",
        {
            "displayName": "[parameters('workbookName')]",
            "description": TEMPLATE["workbook"],
            "serializedData": f"[replace({_here('workbook')}, {quoted(_NO_RESOURCES)}, {here})]",
            "version": "Notebook/1.0",
            "sourceId": "[variables('workspaceId')]",
            "category": "workbook",
        },
        after=[_WORKSPACE],
        kind="shared",
    )


def _query_pack() -> Iterable[Json]:
    wanted = "parameters('deployQueryPack')"
    yield _resource(
        "Microsoft.OperationalInsights/queryPacks", "variables('queryPackName')", {}, condition=wanted
    )
    for saved in querypack.pack():
        guid = _guid("query", saved.name)[1:-1]
        yield _resource(
            "Microsoft.OperationalInsights/queryPacks/queries",
            f"format('{{0}}/{{1}}', variables('queryPackName'), {guid})",
            {
                "displayName": literal(f"Foundry: {saved.title}"),
                "description": literal(saved.description),
                "body": _body(saved),
                "related": {
                    "categories": ["applications"],
                    "resourceTypes": ["microsoft.operationalinsights/workspaces"],
                },
                "tags": {"labels": ["Foundry", "Claude"]},
            },
            condition=wanted,
            after=[_PACK],
        )


def _body(saved: Saved) -> str:
    """The text of a query; where links to the portal are in it, they are those of the cloud."""
    if querypack.PORTAL not in saved.body:
        return literal(saved.body)
    portal = f"{quoted(querypack.PORTAL)}, environment().portal"
    return f"[replace(variables('savedQueries').{saved.name}, {portal})]"


def _email_group() -> Json:
    reported = _resource(
        "Microsoft.Insights/actionGroups",
        "variables('emailGroupName')",
        {
            "groupShortName": "foundry",
            "enabled": True,
            "emailReceivers": [
                {"name": "mail", "emailAddress": "[parameters('alertEmail')]", "useCommonAlertSchema": True}
            ],
        },
        condition="and(parameters('deployAlerts'), not(empty(parameters('alertEmail'))))",
    )
    return reported | {"location": "Global"}


def _rule(rule: Rule) -> Json:
    condition = "parameters('deployAlerts')"
    if rule.needs:
        condition = f"and({condition}, greater(parameters({quoted(rule.needs)}), 0))"
    window = f"[parameters('{rule.key}Window')]" if len(rule.windows) > 1 else rule.window
    return _resource(
        "Microsoft.Insights/scheduledQueryRules",
        f"format('{{0}}-{rule.slug}', parameters('namePrefix'))",
        {
            "displayName": rule.title,
            "description": rule.description,
            "severity": rule.severity,
            "enabled": f"[parameters('{rule.key}Enabled')]",
            "scopes": ["[variables('workspaceId')]"],
            "evaluationFrequency": rule.frequency,
            "windowSize": window,
            "criteria": {"allOf": [_criterion(rule)]},
            "autoMitigate": True,
            # A workspace that was made just now may not know its tables yet; the queries are checked before.
            "skipQueryValidation": True,
            "actions": {"actionGroups": "[variables('actionGroupIds')]", "customProperties": links(rule)},
        },
        condition=condition,
        after=[_WORKSPACE, _EMAIL_GROUP],
        kind="LogAlert",
    )


def _criterion(rule: Rule) -> Json:
    dimensions = [{"name": name, "operator": "Include", "values": ["*"]} for name in rule.dimensions]
    return {
        "query": alert_query.expression(rule),
        "timeAggregation": rule.aggregation,
        "metricMeasureColumn": rule.measure,
        **({"dimensions": dimensions} if dimensions else {}),
        "operator": "GreaterThan",
        "threshold": f"[parameters('{rule.key}Threshold')]",
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
    }


def _grafana() -> Iterable[Json]:
    wanted = "parameters('deployGrafana')"
    # By this tag the portal finds it for Application Insights resources.
    tag = "createObject('GrafanaDashboardResourceType', 'microsoft.insights/components')"
    dashboard = _resource("Microsoft.Dashboard/dashboards", "variables('grafanaName')", {}, condition=wanted)
    yield dashboard | {"tags": f"[union(parameters('tags'), {tag})]"}
    yield _resource(
        "Microsoft.Dashboard/dashboards/dashboardDefinitions",
        "format('{0}/default', variables('grafanaName'))",
        {"serializedData": f"[{_here('grafana')}]"},
        condition=wanted,
        after=[_GRAFANA],
    )
