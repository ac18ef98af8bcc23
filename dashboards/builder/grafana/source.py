"""The data source, and the resources that are asked."""

from __future__ import annotations

from typing import Final

from dashboards.builder.grafana.units import Json

PLUGIN: Final = "grafana-azure-monitor-datasource"
INPUT: Final = "DS_AZURE_MONITOR"
"""Name of the input that an import asks for, and of the variable that stands for it where nothing asks."""

DATA_SOURCE: Final[Json] = {"type": PLUGIN, "uid": f"${{{INPUT}}}"}
WORKSPACE: Final = (
    "/subscriptions/$sub/resourceGroups/$rg/providers/Microsoft.OperationalInsights/workspaces/$workspace"
)
APPLICATION: Final = "$app"
"""The Application Insights resource; the variable holds its whole id."""

OPERATION: Final = "OperationId"
"""The variable, and the column of the ledger, that names a trace."""


def logs(query: str, result_format: str) -> Json:
    """A target that asks the workspace.

    The query has the dashboard's time in it. Bound to the request too, that would hide the period before, and
    the 90 days that a search for an id goes back.
    """
    return {
        "refId": "A",
        "datasource": DATA_SOURCE,
        "queryType": "Azure Log Analytics",
        "azureLogAnalytics": {
            "query": query,
            "resources": [WORKSPACE],
            "resultFormat": result_format,
            "dashboardTime": False,
            "timeColumn": "TimeGenerated",
        },
    }


def trace() -> Json:
    """A target that asks the Application Insights resource for all spans of one operation."""
    return {
        "refId": "A",
        "datasource": DATA_SOURCE,
        "queryType": "Azure Traces",
        "azureTraces": {
            "operationId": f"${{{OPERATION}}}",
            "resources": [APPLICATION],
            "resultFormat": "trace",
            "traceTypes": [
                "availabilityResults",
                "customEvents",
                "dependencies",
                "exceptions",
                "pageViews",
                "requests",
            ],
        },
    }


def resources(query: str) -> Json:
    """What a variable asks of Azure Resource Graph."""
    return {
        "refId": "A",
        "queryType": "Azure Resource Graph",
        "azureResourceGraph": {"query": query},
        "subscriptions": ["$sub"],
    }
