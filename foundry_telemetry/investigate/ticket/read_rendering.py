"""A failure that was read from a text: on a terminal, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.display_safety import as_markdown
from foundry_telemetry.investigate.formatting import Line, command
from foundry_telemetry.investigate.next_steps import steps_for, to_fill_in
from foundry_telemetry.investigate.texts import UNKNOWN
from foundry_telemetry.investigate.ticket import texts
from foundry_telemetry.investigate.ticket.lookup import Explanation


def show(explanation: Explanation, console: Console) -> None:
    """Cause, owner, next step, and what it was read from."""
    formatting.show(_lines(explanation), console)


def as_object(explanation: Explanation) -> dict[str, Any]:
    """The same as what JSON can hold; `cause` as for a call that was found."""
    read, advice = explanation.read, explanation.advice
    if read is None or advice is None:
        return {}
    return {
        "state": texts.FAILED,
        "read_from": dict(read.evidence),
        "asked_for": [{"kind": one.kind, "value": one.value} for one in explanation.identities],
        "cause": {
            "error_type": read.failure.type,
            "owner": read.failure.owner,
            "advice": advice.about,
            "meaning": advice.meaning,
            "next_step": advice.next_step,
            "steps": [{"text": text, "command": shell} for text, shell in steps_for(advice, None)],
            "support_channels": advice.support_channels,
        },
    }


def markdown(explanation: Explanation) -> str:
    """The same for an issue or a chat."""
    return "\n".join(_markdown(explanation))


def _evidence(explanation: Explanation) -> str:
    evidence = explanation.read.evidence if explanation.read is not None else {}
    return ", ".join(texts.EVIDENCE.format(kind=kind, value=value) for kind, value in evidence.items())


def _lines(explanation: Explanation) -> Iterator[Line]:
    read, advice = explanation.read, explanation.advice
    if read is None or advice is None:
        return
    owner = texts.OWNER.format(owner=OWNER_LABELS.get(read.failure.owner or "", UNKNOWN))
    yield texts.CAUSE, Text.assemble((read.failure.type, "bold"), "  ", (owner, "bold"))
    yield "", Text(advice.meaning)
    yield texts.READ_FROM, Text(_evidence(explanation))
    yield "", Text(texts.NO_CALL)
    yield texts.NEXT_STEP, Text(advice.next_step, style="bold")
    steps = list(steps_for(advice, None))
    for number, (step, shell) in enumerate(steps, start=1):
        yield "", Text(f"{number}. {step}")
        if shell:
            yield "", command(shell)
    for name, meaning in to_fill_in(steps):
        yield "", Text(texts.PLACEHOLDER.format(name=name, meaning=meaning), style="dim")
    yield texts.RETRY, Text(advice.retry)


def _markdown(explanation: Explanation) -> Iterator[str]:
    read, advice = explanation.read, explanation.advice
    if read is None or advice is None:
        return
    owner = as_markdown(OWNER_LABELS.get(read.failure.owner or "", UNKNOWN))
    yield texts.MARKDOWN_CAUSE.format(
        cause=as_markdown(read.failure.type), owner=owner, meaning=advice.meaning
    )
    yield ""
    yield texts.MARKDOWN_NEXT_STEP.format(step=advice.next_step)
    yield ""
    for number, (text, shell) in enumerate(steps_for(advice, None), start=1):
        yield f"{number}. {text}"
        if shell:
            yield f"\n   ```sh\n   {shell}\n   ```\n"
    yield ""
    yield f"- **{texts.READ_FROM}**: {as_markdown(_evidence(explanation))}"
