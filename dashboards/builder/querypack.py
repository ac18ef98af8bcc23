"""The query pack: our questions in the portal's query picker, for who would rather write KQL than click.

The queries are those of the workbook. What the workbook puts into them by parameters stands at their top as
``let``, to be changed by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dashboards.builder.texts import QUERY_PACK, VALUES
from foundry_telemetry.kql import compose

TITLES: Final = QUERY_PACK
"""Query: its name in the picker; in the order in which an incident asks."""

_CHARTS: Final = {name for name in TITLES if name.endswith("_over_time")} | {
    "failures_by_owner",
    "failures_by_class",
}
"""Those whose answer is drawn."""

_TYPED: Final = re.compile(r"base64_decode_tostring\('\{(\w+):base64\}'\)")
"""How a query takes a text from the workbook."""

PORTAL: Final = "{portal}"
"""In a query: the address of the cloud's portal, for the template to put in."""

_TEXTS: Final = {
    "Id": ("text_with_ids", "'paste an id, an error message or a whole ticket'"),
    "CallId": ("wanted_call", "'0000000000000000'"),
    "Portal": ("portal", f"'{PORTAL}'"),
    "Target": ("success_target_percent", "'99'"),
}
"""Parameter that is a text: the name it has here, and what stands in it at first."""

_CHOSEN: Final = re.compile(r"\{(Deployment|Service|Model|Version|TagValue)\}")
_CHOICES: Final = {
    "Deployment": "deployments",
    "Service": "services",
    "Model": "models",
    "Version": "versions",
    "TagValue": "tag_values",
}
"""Parameter with a choice of many: the name it has here."""

_OPTION: Final = re.compile(r"'\{(CallOrder|CallOutcome)\}'")
OPTIONS: Final = {
    "CallOrder": ("order_of_calls", tuple(VALUES["call_order"])),
    "CallOutcome": ("outcome_of_calls", tuple(VALUES["calls_shown"])),
}
"""Parameter with a choice of one: the name it has here, and what can be chosen; at first the first."""

FIXED: Final = {"{TagKey}": "tenant"}
"""Parameter that is part of a string: what stands in its place."""

_TIMES: Final = {"start": "ago(1d)", "end": "now()", "grain": "30m"}
"""Format of the time parameter: its value."""

_TIME_LINE: Final = re.compile(r"^let \w+ = \{TimeRange:\w+\};\n", re.MULTILINE)
_TIME: Final = re.compile(r"\{TimeRange:(\w+)\}")
_SPLIT: Final = re.compile(r"(?<!;)\n(?=[^|])")
"""Before a line that goes on with the one above it."""


@dataclass(frozen=True)
class Saved:
    """One query of the pack."""

    name: str
    title: str
    description: str
    body: str


def pack() -> tuple[Saved, ...]:
    """All queries, in the order in which an incident asks them."""
    return tuple(
        Saved(name, title, compose.question(name), standalone(name)) for name, title in TITLES.items()
    )


def standalone(name: str) -> str:
    """The query `name` without parameters: what may be changed is at its top."""
    question, _, text = compose.whole(name).partition("\n")
    typed = [_text(one) for one in dict.fromkeys(_TYPED.findall(text))]
    chosen = [variable for one, variable in _CHOICES.items() if one in _CHOSEN.findall(text)]
    options = [OPTIONS[one] for one in dict.fromkeys(_OPTION.findall(text))]
    top = [
        *(f"let {variable} = {first};\n" for variable, first in typed),
        *_TIME_LINE.findall(text),
        *(f"let {variable} = '{known[0]}'; // {', '.join(known)}\n" for variable, known in options),
        *(f"let {variable} = dynamic(['*']); // all, or names such as 'a', 'b'\n" for variable in chosen),
    ]
    text = _TYPED.sub(_named, _TIME_LINE.sub("", text))
    text = _CHOSEN.sub(lambda match: _CHOICES[match[1]], text)
    text = _OPTION.sub(lambda match: OPTIONS[match[1]][0], text)
    for reference, fixed in FIXED.items():
        text = text.replace(reference, fixed)
    whole = "".join(top) + _SPLIT.sub("\n    ", text)
    chart = "\n| render timechart" if name in _CHARTS else ""
    return f"{question}\n" + _TIME.sub(lambda match: _TIMES[match[1]], whole) + chart


def _named(match: re.Match[str]) -> str:
    """The name for a parameter that is a text; a call may end at a word, a name may not."""
    is_before_word = match.string[match.end() : match.end() + 1].isalnum()
    return _text(match[1])[0] + (" " if is_before_word else "")


def _text(parameter: str) -> tuple[str, str]:
    """The name of a parameter that is a text, and what stands in it at first."""
    return _TEXTS.get(parameter, (f"the_{parameter.lower()}", "''"))
