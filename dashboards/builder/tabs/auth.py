"""Auth: who is refused, why, since when, and what to do about it?"""

from __future__ import annotations

import re
from typing import Final

from dashboards.builder.visualizations import TIME, Chart, Column, Table, bar, icons, number
from dashboards.builder.workbook import Group, Query, Text, When
from foundry_telemetry.advice import ALL
from foundry_telemetry.wire.causes import CLASSES

NOBODY_REFUSED: Final = (
    "Nobody was refused in this time with these filters: no 401, no 403, and every token was issued. For an "
    "older case choose a longer time; by its id, use the tab Incident."
)
CAUSES: Final = tuple(sorted(cause for cause, known in CLASSES.items() if known.auth_failure))
"""The classes that this tab shows."""

COLOURS: Final = {
    "auth_gateway_key_invalid": "pink",
    "auth_gateway_key_missing": "lightBlue",
    "auth_invalid_key": "orange",
    "auth_missing_credential": "gray",
    "auth_tenant_mismatch": "magenta",
    "auth_token_expired": "blue",
    "auth_token_rejected": "purple",
    "auth_wrong_audience": "turquoise",
    "authz_gateway_denied": "blueDark",
    "authz_key_auth_disabled": "brown",
    "authz_missing_role": "redBright",
    "authz_network_denied": "green",
    "authz_resource_blocked": "redDark",
    "credential_error": "yellow",
}

OVER_TIME: Final = Chart(kind="barchart", y=("refused",), group="error_type", colours=COLOURS)


def _plain(text: str) -> str:
    """The text with addresses that are no links: a scope looks like one."""
    return re.sub(r"https://\S+", r"`\g<0>`", text)


def _advice() -> str:
    """What each cause means and what to do first, as a table of Markdown."""
    rows = [f"| `{cause}` | {ALL[cause].meaning} | {_plain(ALL[cause].next_step)} |" for cause in CAUSES]
    head = ["### What to do", "", "| Cause | What it means | What to do first |", "| --- | --- | --- |"]
    more = "All steps, with their commands: `causes.md`, in the folder of this workbook."
    return "\n".join([*head, *rows, "", more])


AUTH: Final = Group(
    name="auth tab",
    when=When("Tab", "auth"),
    items=(
        Text(
            name="auth introduction",
            markdown="Who was refused with 401 or 403, or got no token at all. Application, tenant and "
            "audience are those of the token that was refused; the token itself is never recorded.",
        ),
        Query(
            name="refused callers over time",
            query="auth_over_time",
            title="Refused attempts, by cause",
            visualization=OVER_TIME,
            empty=NOBODY_REFUSED,
            empty_is_good=True,
            brush="TimeRange",
            size="small",
        ),
        Query(
            name="refused callers",
            query="auth_causes",
            title="Causes, by credential, identity and resource",
            visualization=Table(
                columns=(
                    Column("error_type", "Cause"),
                    Column("state", "Now", icons(**{"works again": "success", "refused": "error"})),
                    Column("attempts", "Attempts", bar("red")),
                    Column("first_seen", "First seen", TIME),
                    Column("last_seen", "Last seen", TIME),
                    Column("auth_scheme", "Credential"),
                    Column("service", "Service"),
                    Column("resource", "Resource"),
                    Column("token_application", "Application"),
                    Column("token_tenant", "Tenant"),
                    Column("token_audience", "Audience"),
                    Column("token_identity_type", "Identity"),
                    Column("entra_code", "Entra code"),
                    Column("expired_s", "Expired for", {"formatter": 0} | number(1, "s")),
                ),
                filter=True,
            ),
            empty=NOBODY_REFUSED,
            empty_is_good=True,
        ),
        Text(name="what to do about refusals", markdown=_advice()),
    ),
)
