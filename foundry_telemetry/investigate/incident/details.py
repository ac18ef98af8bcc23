"""The lower part of the screen: examples, the other causes, and what was checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate.formatting import Line, command, many, moment, span
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.report import Incident, Main
from foundry_telemetry.investigate.queries import Failure
from foundry_telemetry.investigate.texts import ATTEMPT, CALL, DEPLOYMENT, SERVICE, UNKNOWN
from foundry_telemetry.investigate.ticket.ids import support_code

_MOST_OTHERS: Final = 2
_TYPED: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
"""What a shell takes as one word."""


def examples(main: Main, end: datetime, options: str) -> Iterator[Line]:
    """Calls that stand for all, and the command that shows more of the newest."""
    label = texts.EXAMPLES
    for one in main.examples:
        who = "  ".join(filter(None, (one.service, one.deployment)))
        code = support_code(one.call_id) or one.call_id
        yield label, Text(f"{moment(one.ended, end)}  {_answer(one)}  {who}  {code}")
        label = ""
        if ids := _ids(one):
            yield "", Text(f"  {ids}", style="dim")
    newest = main.examples[-1] if main.examples else Failure(ended=end)
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


def others(found: Incident) -> Iterator[Line]:
    """The other causes: further incidents, and what is at its normal level."""
    label, incidents = texts.OTHERS, iter(texts.FURTHER_INCIDENTS)
    for cause in found.others[:_MOST_OTHERS]:
        numbers = texts.OTHER.format(
            cause=cause.error_type,
            owner=OWNER_LABELS.get(cause.owner, UNKNOWN),
            attempts=many(cause.attempts, texts.FAILED_ATTEMPT),
            baseline=_baseline(cause.baseline),
            calls=many(cause.failed, CALL),
        )
        if cause.wrong:
            yield label, Text.assemble((next(incidents), "bold red"), f"  {numbers}")
        else:
            yield label, Text(f"{numbers}{texts.AT_NORMAL_LEVEL}")
        label = ""
    further = len(found.others) - _MOST_OTHERS
    if further > 0:
        yield "", Text(texts.FURTHER_CAUSES.format(causes=many(further, texts.MORE_CAUSES)))


def _baseline(attempts: float | None) -> str:
    if attempts is None:
        return texts.NO_BASELINE
    return texts.BASELINE.format(baseline=texts.LOW_BASELINE if 0 < attempts < 1 else f"{attempts:,.0f}")


def checked(found: Incident) -> str:
    """What the verdict rests on."""
    whole = found.totals
    sums = [many(whole.calls, CALL), many(whole.attempts, ATTEMPT)]
    if found.main is None:
        sums += [many(whole.services, SERVICE), many(whole.deployments, DEPLOYMENT)]
    return texts.CHECKED_SUMS.format(
        sums=", ".join(sums),
        period=span(found.start, found.end),
        before=many(whole.before, ATTEMPT),
        source=found.source,
    )
