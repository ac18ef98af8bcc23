"""The advice as a page of Markdown. The same table gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from foundry_telemetry.advice.entry import DATA_ACTION, IDS, OWNERS, PLACEHOLDERS, Advice
from foundry_telemetry.schema.inventory import INVENTORY
from foundry_telemetry.wire.causes import CLASSES

_INTRODUCTION: Final = """\
# Causes, and what to do

<!-- Made by `python -m foundry_telemetry.advice`; change the table in that package, not this page. -->

Every failed attempt has a class (`error.type`) and says whose move it is (`foundry.error.owner`). Find the \
class in the table; the steps are below it, in order. No command here shows a key or a token. What stands \
between angle brackets is yours to [fill in](#to-fill-in).
"""
_FALLBACKS: Final = """\
## What fits no class

`http_<status>` is an answer that fits none. Whose move it is stands in `foundry.error.owner`, and is absent \
where what was seen of the answer does not say. Where it is `customer_gateway`, your own gateway answered, \
and what is said of it here holds in place of the class.
"""


_ANSWERS: Final = {True: "yes. ", False: "no. ", None: ""}
_GAPS: Final = re.compile(r"\n{3,}")
_FIELD: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)+").fullmatch


def page(classes: Iterable[Advice], fallbacks: Iterable[Advice]) -> str:
    """The page: a table of all classes, each class with its steps, what is left, and what to fill in."""
    ordered = sorted(classes, key=lambda entry: OWNERS.index(entry.owner or "client"))
    parts = [_INTRODUCTION, "\n".join(_table(ordered)) + "\n"]
    parts += ["\n".join(_section(entry, "##")) for entry in ordered]
    parts.append(_FALLBACKS)
    parts += ["\n".join(_section(entry, "###")) for entry in fallbacks]
    parts.append("\n".join(_placeholders()))
    return _GAPS.sub("\n\n", "\n".join(parts))


def _table(entries: Iterable[Advice]) -> Iterator[str]:
    yield "| Class | Whose move | Retry | First |"
    yield "| --- | --- | --- | --- |"
    for entry in entries:
        retry = "yes" if entry.retryable else "no"
        yield f"| [`{entry.about}`](#{entry.about}) | {entry.owner} | {retry} | {_marked(entry.next_step)} |"


def _section(entry: Advice, level: str) -> Iterator[str]:
    yield f"{level} {entry.about}\n"
    yield f"{_marked(entry.meaning)} **First**: {_first(entry)}\n"
    for number, step in enumerate(entry.steps, start=1):
        yield f"{number}. {_marked(step.text)}"
        if step.command:
            yield f"\n   ```sh\n   {step.command}\n   ```\n"
    yield f"\n- **Whose move**: {entry.owner or 'not reported'}"
    yield f"- **Retry**: {_ANSWERS[entry.retryable]}{_marked(entry.retry)}"
    yield f"- **Ticket**: {_support_channels(entry)}: {_marked(entry.ticket)}"
    yield f"- **Look at**: {', '.join(f'`{field}`' for field in entry.relevant_fields)}; tab {entry.tab}.\n"


def _first(entry: Advice) -> str:
    """What to do first, with the full stop that a column has no use for."""
    return f"{_marked(entry.next_step.rstrip('.'))}."


def _support_channels(entry: Advice) -> str:
    """Whom to ask, and with which ids."""
    asked = (
        f"{desk}, with {', '.join(f'`{field}`' for field in IDS[desk])}" for desk in entry.support_channels
    )
    return "; ".join(asked) or "nobody"


def _placeholders() -> Iterator[str]:
    yield "## To fill in\n"
    yield "| | |"
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
