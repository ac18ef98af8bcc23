"""The tokens of a KQL text, as far as one needs them without a grammar: names, texts and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

_PATTERN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
      | (?P<text>@"(?:[^"\n]|"")*" | @'(?:[^'\n]|'')*' | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
      | (?P<word>\w+)
      | (?P<sign>[=!<>]=|=~|!~|.)""",
    re.VERBOSE | re.DOTALL,
)

Kind = Literal["text", "word", "sign"]
_KINDS: Final[Mapping[str | None, Kind]] = {"text": "text", "word": "word", "sign": "sign"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without the blanks and comments around it."""

    text: str
    kind: Kind
    """A quoted text, quotes included; a name, keyword or number; anything else."""
    start: int
    """Offset in characters from the beginning of the KQL text."""

    @property
    def end(self) -> int:
        """Offset of the first character after it."""
        return self.start + len(self.text)


def tokens(kql: str) -> Iterator[Token]:
    """The tokens in order; any text has some, so broken KQL does not raise."""
    for match in _PATTERN.finditer(kql):
        kind = _KINDS.get(match.lastgroup)
        if kind is not None:
            yield Token(match[0], kind, match.start())


def place(kql: str, offset: int) -> tuple[int, int]:
    """Line and position of an offset, both from 1, as Kusto counts them."""
    return kql.count("\n", 0, offset) + 1, offset - kql.rfind("\n", 0, offset)
