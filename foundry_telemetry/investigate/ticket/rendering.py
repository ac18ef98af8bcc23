"""A call on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.formatting import Line, command, day_and_time, many, took
from foundry_telemetry.investigate.next_steps import steps_for, to_fill_in
from foundry_telemetry.investigate.queries import MAX_RELATED, Attempt, RelatedTelemetry
from foundry_telemetry.investigate.texts import CALL, NOT_REPORTED, ROW, UNKNOWN
from foundry_telemetry.investigate.ticket import block, texts
from foundry_telemetry.investigate.ticket.call import Call, Found

_WIDE: Final = 110
_MAX_RELATED: Final = 8
_MOST_OTHERS: Final = 4
_NO_RESULT: Final = "0"
"""What the exporter writes where there was no status."""
_STYLES: Final = {texts.FAILED: "bold red", texts.RECOVERED: "yellow", texts.SUCCEEDED: "green"}


def show(found: Found, console: Console) -> None:
    """All of it: outcome of the call, cause, next step, attempts, trace, and what support asks for."""
    call = found.call
    formatting.show([*_head(call), *_attempts(call, console.width), *_trace(found)], console)
    console.print()
    for line in formatting.without_blanks(_asked(call), console):
        console.print(line, soft_wrap=True)
    # Not wrapped: what is pasted from here must have the lines it has.
    console.print(block.text(call), soft_wrap=True)


def _head(call: Call) -> Iterator[Line]:
    code = texts.SUPPORT_CODE.format(code=call.support_code) if call.support_code else ""
    ids = f"  {texts.CALL_ID.format(id=call.call_id)}{code}"
    yield texts.CALL, Text.assemble((call.state, _STYLES.get(call.state, "yellow")), ids)
    failure, advice = call.failure, call.advice
    if failure is None or advice is None:
        yield texts.TIME, Text(_route(call.last))
        return
    owner = texts.OWNER.format(owner=OWNER_LABELS.get(failure.error_owner or "", UNKNOWN))
    yield texts.CAUSE, Text.assemble((failure.error_type or "", "bold"), "  ", (owner, "bold"))
    yield "", Text(advice.meaning)
    yield texts.TIME, Text(_route(failure))
    yield texts.NEXT_STEP, Text(advice.next_step, style="bold")
    steps = list(steps_for(advice, failure))
    for number, (step, shell) in enumerate(steps, start=1):
        yield "", Text(f"{number}. {step}")
        if shell:
            yield "", command(shell)
    for name, meaning in to_fill_in(steps):
        yield "", Text(texts.PLACEHOLDER.format(name=name, meaning=meaning), style="dim")
    yield texts.RETRY, Text(advice.retry)


def _route(attempt: Attempt) -> str:
    text = texts.STARTED if attempt.started else texts.ENDED
    return texts.ROUTE.format(
        when=text.format(time=day_and_time(attempt.started or attempt.ended)),
        service=attempt.service or UNKNOWN,
        deployment=attempt.deployment or UNKNOWN,
    )


def _attempts(call: Call, width: int) -> Iterator[Line]:
    label = texts.ATTEMPTS
    for attempt, wait in zip(call.attempts, call.waits_ms(), strict=True):
        head = texts.ATTEMPT.format(
            number=attempt.attempt_number or "?",
            when=block.when(attempt),
            status=texts.NO_STATUS if attempt.status is None else attempt.status,
        )
        cause = attempt.error_type or attempt.outcome or UNKNOWN
        waited = "" if wait is None else texts.WAITED.format(time=took(max(wait, 0.0)))
        yield (
            label,
            Text.assemble(
                head,
                (cause, "red" if attempt.error_type else "green"),
                texts.TOOK.format(time=took(attempt.duration_ms)),
                waited,
            ),
        )
        label = ""
        azure = texts.AZURE_ID.format(id=attempt.apim_request_id or NOT_REPORTED)
        anthropic = texts.ANTHROPIC_ID.format(id=attempt.request_id or NOT_REPORTED)
        between = "  " if width >= _WIDE else "\n   "
        yield "", Text(f"   {azure}{between}{anthropic}", style="dim")


def _trace(found: Found) -> Iterator[Line]:
    trace_id = found.call.last.trace_id
    if trace_id:
        yield texts.TRACE, Text(trace_id)
    depths = _depths(found.related_telemetry)
    for one, depth in list(zip(found.related_telemetry, depths, strict=True))[:_MAX_RELATED]:
        yield "", _related_line(one, depth)
    further = len(found.related_telemetry) - _MAX_RELATED
    if further > 0:
        rows = many(further, ROW)
        if len(found.related_telemetry) >= MAX_RELATED:
            rows = texts.AT_LEAST.format(count=rows)
        yield "", Text(texts.FURTHER.format(count=rows), style="dim")
    if trace_id and not found.related_telemetry:
        yield "", Text(found.source_error or texts.NOTHING_RELATED, style="dim")
    for other in found.others[-_MOST_OTHERS:]:
        yield "", Text(texts.OTHER_CALL.format(call=other.call_id, state=other.state), style="dim")
    if len(found.others) > _MOST_OTHERS:
        calls = many(len(found.others) - _MOST_OTHERS, CALL)
        yield "", Text(texts.FURTHER.format(count=calls), style="dim")


def _related_line(one: RelatedTelemetry, depth: int) -> Text:
    reported = None if one.result == _NO_RESULT else one.result
    result = " ".join(filter(None, (reported, texts.FAILED if one.success is False else "")))
    time = f"  {took(one.duration_ms)}" if one.duration_ms is not None else ""
    text = (
        f"{'  ' * depth}{one.what} {one.name or UNKNOWN}  {result}{time}"
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
        return Text(texts.NO_FAILURE, style="bold")
    support_channels = block.support_channels(call)
    if not support_channels:
        return Text(texts.NO_TICKET.format(why=advice.ticket), style="bold")
    channels = texts.OR.join(support_channels)
    return Text(texts.OPEN_TICKET.format(channels=channels, condition=advice.ticket), style="bold")
