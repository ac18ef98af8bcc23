"""Below the first lines of a finding: its evidence. Below all findings: what was checked, what was not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rich.text import Text

from foundry_telemetry.investigate.formatting import (
    Line,
    command,
    day_and_time,
    lasted,
    many,
    moment,
    percent,
    span,
)
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.evidence import example
from foundry_telemetry.investigate.incident.extent import dimension, listed
from foundry_telemetry.investigate.incident.finding import Change, Finding, FirstSeen, Report, Unjudged
from foundry_telemetry.investigate.incident.measure_advice import is_failure
from foundry_telemetry.investigate.incident.numbers import compared, duration
from foundry_telemetry.investigate.incident.why import Why
from foundry_telemetry.investigate.queries import Failure
from foundry_telemetry.investigate.texts import ATTEMPT, CALL, DEPLOYMENT, SERVICE
from foundry_telemetry.investigate.ticket.ids import support_code

_SHOWN: Final = 3
"""Values of one kind that are named."""
_MOST_OTHERS: Final = 4
_TYPED: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
"""What a shell takes as one word."""
_TENANTS: Final = ("auth_tenant_mismatch", "auth_token_rejected")
"""Causes that another tenant may be behind."""
_YEAR_S: Final = 31_536_000.0


def details(finding: Finding, because: Why, report: Report, options: str) -> Iterator[Line]:
    """What the first lines rest on."""
    yield texts.MEANING, Text(because.meaning)
    yield from _labelled(texts.EVIDENCE, [reason.text for reason in because.reasons])
    yield from _labelled(texts.ALSO, [compared(change) for change in finding.also])
    if finding.calls:
        yield texts.CALLS, Text(_calls(finding, report.start))
    if finding.error_codes:
        codes = [texts.CODE.format(code=code, number=f"{count:,}") for code, count in finding.error_codes]
        yield texts.CODES, Text(listed(codes))
    yield from _token(finding)
    yield texts.CHANGES, Text(_changes(finding, report))
    yield from _examples(finding, report.end, options)


def _labelled(label: str, said: list[str]) -> Iterator[Line]:
    for number, text in enumerate(said):
        yield "" if number else label, Text(text)


def _calls(finding: Finding, start: datetime) -> str:
    """How many calls and attempts there were, and what retries changed."""
    calls, attempts = many(finding.calls, CALL), many(finding.attempts, ATTEMPT)
    failed, recovered = finding.failed_calls, finding.recovered_calls
    when = _when(finding, start)
    if not is_failure(finding.cause, finding.main.unit) or not (failed or recovered):
        return texts.OF_EXTENT.format(calls=calls, attempts=attempts, when=when)
    if not failed:
        return texts.MASKED.format(calls=calls, recovered=recovered, attempts=attempts, when=when)
    share = percent(min(failed, finding.calls), finding.calls)
    recovered_text = texts.RECOVERED.format(recovered=recovered) if recovered else ""
    return texts.FAILED.format(
        failed=failed, calls=calls, share=share, recovered=recovered_text, attempts=attempts, when=when
    )


def _when(finding: Finding, start: datetime) -> str:
    """Of which time the numbers are."""
    if finding.period.since < start:
        return texts.IN_PERIOD
    return texts.IN_ITS_TIME if finding.period.state == "ended" else texts.SINCE_CHANGE


def _token(finding: Finding) -> Iterator[Line]:
    """What the newest refused token said of itself, as far as it may be why; the rest is in the ticket."""
    newest = finding.examples[-1] if finding.examples else None
    if newest is None or newest.audience is None:
        return
    parts = [texts.AUDIENCE.format(audience=newest.audience)]
    if newest.tenant and finding.cause in _TENANTS:
        parts.append(texts.TENANT.format(tenant=newest.tenant))
    seconds = newest.expires_in_s
    if seconds is not None:
        time = lasted(timedelta(seconds=min(abs(seconds), _YEAR_S)))
        parts.append((texts.EXPIRED if seconds < 0 else texts.VALID).format(time=time))
    yield texts.TOKEN, Text("".join(parts))


def _changes(finding: Finding, report: Report) -> str:
    """What is new among the affected."""
    if finding.first_seen:
        return "; ".join(_first_seen(one, report.end) for one in finding.first_seen[:_SHOWN])
    unknown = finding.period.is_earliest or report.totals.oldest is None
    return texts.CHANGES_UNKNOWN if unknown else texts.NO_CHANGES


def _first_seen(one: FirstSeen, end: datetime) -> str:
    text = texts.FIRST_SEEN.format(what=dimension(one.dimension), value=one.value, time=moment(one.at, end))
    return text + (texts.REPLACES.format(values=listed(one.before)) if one.before else "")


def _examples(finding: Finding, end: datetime, options: str) -> Iterator[Line]:
    """Calls that stand for all, and the command that shows more of the newest."""
    label = texts.EXAMPLES
    for one in finding.examples:
        lasted_ms = example(one).duration_ms
        who = (one.service, one.deployment, duration(lasted_ms) if lasted_ms is not None else None)
        code = support_code(one.call_id) or one.call_id
        yield label, Text("  ".join(filter(None, (moment(one.ended, end), _answer(one), *who, code))))
        label = ""
        if ids := _ids(one):
            yield "", Text(f"  {ids}", style="dim")
    newest = finding.examples[-1] if finding.examples else Failure(ended=end)
    ident = support_code(newest.call_id) or newest.apim_request_id or newest.request_id
    if ident and _TYPED.fullmatch(ident):
        yield texts.DETAILS, command(texts.TICKET.format(id=ident, options=options))


def _answer(one: Failure) -> str:
    """The status, or why there is none."""
    if one.status is not None:
        return str(one.status)
    if one.outcome == "not_sent":
        return texts.NOT_SENT
    return f"{texts.NO_RESPONSE}, {one.error_code}" if one.error_code else texts.NO_RESPONSE


def _ids(one: Failure) -> str:
    if one.entra_code or one.entra_trace_id:
        return "  ".join(filter(None, (one.entra_code, one.entra_trace_id)))
    if not (one.apim_request_id or one.request_id):
        return "" if one.status is None else texts.NO_IDS
    return f"{one.apim_request_id or texts.NO_AZURE_ID}  {one.request_id or texts.NO_ANTHROPIC_ID}"


def rest(report: Report) -> Iterator[Line]:
    """What is no incident, what could not be judged, and what was checked."""
    normal = [_no_finding(one) for one in report.at_baseline]
    yield from _labelled(texts.OTHERS, _first(normal))
    notes = [texts.BELOW_INCIDENT.format(change=compared(one)) for one in report.notes]
    yield from _labelled(texts.NOTES, _first(notes))
    yield from _labelled(texts.UNJUDGED, list(_unjudged(report)))
    yield texts.CHECKED, Text(_checked(report), style="dim")


def _no_finding(change: Change) -> str:
    text = texts.AT_NORMAL_LEVEL if change.baseline is not None else texts.TOO_FEW_FAILED
    return text.format(change=compared(change))


def _first(said: list[str]) -> list[str]:
    more = len(said) - _MOST_OTHERS
    return [*said[:_MOST_OTHERS], texts.FURTHER_ONES.format(number=f"{more:,}")] if more > 0 else said


def _unjudged(report: Report) -> Iterator[str]:
    """What nobody looked at, by why."""
    for reason, text in texts.WHY_UNJUDGED.items():
        found = [_unjudged_one(one) for one in report.unjudged if one.why == reason]
        if found:
            yield text.format(values=listed(found))


def _unjudged_one(one: Unjudged) -> str:
    return texts.UNJUDGED_CALLS.format(what=one.what, calls=many(one.calls, CALL)) if one.calls else one.what


def _checked(report: Report) -> str:
    """What the verdict rests on."""
    whole = report.totals
    sums = [
        many(whole.calls, CALL),
        many(whole.attempts, ATTEMPT),
        many(len(whole.services), SERVICE),
        many(len(whole.deployments), DEPLOYMENT),
    ]
    before = many(whole.baseline_attempts, ATTEMPT)
    if whole.oldest is not None:
        before = texts.BASELINE_SINCE.format(attempts=before, time=day_and_time(whole.oldest))
    filters = filters_of(report)
    return (texts.FILTERED.format(filters=filters) if filters else "") + texts.CHECKED_SUMS.format(
        sums=", ".join(sums),
        period=span(report.start, report.end),
        before=before,
        comparisons=many(report.comparisons, texts.COMPARISON),
        source=report.source,
    )


def filters_of(report: Report) -> str:
    """The filters in words."""
    return ", ".join(
        texts.NAMED.format(name=dimension(one.dimension), values=one.value) for one in report.filters
    )
