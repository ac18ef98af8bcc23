"""The manifest: everything that can ever leave the process through us, with where it comes from.

*Place*: where a name goes to: the span, a metric or its attributes, the ledger event, a line of the log.
*Form*: what a value can be at most. A test sends every recorded answer through the real SDK of OpenTelemetry
and holds the manifest against what came out: each name, each place, each value against its form.

The names and what they mean stand in `foundry_telemetry.conventions`; here stand the facts about each.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

from foundry_telemetry import conventions
from foundry_telemetry.manifest.entry import Entry, Place, What
from foundry_telemetry.manifest.fields import FIELDS, METRICS
from foundry_telemetry.manifest.forms import Form
from foundry_telemetry.manifest.lines import LINES, NAMES, SAME

__all__ = ["ENTRIES", "Entry", "Form", "Place", "What", "meaning"]

ENTRIES: Final = (*NAMES, *FIELDS, *METRICS, *LINES)


def meaning(entry: Entry) -> str:
    """What a name means, from the conventions; empty where it says so itself."""
    return _meanings().get(entry.name, "")


@cache
def _meanings() -> dict[str, str]:
    """What the conventions say of each name, below it."""
    try:
        body = ast.parse(inspect.getsource(conventions)).body
    except OSError:  # installed without its source
        return {}
    told = dict(_documented(body))
    told |= {line: told[name] for line, name in SAME.items()}
    return told | {f"{conventions.TAG_PREFIX}<key>": told[conventions.TAG_PREFIX]}


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, after in pairwise(body):
        match statement, after:
            case (
                ast.AnnAssign(value=ast.Constant(value=str(name))),
                ast.Expr(value=ast.Constant(value=str(meaning))),
            ):
                yield name, " ".join(meaning.split())
