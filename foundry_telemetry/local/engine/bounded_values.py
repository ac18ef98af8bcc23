"""Values whose length a query sets by a number: a series and a repeated text have a longest one.

The database makes such a value in one step, which it neither counts as memory nor interrupts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

MOST_ELEMENTS: Final = 10_000_000
"""Elements of a series, such as the rows of a ``range``."""

MOST_REPEATS: Final = 1_024
"""What ``strrep`` repeats at most, as in Kusto."""

MOST_CHARACTERS: Final = 250_000
"""Length of a text in which something is replaced, before and after, or which comes of repetition: the
database makes those of two thousand rows at a time, and does not count them."""

PREFIX: Final = "too many elements"
"""Begins the message of the database's error."""

_LONGEST_COPIED: Final = 60
"""Characters of SQL that are cheaper to repeat than to bind."""
_LONGEST_CONSTANT: Final = 150
"""Characters of SQL in which a text, and what is replaced in it, cannot make a long one."""

_SERIES: Final = "generate_series("
_REPEAT: Final = "repeat("
_REPLACE: Final = "replace("
_TOKEN: Final = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b(?:generate_series|repeat|replace)\(|[(),\[\]{}]"
)
_CONSTANT: Final = re.compile(r"(?:replace\(|'(?:[^']|'')*'|[,)\s])+")

_BEYOND: Final = (
    "(_s.a < _s.b AND _s.a + _s.c > _s.a AND TRY(_s.a + _s.c * {most}) < _s.b) OR "
    "(_s.a > _s.b AND _s.a + _s.c < _s.a AND TRY(_s.a + _s.c * {most}) > _s.b)"
)


def bounded(sql: str) -> str:
    """The same statement, in which each series and each repeated text is bounded."""
    if not any(name in sql for name in _BOUNDED):
        return sql
    return "".join(_rewritten(sql))


def _rewritten(sql: str) -> Iterator[str]:
    """The text with every call in it rewritten, those within its arguments too."""
    done = 0
    for name, start, ends in _calls(sql):
        if start < done:
            continue
        yield sql[done:start]
        edges = [start + len(name), *(end + 1 for end in ends)]
        arguments = [bounded(sql[begin : end - 1]) for begin, end in pairwise(edges)]
        yield _BOUNDED[name](arguments)
        done = edges[-1]
    yield sql[done:]


def _calls(sql: str) -> Iterator[tuple[str, int, list[int]]]:
    """The calls in a text: name, start, and where each argument ends; outer ones first."""
    open_calls: list[tuple[str, int, list[int]]] = []
    found = []
    for token in _TOKEN.finditer(sql):
        text = token[0]
        if text[-1] in "([{":
            call = (text, token.start(), list[int]())
            open_calls.append(call)
            if text in _BOUNDED:
                found.append(call)
        elif text == "," and open_calls:
            open_calls[-1][2].append(token.start())
        elif text in ")]}" and open_calls:
            open_calls.pop()[2].append(token.start())
    yield from found


def _series(arguments: list[str]) -> str:
    if len(arguments) != len("abc"):
        arguments = [*arguments, "1"]
    a, b, c = arguments
    beyond = _BEYOND.format(most=float(MOST_ELEMENTS))
    message = f"{PREFIX}: a range or series has more than {MOST_ELEMENTS:,} elements; take a larger step"
    return (
        f"list_transform([struct_pack(a := {a}, b := {b}, c := {c})], lambda _s: CASE WHEN {beyond} "
        f"THEN error('{message}') ELSE generate_series(_s.a, _s.b, _s.c) END)[1]"
    )


def _repeat(arguments: list[str]) -> str:
    text, times = arguments
    bounded_times = f"least({times}, {MOST_REPEATS})"
    return _checked(text, bounded_times, "strlen({t}) * {rest}", "repeat({t}, {rest})")


def _replace(arguments: list[str]) -> str:
    if all(map(_is_short_text, arguments)):
        return f"{_REPLACE}{', '.join(arguments)})"
    text, old, new = (argument.strip() for argument in arguments)
    if _LITERAL.fullmatch(old) and _LITERAL.fullmatch(new):
        growth = max(1.0, (len(new) - 2) / max(len(old) - 2, 1))
        call = f"replace({{t}}, {old}, {new})"
        return _checked(text, "", "strlen({t})", call, round(MOST_CHARACTERS / growth))
    return (
        f"list_transform([struct_pack(t := {text}, o := {old}, n := {new})], lambda _r: "
        f"CASE WHEN greatest(strlen(_r.t), {_AFTER}) > {MOST_CHARACTERS} THEN {_too_long(MOST_CHARACTERS)} "
        "ELSE replace(_r.t, _r.o, _r.n) END)[1]"
    )


def _is_short_text(sql: str) -> bool:
    """Whether it is a text of few characters, or some replaced in one: they stay few, and DuckDB folds it."""
    return len(sql) <= _LONGEST_CONSTANT and _CONSTANT.fullmatch(sql) is not None


_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_AFTER: Final = (
    "strlen(_r.t) + (strlen(_r.t) - strlen(replace(_r.t, _r.o, ''))) // greatest(strlen(_r.o), 1) "
    "* (strlen(_r.n) - strlen(_r.o))"
)
"""The length afterwards, by how often the old text is in it."""


def _too_long(most: int) -> str:
    return f"error('{PREFIX}: a text has more than {most:,} characters')"


def _checked(text: str, rest: str, size: str, call: str, most: int = MOST_CHARACTERS) -> str:
    """A call on a text that is not too long; the text is written once unless it is short."""
    name = text if len(text) <= _LONGEST_COPIED else "long_text"
    checked = f"CASE WHEN {size.format(t=name, rest=rest)} > {most} THEN {_too_long(most)} ELSE "
    checked += call.replace("{t}", name).replace("{rest}", rest) + " END"
    return checked if name == text else f"list_transform([{text}], lambda long_text: {checked})[1]"


_BOUNDED: Final = {_SERIES: _series, _REPEAT: _repeat, _REPLACE: _replace}
