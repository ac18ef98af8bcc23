"""Everything that can ever leave the process through us, with where it comes from.

A test sends every recorded answer through the real SDK of OpenTelemetry and holds the inventory against what
came out: each name, each signal, each value against its constraint.
"""

from __future__ import annotations

from typing import Final

from foundry_telemetry.schema import constraint
from foundry_telemetry.schema.content_table import CONTENT
from foundry_telemetry.schema.field_table import FIELDS
from foundry_telemetry.schema.metric_table import METRICS
from foundry_telemetry.schema.row import Row
from foundry_telemetry.schema.value import EVENT_NAME

_CALLED: Final = {
    "chat <deployment>": ("the deployment; if there is none, the path", r"chat [!-~]{1,256}"),
    "count_tokens <deployment>": ("the deployment; if there is none, the path", r"count_tokens [!-~]{1,256}"),
    "<method> <path>": (
        "method and path, for an API not in Foundry",
        r"[A-Z_]{1,7} [!-~]{1,256}",
    ),
    "<method>": ("method, for an attempt below the span of its call", r"[A-Z_]{1,7}"),
}
_NAMED: Final = "only if you name a deployment, host or path after a person"

NAMES: Final = (
    *(
        Row("span name", name, ("span",), "request", constraint.text(*form), personal=_NAMED)
        for name, form in _CALLED.items()
    ),
    Row("event", EVENT_NAME, ("ledger",), "constant", constraint.one_of(EVENT_NAME)),
    Row(
        "event",
        "body of the event",
        ("ledger",),
        "deployment or path, status, cause or outcome",
        constraint.text("summary of the attempt; not stored by Azure", r"[!-~]{1,256} (\d{3}|-) [a-z_0-9]+"),
        personal=_NAMED,
    ),
)
"""What spans and the event are called."""

_TRACE: Final = "current span"


def _line(name: str, constraint_: constraint.Constraint) -> Row:
    return Row("line", name, ("log",), _TRACE, constraint_)


LINES: Final = (
    *(row._replace(kind="line", name=row.line, signals=("log",)) for row in FIELDS if row.line),
    _line("trace_id", constraint.HEX32),
    _line("span_id", constraint.HEX16),
    _line("trace_flags", constraint.HEX2),
)
"""Fields of the lines of `log_attempts()`, and what `add_foundry_context` adds to yours."""

INVENTORY: Final = (*NAMES, *FIELDS, *METRICS, *LINES, *CONTENT)
"""All of it."""
