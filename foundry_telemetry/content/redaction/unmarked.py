"""Keys without any mark: 32 hexadecimal digits, 40 characters of base64. So are trace ids and hashes.

They count only beside a word that says so. *Cue*: such a word, or one that says the opposite, as `commit`.
The cue that is nearest before the key decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from foundry_telemetry.content.redaction.spans import Span

_LONG: Final = rb"[A-Za-z0-9][A-Za-z0-9+/_-]{31,}={0,2}"

_AZURE: Final = (
    rb"[A-Za-z0-9+/_-]{20,}(?:JQQJ9[9D]|AzSe[A-D]|AzFu|\+ASt|\+AMC|\+ABa|ACDb|APIM|AzCa|AAAB[A-Z]{3}[0-9A-Za-z]{4}$)"
    rb"[A-Za-z0-9+/_-]*={0,2}"
)
"""Marks that Azure has in its own keys, near their end."""
_AZURE_SHORTEST: Final = 48
"""Characters."""
_HEX: Final = re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32,128}(?![0-9A-Fa-f])")
_HASHES: Final = (40, 64, 96, 128)
"""Hexadecimal digits of SHA-1 and its heirs: these need the word right before them."""
_BASE64: Final = 38
"""Characters at least, as the first two may be signs that a scan leaves out."""
_MOST_CHANGES: Final = 0.33
"""Part of neighbours that are of two classes: 0.65 in random base64, a fifth in words written together."""

_NO: Final = (
    rb"trace|span|commit|sha-?[0-9]|sha\b|hash|md5|digest|etag|[ug]uid|revision|checksum|fingerprint"
    rb"|parent|integrity|request|correlation|operation|checkout|merge|(?:cache|partition|primary|foreign|sort|row"
    rb"|public|idempotency)[ _-]?key|key[ _-]?id|\bkid\b|keyword|tokeni[sz]|(?:input|output|max"
    rb"|count[a-z]*)[ _-]?tokens?"
)
_YES: Final = (
    rb"key|secret|token|passw|pwd|credential|signature|\bsig\b|\bsas\b|\bpat\b"
    rb"|auth\b|authori|schl(?:\xc3\xbc|ue)ssel"
)  # fmt: skip
_WORDS: Final = rb"(?i)key|secr|token|pass|\bpat\b|pwd|cred|\bsig|\bsas\b|auth|schl"
"""Without one of these nothing says that it is a key; to look for them costs a tenth."""
_CUE: Final = rb"(?i)(" + _NO + rb")|(" + _YES + rb")"
_IS_YES: Final = 2
_RIGHT_BEFORE: Final = re.compile(
    rb"(?i)(?:key|secret|token|password|pwd|pat|sas)s?[\"'\\\s]{0,8}(?:[:=\x1f]|=>|is|was)[\"'\\\s]{0,8}\Z"
)
_ID_BEFORE: Final = re.compile(rb"(?i)(?:\b|_|[a-z])ids?[\"'\s]{0,3}[:=\x1f]?[\"'\s]{0,3}\Z")
_AFTER: Final = re.compile(rb"(?i)[\"'\s]{0,3}(?:\(|is |as |<-+ ?|- ).{0,28}?(?:key|secret|token|password)\b")
_BORDER: Final = re.compile(rb"\x1e|[\"'][\]}]*,\s*[\[{]*[\"']")
"""What parts texts that have nothing to do with one another, also in JSON inside of a text."""
_VALUE_OF: Final = re.compile(rb"(?i)[\"']?(?:value|val|content)[\"']?[\x1f:]\s?[\"']?\Z")
_REACH: Final = 64


@cache
def _expression(pattern: bytes) -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern, options)


def scan(buffer: bytes) -> Iterator[Span]:
    """The keys of a buffer."""
    search, azure_key = _expression(_WORDS).search, _expression(_AZURE).search
    for found in _expression(_LONG).finditer(buffer):
        start, end = found.span()
        is_short = end - start < _AZURE_SHORTEST
        if is_short and search(buffer, max(0, start - _REACH), end + _REACH) is None:
            continue
        token = buffer[start:end]
        azure = None if is_short else azure_key(token)
        if azure is not None:
            yield Span(start + azure.start(), start + azure.end(), "azure-key")
        elif (digits := _HEX.search(token)) is not None:
            hex_at = start + digits.start()
            if _is_named(buffer, hex_at, start + digits.end(), is_hash=len(digits[0]) in _HASHES):
                yield Span(hex_at, start + digits.end(), "key")
        elif len(token) >= _BASE64 and _is_random(token) and _is_named(buffer, start, end):
            while buffer[start - 1 : start] in (b"+", b"/"):
                start -= 1
            yield Span(start, end, "key")


def _is_random(token: bytes) -> bool:
    """Whether its characters change their class as those of a key do."""
    if token.isalnum() and not token.isalpha():
        return True  # words that are written together have no digits
    classes = token.translate(_CLASSES)
    if len({*classes} - {_SIGN}) == 1:
        return False  # a name in snake case
    changes = sum(map(int.__ne__, classes, classes[1:]))
    return changes >= _MOST_CHANGES * len(token)


_SIGN: Final = 4
_CLASSES: Final = bytes(
    1 if 97 <= code <= 122 else 2 if 65 <= code <= 90 else 3 if 48 <= code <= 57 else _SIGN  # noqa: PLR2004 - ASCII
    for code in range(256)
)


def _is_named(buffer: bytes, start: int, end: int, *, is_hash: bool = False) -> bool:
    """Whether a word beside it says that it is a key."""
    before = _before(buffer, start)
    cue = _last_cue(before)
    if cue is None:
        return not is_hash and _AFTER.match(buffer, end, end + _REACH) is not None
    if cue != _IS_YES:
        return False
    return _RIGHT_BEFORE.search(before) is not None if is_hash else _ID_BEFORE.search(before) is None


def _last_cue(text: bytes) -> int | None:
    """The number of the group that the last cue belongs to."""
    last = None
    for last in _expression(_CUE).finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return None if last is None else last.lastindex


def _before(buffer: bytes, start: int) -> bytes:
    """What stands before a key on its line, or in its leaf; the line before where that announces it."""
    text = buffer[max(0, start - _REACH) : start]
    has_border = b'"' in text or b"'" in text or b"\x1e" in text
    *heads, rest = _BORDER.split(text) if has_border else (text,)
    if heads:
        if not _VALUE_OF.search(rest):
            return rest
        text = heads[-1] + b" " + rest  # a list of names and values
    head, separator, line = text.rpartition(b"\n")
    if separator and not line.strip(b" \t\"'`>") and head.rstrip(b" \t\r\n`").endswith((b":", b"=", b"is")):
        return head.rstrip().rpartition(b"\n")[2] + line
    return line if separator else text
