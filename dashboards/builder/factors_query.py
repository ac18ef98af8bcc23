"""The part of the queries with what a change of the cost is split by, as ``cost --why`` splits it."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.cost.cells import TOKENS
from foundry_telemetry.investigate.cost.factors import POINTS
from foundry_telemetry.investigate.cost.split_change import FACTORS, UNLISTED, growth
from foundry_telemetry.investigate.cost.why_texts import SHORT
from foundry_telemetry.kql.literals import literal

NAME: Final = "factors"
"""Of the part and of its table."""

_HEAD: Final = """\
// The factors of a change of the cost in their order, and how the part of each is worked out.
// Reads: nothing.
// Sampling: changes nothing.
//
// Made from foundry_telemetry/investigate/cost by `python -m dashboards.builder build`; do not edit it.
// `nodes`: where on the way from before (0) to now (1), and with which weight, by the rule of Gauss and
// Legendre with four points; `growth`: the factor by which the tokens a call of each kind grow.
"""


def factors_query() -> str:
    """A table of KQL with a row for each factor, and two arrays."""
    rows = ",\n".join(
        f"    {place}, {literal(name)}, {literal(SHORT[name])}" for place, name in enumerate(FACTORS, 1)
    )
    nodes = ", ".join(f"[{way!r}, {weight!r}]" for way, weight in POINTS)
    grown = ", ".join(literal(growth(name)) for name in (*TOKENS, UNLISTED))
    return (
        f"{_HEAD}let {NAME} = datatable(place: long, factor: string, name: string)[\n{rows}];\n"
        f"let nodes = dynamic([{nodes}]);\n"
        f"let growth = dynamic([{grown}]);\n"
    )
