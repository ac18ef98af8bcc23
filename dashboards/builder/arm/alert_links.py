"""The address in an alert: the workbook, at the tab and with the filters that the alert is about."""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import quote, unquote

from dashboards.builder.alert_rule import Rule
from dashboards.builder.arm.expressions import quoted

VIEW: Final = (
    "format('{0}/#blade/AppInsightsExtension/UsageNotebookBlade/ComponentId/{1}/ConfigurationId/{2}"
    "/Type/workbook/WorkbookTemplateName/{3}/NotebookParams/', environment().portal, "
    "uriComponent(variables('workspaceId')), uriComponent(variables('workbookId')), "
    "uriComponent(parameters('workbookName')))"
)
"""The workbook's address, to be followed by the values of its parameters."""

_DAY_MS: Final = 86_400_000
_FILTERS: Final = {"service": "Service", "deployment": "Deployment"}
"""Dimension of an alert: the parameter of the workbook."""
_FILLED_IN: Final = re.compile(r"%24%7B.*?%7D")
"""What Azure replaces, after `quote`."""


def links(rule: Rule) -> dict[str, str]:
    """The custom properties of an alert: the workbook, and its view of this alert."""
    return {
        "workbook": "[variables('workbookUrl')]",
        "view": f"[concat(variables('workbookView'), {quoted(_shown(rule))})]",
    }


def _shown(rule: Rule) -> str:
    """The workbook's parameters for an alert of a rule: its tab, one day, service and deployment.

    Azure fills in ``${…}`` when the alert fires. It encodes nothing: a name with a slash or a quote breaks
    the address, and the plain link to the workbook is beside it.
    """
    filters = {
        _FILTERS[name]: [f"${{data.alertContext.condition.allOf[0].dimensions[{position}].value}}"]
        for position, name in enumerate(rule.dimensions)
        if name in _FILTERS
    }
    values = {"Tab": rule.tab, "TimeRange": {"durationMs": _DAY_MS}} | filters
    encoded = quote(json.dumps(values, separators=(",", ":")), safe="")
    return _FILLED_IN.sub(lambda match: unquote(match[0]), encoded)
