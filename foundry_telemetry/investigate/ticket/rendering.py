"""A call on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.formatting import ABSENT, Line, clock, command, day_and_time, many, took
from foundry_telemetry.investigate.next_steps import steps_for, to_fill_in
from foundry_telemetry.investigate.queries import MAX_RELATED, Attempt, RelatedTelemetry
from foundry_telemetry.investigate.ticket import block
from foundry_telemetry.investigate.ticket.call import Call, Found

_WIDE: Final = 110
_MAX_RELATED: Final = 8
_MOST_OTHERS: Final = 4
_NO_RESULT: Final = "0"
"""What the exporter writes where there was no status."""
_STYLES: Final = {"failed": "bold red", "recovered": "yellow", "ended well": "green"}


def show(found: Found, console: Console) -> None:
    """All of it: what came of the call, why, what to do, attempts, trace, and what support asks for."""
    call = found.call
    formatting.show([*_head(call), *_attempts(call, console.width), *_trace(found)], console)
    console.print()
    console.print(_asked(call))
    # Not wrapped: what is pasted from here must have the lines it has.
    console.print(block.text(call), soft_wrap=True)


def _head(call: Call) -> Iterator[Line]:
    code = f"  {call.support_code}" if call.support_code else ""
    yield (
        "call",
        Text.assemble((call.state, _STYLES.get(call.state, "yellow")), f"  {call.call_id}{code}"),
    )
    failure, advice = call.failure, call.advice
    if failure is None or advice is None:
        yield "when", Text(day_and_time(call.last.ended))
        return
    move = OWNER_LABELS.get(failure.error_owner or "", ABSENT)
    yield "cause", Text.assemble((move, "bold"), "  ", (failure.error_type or "", "bold"))
    yield "", Text(advice.meaning)
    yield "when", Text(f"{day_and_time(failure.ended)}, {_who(failure)}")
    yield "next", Text(advice.next_step, style="bold")
    steps = list(steps_for(advice, failure))
    for number, (step, shell) in enumerate(steps, start=1):
        yield "", Text(f"{number}. {step}")
        if shell:
            yield "", command(shell)
    for name, meaning in to_fill_in(steps):
        yield "", Text(f"{name} is {meaning}.", style="dim")
    yield "retry", Text(advice.retry)


def _who(attempt: Attempt) -> str:
    service = attempt.service or "a service without a name"
    return f"{service} to {attempt.deployment or attempt.server or ABSENT}"


def _attempts(call: Call, width: int) -> Iterator[Line]:
    label = "attempts"
    for attempt, wait in zip(call.attempts, call.waits_ms(), strict=True):
        status = "–" if attempt.status is None else attempt.status  # noqa: RUF001 - a dash for no answer
        cause = attempt.error_type or attempt.outcome or ABSENT
        waited = "" if wait is None else f" after {took(max(wait, 0.0))}"
        head = Text.assemble(
            f"{attempt.attempt_number or '?'}  ",
            f"{clock(attempt.started or attempt.ended, milliseconds=True)}{waited}  {status}  ",
            (cause, "red" if attempt.error_type else "green"),
            f"  took {took(attempt.duration_ms)}",
        )
        yield label, head
        label = ""
        azure = f"azure {attempt.apim_request_id or ABSENT}"
        anthropic = f"anthropic {attempt.request_id or ABSENT}"
        between = "  " if width >= _WIDE else "\n   "
        yield "", Text(f"   {azure}{between}{anthropic}", style="dim")


def _trace(found: Found) -> Iterator[Line]:
    trace_id = found.call.last.trace_id
    if trace_id:
        yield "trace", Text(trace_id)
    depths = _depths(found.related_telemetry)
    for one, depth in list(zip(found.related_telemetry, depths, strict=True))[:_MAX_RELATED]:
        yield "", _related_line(one, depth)
    left = len(found.related_telemetry) - _MAX_RELATED
    if left > 0:
        least = "at least " if len(found.related_telemetry) >= MAX_RELATED else ""
        yield "", Text(f"and {least}{many(left, 'row')} more", style="dim")
    if trace_id and not found.related_telemetry:
        why = found.source_error or "nothing else is told of this trace; it may have been sampled out"
        yield "", Text(why, style="dim")
    for other in found.others[-_MOST_OTHERS:]:
        yield "", Text(f"also has this id: call {other.call_id} {other.state}", style="dim")
    if len(found.others) > _MOST_OTHERS:
        yield "", Text(f"and {many(len(found.others) - _MOST_OTHERS, 'call')} more", style="dim")


def _related_line(one: RelatedTelemetry, depth: int) -> Text:
    reported = None if one.result == _NO_RESULT else one.result
    result = " ".join(filter(None, (reported, "failed" if one.success is False else "")))
    time = f"  {took(one.duration_ms)}" if one.duration_ms is not None else ""
    text = (
        f"{'  ' * depth}{one.what} {one.name or ABSENT}  {result}{time}"
        f"{f'  {one.service}' if one.service else ''}"
    )
    return Text(text, style="red" if one.success is False else "")


def _depths(rows: tuple[RelatedTelemetry, ...]) -> list[int]:
    """How deep each stands in its trace, as far as the parents are there."""
    depth_of: dict[str, int] = {}
    depths = []
    for row in rows:
        depth = min(depth_of.get(row.parent or "", -1) + 1, 4)
        if row.span:
            depth_of.setdefault(row.span, depth)
        depths.append(depth)
    return depths


def _asked(call: Call) -> Text:
    """What stands above the block to paste."""
    advice = call.advice
    if advice is None:
        return Text("nothing failed; for the record:", style="bold")
    support_channels = block.support_channels(call)
    if not support_channels:
        return Text(f"no ticket: {advice.ticket}", style="bold")
    return Text(f"ticket to {' or '.join(support_channels)}, {advice.ticket}", style="bold")
