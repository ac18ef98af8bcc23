"""Tables for the messages of failed assertions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from foundry_telemetry.observation import Observation

_MOST: Final = 60
"""Characters of one cell."""
_COLUMNS: Final = (
    "#",
    "status",
    "outcome",
    "error",
    "owner",
    "in",
    "out",
    "seconds",
    "azure id",
)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, indent: int = 2) -> str:
    """Columns of text, as wide as they need to be."""
    lines = [tuple(columns), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return "\n".join(" " * indent + line for line in padded)


def attempts_table(attempts: Iterable[Observation]) -> str:
    """One line for each attempt; ``-`` is unknown."""
    return table(_COLUMNS, map(_attempt, attempts))


def _attempt(observation: Observation) -> tuple[object, ...]:
    failure = observation.failure
    return (
        observation.attempt_number,
        observation.status_code,
        observation.outcome,
        failure and failure.type,
        failure and failure.owner,
        observation.usage.total_input_tokens,
        observation.usage.output_tokens,
        f"{observation.duration_s:.3f}",
        observation.ids.apim_request_id,
    )


def _cell(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= _MOST else text[: _MOST - 3] + "..."
