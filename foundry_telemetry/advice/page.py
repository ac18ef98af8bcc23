"""The advice as a page of Markdown. The same table gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from foundry_telemetry.advice.entry import DATA_ACTION, IDS, OWNERS, PLACEHOLDERS, Advice
from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.schema.inventory import INVENTORY
from foundry_telemetry.wire.causes import CLASSES

_INTRODUCTION: Final = """\
# Causes

<!-- Made by `python -m foundry_telemetry.advice`; change the table in that package, not this page. -->

Every failed attempt has a cause (`error.type`) and an owner (`foundry.error.owner`), who has to act. Find \
the cause in the table and follow its steps in order. No command shows a key or a token. Replace what stands \
between angle brackets: see [Placeholders](#placeholders).
"""
_FALLBACKS: Final = """\
## Other errors

`http_<status>` is a response that matches no cause. `foundry.error.owner` names the owner; it is absent \
where the response does not show one. If the owner is `customer_gateway`, your own gateway responded: follow \
its steps instead of those of the cause.
"""


_ANSWERS: Final = {True: "yes. ", False: "no. ", None: ""}
_GAPS: Final = re.compile(r"\n{3,}")
_FIELD: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)+").fullmatch


def page(classes: Iterable[Advice], fallbacks: Iterable[Advice]) -> str:
    """The page: a table of all causes, each cause with its steps, other errors, and the placeholders."""
    ordered = sorted(classes, key=lambda entry: OWNERS.index(entry.owner or "client"))
    parts = [_INTRODUCTION, "\n".join(_table(ordered)) + "\n"]
    parts += ["\n".join(_section(entry, "##")) for entry in ordered]
    parts.append(_FALLBACKS)
    parts += ["\n".join(_section(entry, "###")) for entry in fallbacks]
    parts.append("\n".join(_placeholders()))
    return _GAPS.sub("\n\n", "\n".join(parts))


def section(entry: Advice) -> str:
    """One entry as a page of its own."""
    return "\n".join(_section(entry, "#"))


def _table(entries: Iterable[Advice]) -> Iterator[str]:
    yield "| Cause | Owner | Retry | Next step |"
    yield "| --- | --- | --- | --- |"
    for entry in entries:
        cause, retry = f"[`{entry.about}`](#{entry.about})", "yes" if entry.retryable else "no"
        yield f"| {cause} | {_owner(entry)} | {retry} | {_marked(entry.next_step)} |"


def _section(entry: Advice, level: str) -> Iterator[str]:
    yield f"{level} {entry.about}\n"
    yield f"{_marked(entry.meaning)} **Next step**: {_first(entry)}\n"
    for number, step in enumerate(entry.steps, start=1):
        yield f"{number}. {_marked(step.text)}"
        if step.command:
            yield f"\n   ```sh\n   {step.command}\n   ```\n"
    yield f"\n- **Owner**: {_owner(entry)}"
    yield f"- **Retry**: {_ANSWERS[entry.retryable]}{_marked(entry.retry)}"
    yield f"- **Ticket**: {_support_channels(entry)}: {_marked(entry.ticket)}"
    fields = ", ".join(f"`{field}`" for field in entry.relevant_fields)
    yield f"- **Details**: {fields}; tab {entry.tab} of the workbook.\n"


def _owner(entry: Advice) -> str:
    """Who has to act: in words, and as the record has it."""
    return f"{OWNER_LABELS[entry.owner]} (`{entry.owner}`)" if entry.owner else "Unknown"


def _first(entry: Advice) -> str:
    """The next step, with the full stop that a column has no use for."""
    return f"{_marked(entry.next_step.rstrip('.'))}."


def _support_channels(entry: Advice) -> str:
    """Whom to ask, and with which ids."""
    asked = (
        f"{channel}, with {', '.join(f'`{field}`' for field in IDS[channel])}"
        for channel in entry.support_channels
    )
    return "; ".join(asked) or "none"


def _placeholders() -> Iterator[str]:
    yield "## Placeholders\n"
    yield "| Placeholder | Value |"
    yield "| --- | --- |"
    for name, placeholder in PLACEHOLDERS.items():
        reported = f" (`{placeholder.field}`)" if placeholder.field else ""
        yield f"| `{name}` | {placeholder.meaning}{reported} |"
    yield ""


def _words() -> str:
    """The names of fields and of classes that are no plain English, the longest first."""
    fields = {row.name for row in INVENTORY if _FIELD(row.name)}
    classes = {name for name in CLASSES if "_" in name}
    return "|".join(map(re.escape, sorted(fields | classes, key=lambda name: (-len(name), name))))


_CODE: Final = re.compile(
    rf"https://[^\s,;]*[\w/>]|\S*<[a-z-]+>[^\s,;]*|{re.escape(DATA_ACTION)}|(?<![\w.])(?:{_words()})(?!\w|\.\w)"
)
"""Addresses, what holds a placeholder, the data action, and names."""


def _marked(text: str) -> str:
    """Plain text with what is code marked as code."""
    return _CODE.sub(lambda found: f"`{found[0]}`", text)
