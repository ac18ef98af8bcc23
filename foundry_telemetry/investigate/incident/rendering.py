"""A report on one screen: of each finding what, who has to act, who is affected and the next step first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.formatting import Line, command, day_and_time, many, percent
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.details import details, filters_of, rest
from foundry_telemetry.investigate.incident.evidence import example
from foundry_telemetry.investigate.incident.extent import affected, when
from foundry_telemetry.investigate.incident.finding import Finding, Report
from foundry_telemetry.investigate.incident.numbers import compared
from foundry_telemetry.investigate.incident.why import Why, why
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.investigate.texts import CALL, UNKNOWN
from foundry_telemetry.investigate.ticket.ids import support_code

_IN_FULL: Final = 3
"""Findings that are shown with their evidence; of further ones the first lines are shown."""
_RAW: Final = "properties"
"""JSON that is read and never shown."""


def show(report: Report, console: Console, source: Source | None = None) -> None:
    """All of it; commands to copy ask the same source."""
    report = harmless(report)
    for number, finding in enumerate(report.findings):
        formatting.show(_finding_lines(number, finding, report, source), console)
        console.print()
    formatting.show(_rest_lines(report, source), console)


def as_object(report: Report, source: Source | None = None) -> dict[str, Any]:
    """The same as what JSON can hold, with what is said about each cause."""
    report = harmless(report)
    reported: dict[str, Any] = msgspec.to_builtins(report)
    for said, finding in zip(reported["findings"], report.findings, strict=True):
        _complete(said, finding, why(finding, report, source))
    return reported


def _complete(said: dict[str, Any], finding: Finding, because: Why) -> None:
    """Add to a finding of JSON what is said about it, and take the raw part of its examples away."""
    for shown, failure in zip(said["examples"], finding.examples, strict=True):
        shown.pop(_RAW, None)
        facts = example(failure)
        timed = {"duration_ms": facts.duration_ms, "time_to_first_token_ms": facts.first_token_ms}
        shown |= {name: value for name, value in timed.items() if value is not None}
        shown["support_code"] = support_code(failure.call_id)
    explained = msgspec.to_builtins(because)
    said["owner"] = because.owner
    said["next_step"] = {"text": because.next_step, "command": because.command}
    said["why"] = explained["reasons"]
    said["advice"] = {
        "about": finding.cause,
        "meaning": because.meaning,
        "steps": [{"text": text, "command": shell} for text, shell in because.steps],
        "support_channels": because.support_channels,
    }


def harmless(report: Report) -> Report:
    """The same report with every text `plain`: whatever made it, no value acts on a terminal."""
    return msgspec.convert(_plain(msgspec.to_builtins(report, builtin_types=(datetime,))), Report)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: one if name == _RAW else _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def _finding_lines(number: int, finding: Finding, report: Report, source: Source | None) -> Iterator[Line]:
    because = why(finding, report, source)
    owner = texts.OWNER.format(owner=OWNER_LABELS.get(because.owner or "", UNKNOWN))
    what = (compared(finding.main), "bold red")
    yield (
        _label(number),
        Text.assemble(what, "  ", (owner, "bold red"), "  ", when(finding, report.end)),
    )
    yield texts.AFFECTED, Text(affected(finding))
    yield texts.NEXT_STEP, Text(because.next_step, style="bold")
    if because.command:
        yield "", command(because.command)
    if number < _IN_FULL:
        yield from details(finding, because, report, source.options if source else "")


def _label(number: int) -> str:
    ordinal = texts.ORDINALS[number] if number < len(texts.ORDINALS) else texts.FURTHER
    return f"{ordinal}{texts.INCIDENT}"


def _rest_lines(report: Report, source: Source | None) -> Iterator[Line]:
    if report.verdict == "ok":
        yield texts.OK, _ok(report)
    elif report.verdict != "incident":
        yield from _no_calls_lines(report, source.doctor_options if source else "")
    yield from rest(report)


def _ok(report: Report) -> Text:
    """The verdict, as far as anything was compared."""
    whole = report.totals
    heading = (
        (texts.NOT_ELEVATED, "bold green") if report.is_judged else (texts.NO_CALL_JUDGED, "bold yellow")
    )
    retried = texts.AFTER_RETRY.format(recovered=whole.recovered_calls) if whole.recovered_calls else ""
    succeeded = texts.SUCCEEDED.format(
        share=percent(max(0, whole.calls - whole.failed_calls), whole.calls),
        calls=many(whole.calls, CALL),
        recovered=retried,
    )
    return Text.assemble(heading, succeeded)


def _no_calls_lines(report: Report, options: str) -> Iterator[Line]:
    filters, newest = filters_of(report), report.totals.newest
    what = texts.NO_CALLS_OF_FILTER.format(filters=filters) if filters else texts.NO_CALLS
    yield texts.NO_DATA, Text(what, style="bold yellow")
    last = texts.LAST_CALL.format(time=day_and_time(newest)) if newest else texts.NO_EARLIER_CALL
    yield "", Text(f"{last} {texts.WHY_NO_CALLS}")
    longer = texts.LONGER_PERIOD.format(time=f"{newest.astimezone(UTC):%Y-%m-%dT%H:%M}") if newest else ""
    spelling = texts.CHECK_FILTERS if filters else ""
    yield texts.NEXT_STEP, Text(f"{texts.CHECK_NO_CALLS}{spelling}{longer}")
    yield "", command(texts.DOCTOR.format(options=options))
