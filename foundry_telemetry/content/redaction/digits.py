"""Numbers that are secrets: payment cards and telephones, and national ids where they are asked for.

*Run*: digits with the signs that stand between the digits of one number. A run may hold several numbers, and
parts of no number: *groups* are the digits between two signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from foundry_telemetry.content.redaction import telephones
from foundry_telemetry.content.redaction.spans import Span

_RUN: Final = rb"[+(]{0,2}[0-9][0-9 ()./+-]{5,}[0-9]"
_SIGNS: Final = b" ()./+-"
_DATE_AND_TIME: Final = re.compile(
    rb"(?:19|20)\d\d([-./])[01]?\d\1[0-3]?\d(?: [012]?\d)?\Z|\d{1,3}(?:\.\d{1,3}){3}\Z"
)
"""Of a date the hour may follow before its colon; the second is an address of IP."""
_GROUP: Final = re.compile(rb"[0-9]+")
_UUID: Final = re.compile(rb"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_UUID_LENGTH: Final = 36

_CARD_DIGITS: Final = range(13, 20)
_CARD_SIGNS: Final = (b" ", b"-", b".", b"+", b"  ")
_ISSUERS: Final = re.compile(
    rb"4(?:.{12}|.{15}|.{18})\Z|5[1-5].{14}\Z|2(?:2[2-9]|[3-6].|7[01]|720).{12,13}\Z|3[47].{13}\Z"
    rb"|3(?:0[0-5]|[689].).{11,16}\Z|35(?:2[89]|[3-8].).{12,15}\Z|6(?:011|5..|4[4-9].|22.|2..).{12,15}\Z"
    rb"|(?:5[06789]|6[0-9]).{11,17}\Z|220[0-4].{12,15}\Z|8[16].{14,17}\Z"
)
"""First digits and lengths by network, as the registry of ISO/IEC 7812 has them."""
_LAYOUTS: Final = re.compile(r"(?:\d+|4(?:,4){2,3}(?:,[1-4])?|4,6,[45]|6,\d+|4,5,6|4,\d{1,2}|8,8)\Z")
"""Digits of each group, as cards are printed and people write them."""


@cache
def _expression() -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(_RUN, options)


def scan(buffer: bytes) -> Iterator[Span]:
    """The numbers of a buffer."""
    for found in _expression().finditer(buffer):
        start, end = found.span()
        run = buffer[start:end]
        count = len(run.translate(None, _SIGNS))
        if count < telephones.DIGITS.start or _DATE_AND_TIME.match(run):
            continue
        start, end = _without_glued(buffer, start, end)
        if end - start < telephones.SHORTEST or _is_of_uuid(buffer, start, end):
            continue
        for card in _cards(buffer, start, end) if count >= _CARD_DIGITS.start else ():
            yield card
            yield from telephones.scan(buffer, start, card.start)
            start = card.end
        yield from telephones.scan(buffer, start, end)


def _without_glued(buffer: bytes, start: int, end: int) -> tuple[int, int]:
    """A run without the digits that belong to a word at its beginning or end."""
    is_glued = buffer[start - 1 : start].isalnum() or buffer[start - 1 : start] == b"_"
    if is_glued and buffer[start : start + 1].isdigit():
        space = buffer.find(b" ", start, end)
        start = end if space < 0 else space + 1
    if buffer[end : end + 1].isalpha() or buffer[end : end + 1] == b"_":
        end = max(buffer.rfind(b" ", start, end), start)
    return start, end


def _is_of_uuid(buffer: bytes, start: int, end: int) -> bool:
    if b"-" not in buffer[start - 1 : end + 1]:
        return False
    near = buffer[max(0, start - _UUID_LENGTH) : end + _UUID_LENGTH]
    at = max(0, start - _UUID_LENGTH)
    return any(at + found.start() < end and start < at + found.end() for found in _UUID.finditer(near))


def _cards(buffer: bytes, start: int, end: int) -> Iterator[Span]:
    """Consecutive groups that are the number of a card."""
    groups = list(_GROUP.finditer(buffer, start, end))
    first = 0
    while first < len(groups):
        last = _last_of_card(buffer, groups, first)
        if last is not None:
            yield Span(groups[first].start(), groups[last].end(), "card-number")
        first = first + 1 if last is None else last + 1


def _last_of_card(buffer: bytes, groups: list[re.Match[bytes]], first: int) -> int | None:
    """The last group of a card that begins with a group."""
    digits, found = b"", None
    for last in range(first, len(groups)):
        if last > first and buffer[groups[last - 1].end() : groups[last].start()] not in _CARD_SIGNS:
            break
        digits += groups[last][0]
        if len(digits) >= _CARD_DIGITS.stop:
            break
        layout = ",".join(str(len(group[0])) for group in groups[first : last + 1])
        if len(digits) in _CARD_DIGITS and _LAYOUTS.match(layout) and _is_card(digits):
            found = last
    return found


def _is_card(digits: bytes) -> bool:
    from stdnum import luhn

    return _ISSUERS.match(digits) is not None and luhn.is_valid(digits.decode())
