"""The query pack: our questions in the portal's query picker, for who would rather write KQL than click.

The queries are those of the workbook. What the workbook puts into them by parameters stands at their top as
``let``, to be changed by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from foundry_telemetry.dashboards import kql

TITLES: Final = {
    "failed_attempts": "Failed attempts, newest first, with both ids",
    "attempts_by_id": "Find an attempt by any id",
    "call_attempts": "One call, attempt by attempt",
    "failures_by_fault": "Failures over time, by whose move it is",
    "failures_by_class": "Failures over time, by class",
    "success_over_time": "Success by call and by attempt",
    "calls_over_time": "Calls over time, by what came of them",
    "latency_over_time": "Latency of answers over time",
    "first_token_over_time": "Time to first token over time",
    "by_deployment": "Deployments: failures, latency, tokens and cost",
}
"""Query: its name in the picker."""

_TYPED: Final = re.compile(r"base64_decode_tostring\('\{(\w+):base64\}'\)")
"""How a query takes a text from the workbook."""

_TEXTS: Final = {
    "Id": ("pasted", "paste an id, an error message or a whole ticket"),
    "CallId": ("wanted", "0000000000000000"),
}
"""Parameter that is a text: the name it has here, and what stands in it at first."""

_CHOICES: Final = {"Deployment": "deployments", "Service": "services", "Model": "models"}
"""Parameter with a choice of many: the name it has here."""

_TIMES: Final = {"start": "ago(1d)", "end": "now()", "grain": "30m"}
"""Format of the time parameter: its value."""


@dataclass(frozen=True)
class Saved:
    """One query of the pack."""

    name: str
    title: str
    description: str
    body: str


def pack() -> tuple[Saved, ...]:
    """All queries, in the order in which an incident asks them."""
    return tuple(Saved(name, title, kql.question(name), standalone(name)) for name, title in TITLES.items())


def standalone(name: str) -> str:
    """The query `name` without parameters: what may be changed is at its top."""
    question, _, text = kql.whole(name).partition("\n")
    lines = []
    for parameter, (variable, first) in _TEXTS.items():
        if f"{{{parameter}:" in text:
            lines.append(f"let {variable} = '{first}';")
    text = _TYPED.sub(lambda match: _TEXTS[match[1]][0], text)
    for parameter, variable in _CHOICES.items():
        if f"{{{parameter}}}" in text:
            lines.append(f"let {variable} = dynamic(['*']); // all, or names such as 'a', 'b'")
        text = text.replace(f"{{{parameter}}}", variable)
    for form, value in _TIMES.items():
        text = text.replace(f"{{TimeRange:{form}}}", value)
    return "\n".join([question, *lines, text])
