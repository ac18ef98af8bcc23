"""Whole queries from the files: what a query names goes in front of it, its comments go away.

*Part*: a file that only defines names with ``let``, for other queries to begin with. *Minimise*: leave out
what a query engine does not read; the queries of a workbook are to be short.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Final

from foundry_telemetry.kql import files, roads
from foundry_telemetry.kql.lexer import tokens
from foundry_telemetry.kql.parameters import without_references
from foundry_telemetry.kql.view import COLUMNS, TEXT

PARTS: Final = (
    *(files.VIEW, "priced", "codes", "configured", "objective", "shown", "chosen", "tiles", "choosable"),
    *("refused", "days", "month", "period", "divided", "buckets", "minutes", "advice"),
    *("rates", "factors", "long_rows", "search_of"),
)
"""Files that are no queries of their own, in the order in which they are put in front."""

_LONG: Final = 2_500
"""From so many characters on, but for the roads, a query loses blanks around signs too: the gallery of
workbooks allows 3,000, beside our typed view."""
_LONG_DRAWN: Final = 1_000
"""The same of a query that a workbook draws: the gallery limits them all together as well."""
_STATEMENT_END: Final = ";\n"
_CLOSE: Final = frozenset(
    {",", "|", "(", ")", "{", "}", "-", "=", "==", "!=", "<", ">", "<=", ">=", "+", "*", "/"}
)
"""Signs that need no blanks around them."""

_REFERENCE_END: Final = "}"
"""May be the end of a parameter, whose value must not run into the word after it."""

_AWAY: Final = frozenset({"project", "away"})
"""The words of ``project-away``."""


def names() -> tuple[str, ...]:
    """The names of the queries that are no parts, sorted."""
    return tuple(name for name in files.queries() if name not in (*PARTS, files.WORDS))


def question(name: str) -> str:
    """What the query answers: the first line of its comment head."""
    return files.query(name).partition("\n")[0].removeprefix("//").strip()


@cache
def whole(name: str) -> str:
    """The query `name` as a workbook asks it: its question, then the parts it needs, then its own text."""
    return composed(files.query(name), _LONG_DRAWN)


def composed(text: str, most: int = _LONG) -> str:
    """The text of a file as it is asked: its question, then the parts it needs, then the rest of it.

    Args:
        text: Of the file.
        most: Characters from which on it loses blanks around signs.
    """
    first, _, _ = text.partition("\n")
    for part in reversed(PARTS):
        source = _source(part)
        if defined(source) & words(text):
            needed = _view(words(text)) if part == files.VIEW else _needed(source, text)
            text = f"{needed}\n{text}"
    short = minimise(_with_texts(text))
    begin = f"{roads_text()}\n" if short.startswith(roads_text()) else ""
    own = short.removeprefix(begin)
    if len(own) <= most:
        return f"{first}\n{short}"
    view, end, own = own.partition(_STATEMENT_END)
    return f"{first}\n{begin}{view}{end}{_closed(own)}"


LEDGER: Final = "Ledger"
"""The hidden parameter of the workbook in which `roads_text` stands once."""
_SHARED: Final = {"Advice": "advice", "Search": "search_of", "Days": "days"}
"""The same for parts that are long and stand in several queries."""
_OF_A_CALL: Final = {
    "CallExplained": "call_explained",
    "CallAttempts": "call_attempts",
    "CallTrace": "call_trace",
    "CallLogs": "call_logs",
}
"""The same for what comes after the id of the call in a query that stands below several tables."""
_CALL: Final = "{CallId:base64}');\n"


@cache
def shared() -> Mapping[str, str]:
    """Hidden parameter of the workbook: the text that stands in it once, and is the same in all queries."""
    parts = {parameter: _closed(minimise(_source(part))) for parameter, part in _SHARED.items()}
    of_a_call = {parameter: whole(name).partition(_CALL)[2] for parameter, name in _OF_A_CALL.items()}
    return {LEDGER: roads_text(), **parts, **of_a_call}


def in_workbook(name: str) -> str:
    """The query `name` as the workbook has it: a reference stands for what is the same in all queries."""
    text = whole(name)
    for parameter, same in shared().items():
        text = text.replace(same, f"{{{parameter}}}", 1)
    return text


@cache
def roads_text() -> str:
    """What the typed view begins with, minimised: the same in all queries."""
    return minimise(roads.TEXT)


@cache
def view_text() -> str:
    """The typed view with all its columns, minimised, to stand before a query."""
    return minimise(TEXT)


def _with_texts(text: str) -> str:
    """`text` with each name of a text of `files.WORDS` replaced by the text."""
    texts = _texts()
    for token in reversed([token for token in tokens(text) if token.text in texts]):
        text = f"{text[: token.start]}{texts[token.text]}{text[token.end :]}"
    return text


@cache
def _texts() -> Mapping[str, str]:
    """Name: its text, in quotes; each is one ``let name = 'text';``."""
    found = [token.text for token in tokens(files.query(files.WORDS))]
    return dict(zip(found[1::5], found[3::5], strict=True))


def _source(part: str) -> str:
    """The text of a part; of the view as the table of fields has it now, built or not."""
    return TEXT if part == files.VIEW else files.query(part)


def _needed(source: str, text: str) -> str:
    """The statements of a part without those that define what neither `text` nor the others use."""
    kept: list[str] = []
    for statement in reversed(_statements(source)):
        if defined(statement) & words("\n".join([*kept, text])):
            kept.insert(0, statement)
    return "\n".join(kept)


def _statements(source: str) -> list[str]:
    """The statements of a part, each with its semicolon."""
    ends = [0, *(token.end for token in tokens(source) if token.text == ";")]
    return [source[start:end] for start, end in pairwise(ends)]


def _view(used: frozenset[str]) -> str:
    """The typed view with only the columns in `used`; with all where a query says which it leaves out."""
    head, _, lines = minimise(TEXT).partition("| project\n")
    columns = zip(COLUMNS, lines.removesuffix(";").split(",\n"), strict=True)
    kept = ",\n".join(_tight(line) for column, line in columns if column.name in used or used >= _AWAY)
    return f"{head}| project {kept};"


def _tight(line: str) -> str:
    """A column of the view without its blanks: signs stand between all words of it."""
    return "".join(
        token.text if token.text not in ("and", "or") else f" {token.text} " for token in tokens(line)
    )


def minimise(text: str) -> str:
    """`text` without comments, empty lines, indentation and double spaces; strings stay as they are."""
    found = list(tokens(text))
    pieces = [found[0].text]
    for left, right in pairwise(found):
        between = text[left.end : right.start]
        pieces += ["\n" if "\n" in between else " " if between else "", right.text]
    return "".join(pieces)


def _closed(text: str) -> str:
    """`text` without blanks around signs, and without the end of a line after one."""
    found = list(tokens(text))
    pieces = [found[0].text]
    for left, right in pairwise(found):
        between = text[left.end : right.start]
        is_close = left.text in _CLOSE or (right.text in _CLOSE and "\n" not in between)
        is_close &= not (left.text == _REFERENCE_END and right.kind == "word")
        pieces += ["" if is_close else between, right.text]
    return "".join(pieces)


def words(text: str) -> frozenset[str]:
    """The identifiers and keywords of a query, without what stands in strings, comments and references."""
    return frozenset(token.text for token in tokens(without_references(text)) if token.kind == "word")


def defined(text: str) -> frozenset[str]:
    """The names that a query defines with ``let``."""
    return frozenset(right.text for left, right in pairwise(tokens(text)) if left.text == "let")
