"""An incident on one screen: whose fault and which cause first, what to do before the details."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.formatting import (
    ABSENT,
    Line,
    command,
    day_and_time,
    lasted,
    many,
    moment,
    percent,
    span,
)
from foundry_telemetry.investigate.incident.causes import Cause
from foundry_telemetry.investigate.incident.impact import Affected
from foundry_telemetry.investigate.incident.report import Incident, Main
from foundry_telemetry.investigate.next_steps import steps_for
from foundry_telemetry.investigate.queries import Failure
from foundry_telemetry.investigate.ticket.ids import support_code

_SHOWN: Final = 3
"""Values of one kind that are named."""
_MOST_TAGS: Final = 2
_MOST_OTHERS: Final = 2
_TELLING: Final = 0.2
"""Share of the failures from which a value of a tag is named."""
_TENANTS: Final = ("auth_tenant_mismatch", "auth_token_rejected")
"""Causes that another tenant may be behind."""
_TYPED: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
"""What a shell takes as one word."""
_RECENT: Final = timedelta(minutes=1)
_YEAR_S: Final = 31_536_000.0
_AMPLIFIED: Final = 1.5
"""Attempts a call from which retries make it worse."""


def show(found: Incident, console: Console) -> None:
    """All of it."""
    formatting.show(_lines(found), console)


def as_object(found: Incident) -> dict[str, Any]:
    """The same as what JSON can hold; absent is what was not told."""
    reported: dict[str, Any] = msgspec.to_builtins(found)
    main = found.main
    if main is None:
        del reported["main"]
        return reported
    for example, failure in zip(reported["main"]["examples"], main.examples, strict=True):
        example.pop("properties", None)  # only its tags are for others
        example["support_code"] = support_code(failure.call_id)
    steps = steps_for(main.advice, main.examples[0] if main.examples else None)
    reported["main"]["change"] = main.change._asdict() | {
        name: value.isoformat()
        for name, value in main.change._asdict().items()
        if isinstance(value, datetime)
    }
    reported["main"]["advice"] = {
        "about": main.advice.about,
        "meaning": main.advice.meaning,
        "next_step": main.advice.next_step,
        "steps": [{"text": text, "command": shell} for text, shell in steps],
        "support_channels": main.advice.support_channels,
    }
    return reported


def _lines(found: Incident) -> Iterator[Line]:
    if found.main is not None:
        yield from _incident_lines(found, found.main)
    elif found.verdict == "no calls":
        yield from _no_calls_lines(found)
    else:
        yield "all well", Text.assemble(("nothing wrong", "bold green"), _aside(found))
    yield from _others(found)
    yield "looked", Text(_checked(found), style="dim")


def _aside(found: Incident) -> str:
    whole = found.totals
    share = percent(whole.calls - whole.failed, whole.calls)
    return f": {share} of {many(whole.calls, 'call')} ended well, {whole.recovered:,} of them after a retry"


def _no_calls_lines(found: Incident) -> Iterator[Line]:
    yield "no calls", Text("not one attempt is in the ledger of this time", style="bold yellow")
    newest = found.totals.newest
    last = f"the last one was at {day_and_time(newest)}" if newest else "nor is there one in the week before"
    yield "", Text(f"{last}; either nobody called, or the telemetry does not arrive")
    yield "next", Text("look further back with --since 1d, and whether the service sends its ledger here")
    yield "", command("foundry-telemetry doctor")


def _incident_lines(found: Incident, main: Main) -> Iterator[Line]:
    cause, advice = main.cause, main.advice
    move = OWNER_LABELS.get(cause.owner, ABSENT)
    yield "WRONG", Text.assemble((move, "bold red"), "  ", (cause.error_type, "bold red"))
    yield "", Text(advice.meaning)
    yield "since", Text(_since(found, main))
    yield "calls", Text(_calls(found, cause))
    yield "next", Text(advice.next_step, style="bold")
    shells = (shell for _, shell in steps_for(advice, main.examples[0] if main.examples else None) if shell)
    shell = next(shells, None)
    if shell:
        yield "", command(shell)
    lines = [*map(_affected, main.affected), *map(_tag, main.tags[:_MOST_TAGS])]
    yield from (("" if number else "hit", line) for number, line in enumerate(lines))
    yield from _token(main)
    yield "retries", Text(_retries(cause))
    yield "changed", Text(_changed(found, main))
    yield from _examples(main, found.end)


def _since(found: Incident, main: Main) -> str:
    change, end = main.change, found.end
    began = moment(change.since, end)
    if change.good_before is None:
        began = f"{began} or earlier"
    last = moment(change.last, end)
    if change.over:
        return f"{began} to {last} UTC, {lasted(change.last - change.since)}; it is over"
    silent = end - change.last > _RECENT and (found.totals.newest or end) - change.last < _RECENT
    state = "and hardly an attempt since" if silent else "so it goes on"
    return f"{began} UTC, {lasted(end - change.since)} ago; the last at {last}, {state}"


def _calls(found: Incident, cause: Cause) -> str:
    whole = found.totals.calls
    hidden = f", {cause.recovered:,} recovered" if cause.recovered else ""
    return (
        f"{cause.failed:,} of {whole:,} failed for it ({percent(cause.failed, whole)}){hidden}; "
        f"{many(cause.attempts, 'attempt')}"
    )


def _affected(by: Affected) -> Text:
    named = [f"{one.value} {one.failed:,} of {one.attempts:,}" for one in by.shares[:_SHOWN]]
    further = len(by.shares) - _SHOWN
    if further > 0:
        named.append(f"and {further} more")
    unaffected = f"; {many(by.unaffected, 'other')} spared" if by.unaffected else ""
    return Text(f"{by.by.replace('_', ' ')} {', '.join(named)}{unaffected}")


def _tag(by: Affected) -> Text:
    """A tag; its values are named where they tell something."""
    worst = by.shares[0]
    if len(by.shares) > _SHOWN and worst.failed < _TELLING * worst.attempts:
        share = percent(worst.failed, worst.attempts)
        return Text(f"{by.by} {len(by.shares)} values, none with more than {share} of the failures")
    return _affected(by)


def _token(main: Main) -> Iterator[Line]:
    """What the newest refused token said of itself, as far as it may be why; the rest is in the ticket."""
    newest = main.examples[-1] if main.examples else None
    if newest is None or newest.audience is None:
        return
    seconds = newest.expires_in_s
    life = ""
    if seconds is not None:
        time = lasted(timedelta(seconds=min(abs(seconds), _YEAR_S)))
        life = f", expired {time} before" if seconds < 0 else f", good for {time}"
    tenant = f", of tenant {newest.tenant}" if newest.tenant and main.cause.error_type in _TENANTS else ""
    yield "token", Text(f"for {newest.audience}{tenant}{life}")


def _retries(cause: Cause) -> str:
    pace = cause.tries / cause.affected if cause.affected else 1.0
    if cause.recovered and not cause.failed:
        return f"hide it: every call that was hit recovered, at {pace:.1f} attempts a call"
    if cause.recovered:
        return (
            f"hide part of it: {cause.recovered:,} of {many(cause.affected, 'call')} that were hit recovered"
        )
    if pace >= _AMPLIFIED:
        return f"amplify it: {pace:.1f} attempts a call, and none helped"
    return "none were made, so they neither hide nor amplify it"


def _changed(found: Incident, main: Main) -> str:
    newly_seen = [
        f"{one.what} {one.value} of {one.service or 'a service'}, new at {moment(one.first_seen, found.end)}"
        for one in main.newly_seen[:_SHOWN]
    ]
    if newly_seen:
        return "; ".join(newly_seen)
    if main.change.good_before is None:
        return "not known: the ledger has nothing from before"
    seen = main.cause.first_seen < main.change.since
    return (
        f"nothing that is recorded; this cause {'was there before, in less' if seen else 'is new this week'}"
    )


def _examples(main: Main, end: datetime) -> Iterator[Line]:
    label = "e.g."
    for one in main.examples:
        who = " ".join(filter(None, (one.service, one.deployment)))
        code = support_code(one.call_id) or one.call_id
        yield label, Text(f"{moment(one.ended, end)}  {_answer(one)}  {who}  {code}")
        yield "", Text(f"  {_ids(one)}", style="dim")
        label = ""
    newest = main.examples[-1] if main.examples else Failure(ended=end)
    asked = support_code(newest.call_id) or newest.apim_request_id or newest.request_id
    if asked and _TYPED.fullmatch(asked):
        yield "more", command(f"foundry-telemetry ticket {asked}")


def _answer(one: Failure) -> str:
    """The status, or why there is none."""
    if one.status is not None:
        return str(one.status)
    if one.outcome == "not_sent":
        return "not sent"
    return f"no answer, {one.error_code}" if one.error_code else "no answer"


def _ids(one: Failure) -> str:
    if one.entra_code or one.entra_trace_id:
        return "  ".join(filter(None, (one.entra_code, one.entra_trace_id)))
    if not (one.apim_request_id or one.request_id):
        return "no ids: no answer told them"
    return f"{one.apim_request_id or 'no id of Azure'}  {one.request_id or 'no id of Anthropic'}"


def _others(found: Incident) -> Iterator[Line]:
    label = "also" if found.main else "noted"
    for cause in found.others[:_MOST_OTHERS]:
        baseline = "" if cause.baseline is None else f", usual {_baseline(cause.baseline)}"
        judged = "; WRONG too" if cause.wrong else ""
        numbers = f"{many(cause.attempts, 'attempt')}{baseline}; {many(cause.failed, 'call')} failed"
        yield label, Text(f"{OWNER_LABELS.get(cause.owner, ABSENT)} {cause.error_type}: {numbers}{judged}")
        label = ""
    further = len(found.others) - _MOST_OTHERS
    if further > 0:
        yield "", Text(f"and {many(further, 'further cause')}")


def _baseline(attempts: float) -> str:
    return "none" if not attempts else "less than 1" if attempts < 1 else f"{attempts:,.0f}"


def _checked(found: Incident) -> str:
    whole = found.totals
    sums = [many(whole.calls, "call"), many(whole.attempts, "attempt")]
    if found.main is None:
        sums += [many(whole.services, "service"), many(whole.deployments, "deployment")]
    return (
        f"{', '.join(sums)}; {span(found.start, found.end)}; "
        f"{many(whole.before, 'attempt')} the day before; {found.source}"
    )
