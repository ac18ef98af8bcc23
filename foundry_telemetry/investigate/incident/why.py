"""Why: what the evidence of a finding shows, who has to act by it, and the next step.

Two tables, `why_failures` and `why_measures`, each row a condition over the evidence and its texts. No text
claims what its condition has not measured; *likely* stands where the evidence beside it makes one cause more
likely than others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Final

from msgspec import Struct

from foundry_telemetry.advice import advice_for
from foundry_telemetry.investigate.incident.evidence import Evidence
from foundry_telemetry.investigate.incident.finding import Finding, Report
from foundry_telemetry.investigate.incident.measure_advice import measure_advice
from foundry_telemetry.investigate.incident.why_failures import FAILURE_ROWS
from foundry_telemetry.investigate.incident.why_measures import MEASURE_ROWS
from foundry_telemetry.investigate.incident.why_row import Row
from foundry_telemetry.investigate.next_steps import filled, steps_for
from foundry_telemetry.investigate.sources import Source

ROWS: Final[tuple[Row, ...]] = (*FAILURE_ROWS, *MEASURE_ROWS)
_BY: Final = ("deployment", "model", "service")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
"""What ``cost --by`` takes of a tag."""


class Reason(Struct, frozen=True, kw_only=True):
    """One thing that the evidence shows."""

    name: str
    text: str
    next_step: str | None = None
    command: str | None = None
    owner: str | None = None


class Why(Struct, frozen=True, kw_only=True):
    """All that is said about the cause of a finding."""

    owner: str | None
    """Who has to act: by the record, else by the evidence."""
    meaning: str
    next_step: str
    command: str | None
    """For the next step."""
    reasons: tuple[Reason, ...]
    steps: tuple[tuple[str, str | None], ...]
    """Of the advice on the cause, each with its command."""
    support_channels: tuple[str, ...]


def why(finding: Finding, report: Report, source: Source | None = None) -> Why:
    """What is said about the cause of a finding.

    Args:
        finding: The finding.
        report: What it stands in.
        source: Commands to copy ask it.
    """
    evidence = Evidence(finding, report)
    fill = _fills(finding, source)
    reasons = tuple(_reasons(evidence, fill))
    advised = _advice(evidence, fill)
    refined = next((one for one in reasons if one.next_step), None)
    owner = next((one.owner for one in reasons if one.owner), finding.owner)
    first = next((command for _, command in advised.steps if command), None)
    own = refined.command if refined else None
    # The command of a failure's advice belongs to the step that is replaced; that of a measure compares.
    replaces = refined is not None and evidence.is_failure
    return Why(
        owner=owner,
        meaning=advised.meaning,
        next_step=refined.next_step if refined and refined.next_step else advised.next_step,
        command=own if own or replaces else first,
        reasons=reasons,
        steps=advised.steps,
        support_channels=advised.support_channels,
    )


def _reasons(evidence: Evidence, fill: Mapping[str, str]) -> Iterator[Reason]:
    """What the evidence shows; an owner only where none is recorded, or the evidence is stronger."""
    for row in ROWS:
        values = row.found(evidence) if not row.about or evidence.cause in row.about else None
        if values is None:
            continue
        named = row.reassigns or evidence.finding.owner is None
        yield Reason(
            name=row.name,
            text=row.text.format_map(values),
            next_step=row.next_step.format_map(values) or None,
            command=_command(row.command, evidence.finding, fill) if row.command else None,
            owner=row.owner if named else None,
        )


def _advice(evidence: Evidence, fill: Mapping[str, str]) -> Why:
    """What is advised on the cause, whatever the evidence."""
    finding = evidence.finding
    if evidence.is_failure:
        advice = advice_for(evidence.cause, finding.owner)
        newest = finding.examples[-1] if finding.examples else None
        steps, channels = tuple(steps_for(advice, newest)), advice.support_channels
        meaning, next_step = advice.meaning, advice.next_step
    else:
        measured = measure_advice(evidence.cause)
        steps, channels = (
            tuple(
                (one.text, _command(one.command, finding, fill) if one.command else None)
                for one in measured.steps
            ),
            (),
        )
        meaning, next_step = measured.meaning, measured.next_step
    return Why(
        owner=finding.owner,
        meaning=meaning,
        next_step=next_step,
        command=None,
        reasons=(),
        steps=steps,
        support_channels=tuple(channels),
    )


def _command(command: str, finding: Finding, fill: Mapping[str, str]) -> str:
    """A command with what is known in its place."""
    for name, value in fill.items():
        command = command.replace(f"{{{name}}}", value)
    return filled(command, finding.examples[-1] if finding.examples else None)


def _fills(finding: Finding, source: Source | None) -> dict[str, str]:
    """What stands for the names in braces of commands."""
    return {
        "by": _dimension(finding),
        "since": f"{finding.period.since.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "options": source.options if source else "",
        "doctor_options": source.doctor_options if source else "",
    }


def _dimension(finding: Finding) -> str:
    """What ``cost`` divides by, so that the affected stand beside the others: the narrowest that it knows."""
    for term in reversed(finding.extent):
        key = term.dimension.removeprefix("tag ")
        if key != term.dimension and _KEY.fullmatch(key):
            return f"tag.{key}"
        if term.dimension in _BY:
            return term.dimension
    return _BY[0]
