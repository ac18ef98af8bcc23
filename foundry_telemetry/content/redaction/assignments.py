"""Values that a word before them makes secrets: `password=...`, `"api_key": "..."`, connection strings."""

from __future__ import annotations

import re
from typing import Final

from foundry_telemetry.content.redaction.spans import Span

_WORDS: Final = (
    r"pass(?:word|wd|wort|phrase|code)|pwd|secret|api[ _-]?key|(?:access|account|subscription|master|storage"
    r"|shared[ _-]?access|private|encryption|signing|instrumentation)[ _-]?(?:key|signature)"
    r"|(?:auth|access|refresh|id|bearer|session|api)[ _-]?token|authorization|credential|\bsig"
)
_BETWEEN: Final = r"[\"'\\\]\s]{0,8}(?:=>|:=|[:=\x1f]| is | was | lautet )[\"'\\ \t\x1f]{0,8}"
PATTERN: Final = rf"(?i:{_WORDS})s?{_BETWEEN}[^\s\"'\\,;&<>()\[\]{{}}\x1e\x1f`]"
"""RE2, to the first byte of the value."""

_HEAD: Final = re.compile(rf"(?i)(?:{_WORDS})s?{_BETWEEN}".encode())
_FIELD_BEFORE: Final = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9 _.-]{1,40}=[^;=\"'\n\x1e\x1f]*(?:=[^;=\"'\n\x1e\x1f]*)*;\s?)+\Z"
)
_FIELD_AFTER: Final = re.compile(rb"(?:;\s?[A-Za-z][A-Za-z0-9 _.-]{1,40}=[^;\"'\s\x1e\x1f]*)+;?")
_VALUE_IN_STRING: Final = re.compile(rb"[^;\"'\n\x1e\x1f]{1,2048}")
_LAST_VALUE: Final = re.compile(rb"[^;\"'\s\x1e\x1f]{1,2048}")
_VALUE: Final = re.compile(rb"[^\s\"'\\,;&<>\x1e\x1f`]{1,2048}")
_REACH: Final = 600
"""Bytes of a connection string that are read before its secret."""
_STOPS: Final = (b"\n", b'"', b"'", b"\x1e", b"\x1f")
_DIGIT: Final = re.compile(rb"[0-9]")
_LETTER: Final = re.compile(rb"[A-Za-z]")
_SHORTEST: Final = 6
_SIGNATURE: Final = 20
"""Characters that a signature has at least; `sig` is also short for a signal."""
_CODE: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*[(\[.]|[$%{<*\[]")
"""A name, a call or a placeholder, as in source."""


def is_mixed(value: bytes) -> bool:
    """Whether letters and digits stand in a value, as in no word."""
    return _DIGIT.search(value) is not None and _LETTER.search(value) is not None


def check(buffer: bytes, start: int, _: int) -> Span | None:
    """The secret of an assignment that begins at `start`, or the connection string around it."""
    head = _HEAD.match(buffer, start)
    if head is None:
        return None
    string = _connection_string(buffer, start, head.end())
    if string is not None:
        return string
    value = _VALUE.match(buffer, head.end())
    if value is None or len(value[0]) < _SHORTEST or not is_mixed(value[0]) or _CODE.match(value[0]):
        return None
    if head[0][:3].lower() == b"sig" and len(value[0]) < _SIGNATURE:
        return None
    kind = "password" if head[0][:2].lower() in (b"pa", b"pw") else "secret"
    return Span(value.start(), value.end(), kind)


def resume(buffer: bytes, start: int, _: int) -> int:
    """Where to go on behind what is no secret: its value may hold one of another kind."""
    head = _HEAD.match(buffer, start)
    return start + 1 if head is None else max(head.end() - 1, start + 1)


def _connection_string(buffer: bytes, start: int, value_at: int) -> Span | None:
    """Fields that semicolons part, around the one with the secret."""
    if buffer[value_at - 1 : value_at] != b"=":
        return None
    reach = max(0, start - _REACH)
    begin = max(reach, *(buffer.rfind(stop, reach, start) + 1 for stop in _STOPS))
    name_at = max(buffer.rfind(b";", begin, start) + 1, begin)
    before = _FIELD_BEFORE.search(buffer[begin:name_at])
    value = _VALUE_IN_STRING.match(buffer, value_at)
    if value is None:
        return None
    after = _FIELD_AFTER.match(buffer, value.end())
    if before is None and after is None:
        return None
    if after is None:  # the last field: what follows a space is no part of it
        value = _LAST_VALUE.match(buffer, value_at)
    end = after.end() if after else value.end() if value else value_at
    return Span(begin + before.start() if before else start, end, "connection-string")
