"""What kind of id a text is. Whatever is not known to be one is refused before a query is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Literal, NamedTuple, get_args

from foundry_telemetry import observation
from foundry_telemetry.investigate.ticket import texts

Kind = Literal["request-id", "response id", "support code", "call id", "apim-request-id", "trace id"]
"""Those of one call before those of many."""

_UUID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_FORMS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("request-id", re.compile(r"req_[A-Za-z0-9]{1,124}", re.ASCII)),
    ("response id", re.compile(r"msg_[A-Za-z0-9_]{1,124}", re.ASCII)),
    ("apim-request-id", re.compile(_UUID, re.ASCII | re.IGNORECASE)),
    ("trace id", re.compile(r"[0-9a-f]{32}", re.ASCII | re.IGNORECASE)),
    ("call id", re.compile(r"[0-9a-f]{16}", re.ASCII | re.IGNORECASE)),
)
_SUPPORT_CODE: Final = re.compile(r"FT-?([0-9a-f]{5})-?([0-9a-f]{5})", re.ASCII | re.IGNORECASE)
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{12,160}", re.ASCII)
"""What may be an id in a longer text; a support code without dashes has twelve characters."""
_LONGEST: Final = 1_000_000
_MOST: Final = 10
_SHOWN: Final = 40
"""Characters of a refused text that the message repeats."""


class Identity(NamedTuple):
    """An id of known kind."""

    kind: Kind
    value: str
    """As it is searched: letters, digits, ``-`` and ``_`` alone, so that it can end no string of a query."""

    @property
    def shown(self) -> str:
        """As a person writes it: a support code with its prefix and dashes."""
        if self.kind != "support code":
            return self.value
        return f"FT-{self.value[:5]}-{self.value[5:]}".upper()


class IdError(ValueError):
    """A text that is no id."""


def read_id(text: str) -> Identity:
    """The id in a text; blanks and quotes around it do not matter, nor does the case of hex digits.

    Raises:
        IdError: It is none; the message says what would be one.
    """
    bare = text.strip().strip("'\"`")
    code = _SUPPORT_CODE.fullmatch(bare)
    if code:
        return Identity("support code", f"{code[1]}{code[2]}".lower())
    parent = _TRACEPARENT.fullmatch(bare)
    if parent:
        return Identity("trace id", parent[1])
    for kind, form in _FORMS:
        if form.fullmatch(bare):
            return Identity(kind, bare if bare.startswith(("req_", "msg_")) else bare.lower())
    raise IdError(texts.NOT_AN_ID.format(text=_repeated(bare)))


def read_ids(text: str) -> tuple[Identity, ...]:
    """The id that a text is, or the ids that stand in it, as in an exception or a log line that was pasted.

    Returns:
        At least one, those of one call before those of whole traces; at most ten.

    Raises:
        IdError: There is none; the message says what would be one.
    """
    try:
        return (read_id(text),)
    except IdError:
        found = set(_within(text))
        if not found:
            raise
    kinds = get_args(Kind)
    return tuple(sorted(found, key=lambda one: (kinds.index(one.kind), text.lower().find(one.value))))[:_MOST]


def _within(text: str) -> Iterator[Identity]:
    for word in _WORD.findall(text[:_LONGEST]):
        with suppress(IdError):
            yield read_id(word)


def support_code(call_id: str) -> str:
    """The support code of a stored call id; empty where it is none."""
    is_id = re.fullmatch(r"[0-9a-f]{16}", call_id, re.ASCII | re.IGNORECASE)
    return observation.support_code(call_id) if is_id else ""


def is_trace_id(text: str) -> bool:
    """Whether a stored value may stand in a query as the id of a trace."""
    return bool(re.fullmatch(r"[0-9a-f]{32}", text, re.ASCII)) and set(text) != {"0"}


def _repeated(text: str) -> str:
    """A refused text, cut: what was pasted by mistake may be a key."""
    return repr(text if len(text) <= _SHOWN else f"{text[:8]}…") + (
        f" ({len(text)} characters)" if len(text) > _SHOWN else ""
    )
