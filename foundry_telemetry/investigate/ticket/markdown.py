"""A call as Markdown for an issue or a chat, and as JSON for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate.display_safety import as_markdown
from foundry_telemetry.investigate.formatting import took
from foundry_telemetry.investigate.next_steps import steps_for
from foundry_telemetry.investigate.texts import NOT_REPORTED, UNKNOWN
from foundry_telemetry.investigate.ticket import block, texts
from foundry_telemetry.investigate.ticket.call import Call, Found


def markdown(found: Found) -> str:
    """The call, its cause and next steps, its attempts, and the block for support."""
    return "\n".join(_lines(found))


def as_object(found: Found) -> dict[str, Any]:
    """The same as what JSON can hold; absent is what was not reported."""
    call, advice = found.call, found.call.advice
    reported: dict[str, Any] = {
        "asked_for": {"kind": found.identity.kind, "value": found.identity.value},
        "call_id": call.call_id,
        "support_code": call.support_code,
        "state": call.state,
        "attempts": [
            msgspec.to_builtins(attempt) | ({} if wait is None else {"waited_ms": round(wait, 3)})
            for attempt, wait in zip(call.attempts, call.waits_ms(), strict=True)
        ],
        "trace": msgspec.to_builtins(found.related_telemetry),
        "other_calls": [{"call_id": one.call_id, "state": one.state} for one in found.others],
        "ticket": block.text(call),
    }
    if found.source_error:
        reported["trace_error"] = found.source_error
    if advice is not None and call.failure is not None:
        steps = [{"text": text, "command": command} for text, command in steps_for(advice, call.failure)]
        reported["cause"] = {
            "error_type": call.failure.error_type,
            "owner": call.failure.error_owner,
            "advice": advice.about,
            "meaning": advice.meaning,
            "next_step": advice.next_step,
            "steps": steps,
            "support_channels": block.support_channels(call),
        }
    return reported


def _lines(found: Found) -> Iterator[str]:
    call = found.call
    title = texts.TITLE if call.call_id.isalnum() else texts.UNNAMED_TITLE
    yield title.format(call=call.call_id, state=call.state)
    yield ""
    yield from _cause(call)
    yield f"| {' | '.join(texts.COLUMNS)} |"
    yield f"|{' --- |' * len(texts.COLUMNS)}"
    for attempt, wait in zip(call.attempts, call.waits_ms(), strict=True):
        cells = (
            str(attempt.attempt_number or ""),
            block.when(attempt),
            "" if wait is None else took(max(wait, 0.0)),
            took(attempt.duration_ms),
            texts.NO_STATUS if attempt.status is None else str(attempt.status),
            attempt.error_type or attempt.outcome or UNKNOWN,
            attempt.apim_request_id or NOT_REPORTED,
            attempt.request_id or NOT_REPORTED,
        )
        yield f"| {' | '.join(map(as_markdown, cells))} |"
    yield ""
    yield from (f"- **{as_markdown(name)}**: {as_markdown(reported)}" for name, reported in block.lines(call))


def _cause(call: Call) -> Iterator[str]:
    failure, advice = call.failure, call.advice
    if failure is None or advice is None:
        return
    owner = as_markdown(OWNER_LABELS.get(failure.error_owner or "", UNKNOWN))
    cause = as_markdown(failure.error_type or UNKNOWN)
    yield texts.MARKDOWN_CAUSE.format(cause=cause, owner=owner, meaning=advice.meaning)
    yield ""
    yield texts.MARKDOWN_NEXT_STEP.format(step=advice.next_step)
    yield ""
    for number, (text, command) in enumerate(steps_for(advice, failure), start=1):
        yield f"{number}. {text}"
        if command:
            yield f"\n   ```sh\n   {command}\n   ```\n"
    yield ""
