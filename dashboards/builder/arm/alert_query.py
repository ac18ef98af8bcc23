"""The query of an alert rule, put together when the template is deployed: its ledger, its settings."""

from __future__ import annotations

from dashboards.builder import alerts
from dashboards.builder.alert_rule import Rule
from dashboards.builder.arm.expressions import literal, quoted
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.roads import DIRECT, OTHERS


def variables() -> dict[str, object]:
    """The texts that `expression` is made of."""
    return {
        "ledgerRows": f"[{_ledger()}]",
        "alertQueries": {name: literal(alerts.template_text(name)) for name in files.alerts()},
    }


def expression(rule: Rule) -> str:
    """The query of a rule, brackets included."""
    ledger = f"'{{{compose.LEDGER}}}', variables('ledgerRows')"
    query = f"replace(variables('alertQueries').{rule.query}, {ledger})"
    for setting, parameter in rule.settings.items():
        query = f"replace({query}, '{{{setting}}}', string(parameters('{parameter}')))"
    return f"[{query}]"


def _ledger() -> str:
    """What the queries begin with, by the table that is chosen."""
    found = quoted(DIRECT.alone)
    for road in OTHERS:
        found = f"if(equals(parameters('ledgerTable'), {quoted(road.table)}), {quoted(road.alone)}, {found})"
    return found
