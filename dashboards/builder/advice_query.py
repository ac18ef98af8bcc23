"""The part of the queries with what each cause means and what to do first, made from the advice."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice import ALL, FALLBACKS, UNKNOWN, Advice
from foundry_telemetry.kql.literals import literal

NAME: Final = "advice"
"""Of the part and of its table."""

_GATEWAY: Final = "customer_gateway"
_HEAD: Final = """\
// The meaning of each cause, and what to do first.
// Reads: nothing.
// Sampling: changes nothing.
//
// Made from foundry_telemetry/advice by `python -m dashboards.builder build`; do not edit it. What fits no
// cause goes by its owner, else by 'unknown'; what a gateway of the customer answered, by a row `of_gateway`.
"""


def advice_query() -> str:
    """A table of KQL: a row for each cause, each owner, and what is unknown."""
    rows = ",\n".join(map(_row, (*ALL.values(), *FALLBACKS.values(), UNKNOWN)))
    columns = "about: string, of_gateway: bool, meaning: string, next_step: string"
    return f"{_HEAD}let {NAME} = datatable({columns})[\n{rows}];\n"


def _row(entry: Advice) -> str:
    of_gateway = "true" if entry.owner == _GATEWAY else "false"
    cells = (literal(entry.about), of_gateway, literal(entry.meaning), literal(entry.next_step))
    return f"    {', '.join(cells)}"
