"""Secrets that can be recognised by themselves: keys with a prefix, tokens, mail addresses, bank accounts.

All of them are one expression of RE2, which reads a text once however many there are. What it finds is then
checked by what knows the kind, where a form alone would find too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from foundry_telemetry.content.redaction import assignments
from foundry_telemetry.content.redaction.spans import Span

Check = Callable[[bytes, int, int], Span | None]
"""Looks at what was found between two places of a buffer."""


class Kind(NamedTuple):
    """One kind of secrets, or one form of it."""

    name: str
    pattern: str
    """RE2, over Latin-1; without groups that capture."""
    check: Check | None = None
    """What decides whether it is one, and how far it goes; all that is found by default."""


def _with_digit_and_letter(name: str) -> Check:
    """Words that are written together look like keys, but have no digits."""

    def check(buffer: bytes, start: int, end: int) -> Span | None:
        return Span(start, end, name) if assignments.is_mixed(buffer[start:end]) else None

    return check


_PORT: Final = re.compile(rb"://[^/:]*:\d{1,5}[/?#]")


def _password_in_url(buffer: bytes, start: int, end: int) -> Span | None:
    """User and password; an at sign may also stand in the path or the query behind a port."""
    found = buffer[start:end]
    if _PORT.search(found):
        return None
    return Span(start + found.index(b"://") + 3, end - 1, "password")


_NO_MAIL: Final = re.compile(rb"(?i)git@|.*@[0-9]x\.|.*\.(png|jpe?g|gif|svg|webp|css|js|ts|json|html?)$")
"""Addresses of repositories, and files of pictures for screens of more dots."""


def _mail(buffer: bytes, start: int, end: int) -> Span | None:
    return None if _NO_MAIL.match(buffer, start, end) else Span(start, end, "email")


_IBAN_SHORTEST: Final = 15


def _iban(buffer: bytes, start: int, end: int) -> Span | None:
    """The longest beginning that is a bank account; what follows may be the next words."""
    from stdnum import iban

    while True:
        text = buffer[start:end].decode("latin-1")
        if sum(map(str.isalnum, text)) < _IBAN_SHORTEST:
            return None
        if iban.is_valid(text, check_country=False):
            return Span(start, end, "iban")
        end = start + max(text.rfind(" "), text.rfind("-"))
        if end < start:
            return None


_BASE64URL: Final = "[A-Za-z0-9_-]"
_PEM: Final = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

KINDS: Final = (
    Kind("private-key", rf"-----BEGIN {_PEM}(?:[A-Za-z0-9+/=\\:,.\s]|-[A-Za-z0-9])*(?:-----END {_PEM})?"),
    Kind("anthropic-key", rf"sk-ant-{_BASE64URL}{{16,}}"),
    Kind("github-token", r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{36,}"),
    Kind(
        "slack-token",
        r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}|xapp-[0-9]-[A-Za-z0-9-]{10,}"
        r"|hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/]{10,}",
    ),
    Kind("aws-key", r"(?:\b|_)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    Kind("azure-key", r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    Kind("google-key", rf"AIza{_BASE64URL}{{35}}|ya29\.{_BASE64URL}{{20,}}|GOCSPX-{_BASE64URL}{{20,}}"),
    Kind("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/]{20,}"),
    Kind(
        "token",
        rf"\bnpm_[A-Za-z0-9]{{36}}|\bpypi-AgE{_BASE64URL}{{40,}}|\bglpat-{_BASE64URL}{{20,}}"
        rf"|\bhf_[A-Za-z]{{30,}}|\bdapi[0-9a-f]{{32}}|\bSG\.{_BASE64URL}{{16,}}\.{_BASE64URL}{{16,}}",
    ),
    Kind("jwt", rf"\beyJ{_BASE64URL}{{7,}}\.{_BASE64URL}{{7,}}(?:\.{_BASE64URL}*){{0,3}}"),
    Kind("openai-key", rf"\bsk-{_BASE64URL}{{20,}}", _with_digit_and_letter("openai-key")),
    Kind(
        "authorization",
        r"(?i:\bbearer|\bbasic)[ \t:]+[A-Za-z0-9._~+/-]{16,}=*",
        _with_digit_and_letter("authorization"),
    ),
    Kind(
        "password",
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/?#\"'<>\\:\x1e\x1f]*:[^\s\"'<>\\\x1e\x1f]{1,200}@",
        _password_in_url,
    ),
    Kind(
        "email",
        r"[A-Za-z0-9_\x80-\xff][A-Za-z0-9._%+'&!#$*^{}~\x80-\xff-]*"
        r"@(?:[A-Za-z0-9\x80-\xff][A-Za-z0-9\x80-\xff-]*\.)+(?:xn--[A-Za-z0-9-]+|[A-Za-z\x80-\xff]{2,24})",
        _mail,
    ),
    Kind(
        "iban",
        r"\b[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?",
        _iban,
    ),
    Kind("secret", assignments.PATTERN, assignments.check),
)


@cache
def _expression() -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    return re2.compile("|".join(f"({kind.pattern})" for kind in KINDS).encode(), options)


def _one_on(_buffer: bytes, start: int, _end: int) -> int:
    return start + 1


_RESUME: Final[dict[str, Callable[[bytes, int, int], int]]] = {
    "secret": assignments.resume,
    "password": lambda buffer, start, _: buffer.index(b"://", start) + 3,
    "email": lambda _buffer, _start, end: end,
    "openai-key": lambda _buffer, _start, end: end,
    "authorization": lambda _buffer, _start, end: end,
}
"""Where to go on behind what is no secret; one byte on by default."""


def scan(buffer: bytes) -> Iterator[Span]:
    """The secrets of a buffer."""
    search, at = _expression().search, 0
    while (found := search(buffer, at)) is not None:
        kind = KINDS[found.lastindex - 1]
        start, end = found.span()
        span = Span(start, end, kind.name) if kind.check is None else kind.check(buffer, start, end)
        if span is None:
            at = _RESUME.get(kind.name, _one_on)(buffer, start, end)
        else:
            yield span
            at = max(span.end, start + 1)
