"""Telephone numbers among digits. Dates, prices, versions and ids look alike, so the form has to say it.

What counts: a country code after a plus; the North American 3-3-4; a leading zero with signs between the
groups, where a country has such a number; and whatever stands right behind a word such as `phone`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from foundry_telemetry.content.redaction.spans import Span

SHORTEST: Final = 7
"""Characters."""

_CUE: Final = re.compile(
    rb"(?i)(?:\b|_|[a-z])(?:tele?(?:ph?on\w*|fon\w*)?|phones?|mobil[e\w]*|m[o\xc3]\S{0,2}vil|cell|fax"
    rb"|whats ?app|sms"
    rb"|handy\w*|rufnummer|dial|tlf|t\xc3\xa9l\S*|call (?:me|us|him|her|them)(?: (?:back )?(?:at|on))?)"
    rb"[\"'.)\\\s]{0,8}(?:numbers?|nummer|no\.?|nr\.?)?[\"'\\\s]{0,8}(?:is|was|:|=|\x1f|lautet|at|on)?[\"'\\\s(]{0,8}\Z"
)
_WORDS: Final = (
    b"phon", b"tel", b"fon", b"mobil", b"vil", b"cell", b"fax", b"app", b"sms", b"handy", b"nummer", b"dial",
    b"tlf", b"call ", b"t\xc3\xa9l",
)  # fmt: skip
"""One of which any cue has in it: to look for these costs a tenth."""
_MAYBE: Final = re.compile(
    rb"(?:(?<![0-9])|(?<=[ (]))(\(?0[1-9]\d*\)?[ ./-]|00 ?[1-9]"
    rb"|(?:1[ .-]?)?\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4})"
)
"""How a number begins that has no country and no word before it."""
_SIGNS: Final = b" ()./+-"
_REACH: Final = 40
_OTHER: Final = re.compile(
    rb"(?i)(?:\b(?:isbn|issn|ean|gtin|doi|pmid|arxiv)\b.{0,12}|\b(?:version|v)\.?\s?)\Z"
)
_DATE: Final = re.compile(
    rb"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})\b|\d{8}\Z"
    rb"|\d{4}\s?-\s?\d{4}\Z|\d{1,4}(?:\.\d{1,3}){3}\Z"
)
_NORTH_AMERICAN: Final = re.compile(
    rb"(?:\+?1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}\Z"
)
_TRUNK: Final = re.compile(rb"\(?0[1-9]\d{0,4}\)?[ ./-]{1,2}[\d ./-]{4,14}\d\Z")
_TRUNK_COUNTRIES: Final = ("GB", "DE", "FR", "IT", "NL", "CH", "AT", "BE", "SE", "IE", "AU", "JP", "IN", "PL")
"""Countries whose numbers are dialled with a leading zero."""
_GROUP: Final = re.compile(rb"[0-9]+")
_LONGEST: Final = 32
"""Bytes."""
_PLUS: Final = re.compile(rb"\+(?=[(0-9])")
DIGITS: Final = range(7, 16)
"""Of a telephone number."""
_ISBN: Final = (10, 13)
"""Characters; python-stdnum takes nine digits for one as well, which had none of these numbers since 1970."""


def scan(buffer: bytes, start: int, end: int) -> Iterator[Span]:
    """The telephone numbers of a run of digits."""
    # A plus that no long number follows stands for a space.
    pluses = [one.start() for one in _PLUS.finditer(buffer, start, end)]
    codes = [at for at in pluses if _has_code(buffer[at : min(at + _LONGEST, end)])]
    first = codes[0] if codes else end
    if first > start and (pluses or buffer[start - 1 : start] != b"+"):
        yield from _national(buffer, start, first)
    for plus, stop in pairwise([*codes, end]):
        yield from _international(buffer, plus, stop)


def _international(buffer: bytes, plus: int, stop: int) -> Iterator[Span]:
    """The number behind a plus, and what follows it."""
    rest = plus + 1
    for is_number in (_is_valid_abroad, _is_possible):
        found = next((one for one in _ends(buffer, plus, stop) if is_number(buffer[plus:one])), None)
        if found is not None:
            yield Span(plus, found, "phone")
            rest = found
            break
    yield from _national(buffer, rest, stop)


def _has_code(text: bytes) -> bool:
    return len(text.translate(None, _SIGNS)) >= DIGITS.start


def _national(buffer: bytes, start: int, end: int) -> Iterator[Span]:
    text = buffer[start:end].rstrip(b" (./-+")
    end = start + len(text)
    text = text.lstrip(b" ./-")
    start = end - len(text)
    if len(text) < SHORTEST:
        return
    before = buffer[max(0, start - _REACH) : start]
    if any(word in before.lower() for word in _WORDS) and _CUE.search(before):
        if len(text.translate(None, _SIGNS)) in DIGITS and not _DATE.match(text):
            yield Span(start, end, "phone")
        return
    if _MAYBE.search(text) is None or _OTHER.search(before) or _is_isbn(text):
        return
    at = start
    while (maybe := _MAYBE.search(buffer, at, end)) is not None:
        begin = maybe.start(1)
        found = next((one for one in _ends(buffer, begin, end) if _is_national(buffer[begin:one])), None)
        if found is not None:
            yield Span(begin, found, "phone")
        at = found or begin + 1


def _is_national(text: bytes) -> bool:
    if _NORTH_AMERICAN.match(text):
        return _is_valid(text, ("US",))
    if text.startswith(b"00") and any(sign in text for sign in (b" ", b"-", b"/")):
        return _is_possible(b"+" + text[2:])
    if _TRUNK.match(text) and not _DATE.match(text):
        return _is_valid(text, _TRUNK_COUNTRIES)
    return False


def _ends(buffer: bytes, start: int, end: int) -> Iterator[int]:
    """Where a number may end, the longest first: at the ends of groups."""
    ends = [found.end() for found in _GROUP.finditer(buffer, start, min(end, start + _LONGEST))]
    yield from reversed(ends)


def _is_valid_abroad(text: bytes) -> bool:
    return _is_valid(b"+" + text[1:].replace(b"(0)", b"").replace(b"+", b" "), ("ZZ",))


def _is_possible(text: bytes) -> bool:
    import phonenumbers

    plain = text.replace(b"(0)", b"").replace(b"+", b" ").strip()
    try:
        number = phonenumbers.parse("+" + plain.decode("latin-1"), None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))


def _is_valid(text: bytes, regions: tuple[str, ...]) -> bool:
    import phonenumbers

    for region in regions:
        try:
            number = phonenumbers.parse(text.decode("latin-1"), region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False


def _is_isbn(text: bytes) -> bool:
    from stdnum import isbn

    number = isbn.compact(text.decode("latin-1"))
    has_check_digit = text[-2:-1] in (b" ", b"-") or text.isdigit()  # always a group of its own
    return has_check_digit and len(number) in _ISBN and bool(isbn.is_valid(number))
