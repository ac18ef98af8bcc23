"""Amounts of a file as exact decimals: all of them decide whether the decimal sign is a point."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.reconcile import texts
from foundry_telemetry.investigate.reconcile.errors import ExportError

Sign = Literal["point", "comma"]
SIGNS: Final[tuple[Sign, Sign]] = ("point", "comma")

_NUMBER: Final = (
    r"[-+]?(?:\d{{1,30}}|[1-9]\d{{0,2}}(?:{group}\d{{3}})+)?(?:{sign}\d*)?(?:[eE][-+]?\d{{1,2}})?"
)
_POINT: Final = re.compile(_NUMBER.format(group=",", sign=r"\."))
_COMMA: Final = re.compile(_NUMBER.format(group=r"\.", sign=","))
_DECORATION: Final = re.compile(r"[\s\u00a0\u202f'\u2019$€£¥]")

Readings = tuple[Decimal | None, Decimal | None]
"""With a decimal point, and with a decimal comma; none where the text is no such number."""


@lru_cache(maxsize=65_536)
def readings(text: str) -> Readings:
    """What a text may mean. Its digits are bounded, so that no number fills the memory."""
    bare = _DECORATION.sub("", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"  # a negative amount, as accountants write it
    if not any(one.isdigit() for one in bare):
        return None, None
    point = Decimal(bare.replace(",", "")) if _POINT.fullmatch(bare) else None
    comma = Decimal(bare.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(bare) else None
    return point, comma


class DecimalSign:
    """The decimal signs that a file may still have.

    Args:
        file: Its name, for errors.
        separator: What separates its columns.
        given: What the user says it is.
    """

    def __init__(self, file: str, separator: str, given: Sign | None = None) -> None:
        self._file = file
        self._separator = separator
        self._excluded: dict[Sign, str] = {}
        """Which is impossible, and the text that shows it."""
        self._ambiguous: str | None = None
        self._has_group = False
        for sign in SIGNS:
            if given is not None and sign != given:
                self._excluded[sign] = f"--decimal {given}"

    @property
    def may_be_comma(self) -> bool:
        """Whether a decimal comma is possible."""
        return "comma" not in self._excluded

    @property
    def is_open(self) -> bool:
        """Whether both are possible."""
        return not self._excluded

    def learn(self, text: str) -> None:
        """Learn from a number of which nothing else is used: a text that is none says nothing."""
        found = readings(text)
        if found.count(None) == 1:
            self._excluded[SIGNS[found.index(None)]] = text

    def read(self, where: int, what: str, text: str) -> Readings:
        """Read an amount, and learn from it.

        Raises:
            ExportError: It is no number, or none with the sign that the amounts before it have.
        """
        found = readings(text)
        if found == (None, None):
            raise ExportError(
                texts.NOT_A_NUMBER.format(file=self._file, line=where, what=what, text=plain(text))
            )
        if self._excluded and found[self._place()] is not None:
            return found
        for sign, value in zip(SIGNS, found, strict=True):
            if value is None and sign not in self._excluded:
                self._excluded[sign] = text
        if len(self._excluded) == len(SIGNS):
            first = next(iter(self._excluded.values()))
            raise ExportError(
                texts.TWO_SIGNS.format(file=self._file, line=where, text=plain(text), other=plain(first))
            )
        if found[0] != found[1] and self._ambiguous is None:
            self._ambiguous = text
        self._has_group = self._has_group or (found[0] != found[1] and "," in text)
        return found

    def decide(self) -> int:
        """The place of the right reading in `Readings`.

        Raises:
            ExportError: Nothing in the file decides it.
        """
        if self._excluded:
            return self._place()
        # Whoever separates columns by commas and writes no amount with one has a decimal point.
        if self._ambiguous is None or (self._separator != ";" and not self._has_group):
            return 0
        raise ExportError(texts.WHICH_SIGN.format(file=self._file, text=plain(self._ambiguous)))

    def _place(self) -> int:
        return int("point" in self._excluded)
