"""Auth: which callers are denied, for which cause, since when, and what is the next step?"""

from __future__ import annotations

import re
from typing import Final

from dashboards.builder import colours
from dashboards.builder.tabs.common import columns
from dashboards.builder.texts import CAUSE_HEADS, EMPTY, NOTES, TITLES, VALUES
from dashboards.builder.visualizations import Chart, Table, bar, in_words
from dashboards.builder.workbook import Group, Query, Text, When
from foundry_telemetry.advice import ALL
from foundry_telemetry.wire.causes import CLASSES

CAUSES: Final = tuple(sorted(cause for cause, known in CLASSES.items() if known.auth_failure))
"""The causes of this tab."""

COLOURS: Final = {cause: colours.CAUSES[cause] for cause in CAUSES}

OVER_TIME: Final = Chart(kind="barchart", y=("failed",), group="error_type", colours=COLOURS)


def _plain(text: str) -> str:
    """The text with addresses that are no links: a scope looks like one."""
    return re.sub(r"https://\S+", r"`\g<0>`", text)


def _advice() -> str:
    """Meaning and next step of each cause, as a table of Markdown."""
    rows = [f"| `{cause}` | {ALL[cause].meaning} | {_plain(ALL[cause].next_step)} |" for cause in CAUSES]
    head = [NOTES["what_to_do"], "", f"| {' | '.join(CAUSE_HEADS)} |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows, "", NOTES["causes"]])


AUTH: Final = Group(
    name="auth tab",
    when=When("Tab", "auth"),
    items=(
        Text(name="auth introduction", markdown=NOTES["auth"]),
        Query(
            name="authentication failures over time",
            query="auth_over_time",
            title=TITLES["auth_over_time"],
            visualization=OVER_TIME,
            empty=EMPTY["no_auth_failures"],
            empty_is_good=True,
            brush="TimeRange",
            size="small",
        ),
        Query(
            name="authentication failures",
            query="auth_causes",
            title=TITLES["auth_causes"],
            visualization=Table(
                columns=columns(
                    "error_type",
                    "state",
                    "attempts",
                    "first_seen",
                    "last_seen",
                    "auth_scheme",
                    "service",
                    "resource",
                    "token_application",
                    "token_tenant",
                    "token_audience",
                    "token_identity_type",
                    "entra_code",
                    "expired_s",
                    "valid_s",
                    state=in_words(VALUES["access"], {"recovered": "success", "failing": "error"}),
                    attempts=bar("red"),
                ),
                filter=True,
            ),
            empty=EMPTY["no_auth_failures"],
            empty_is_good=True,
        ),
        Text(name="next steps of authentication failures", markdown=_advice()),
    ),
)
