"""Texts without secrets: each is replaced by its kind, as in `write to [email]`.

Pure: bytes in, bytes out. One scan by RE2 for each group of kinds, and checks only of what it finds: prefixes
and check digits decide, by python-stdnum and phonenumbers. The same scans read what is encoded (JSON, URL).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from foundry_telemetry.content.redaction import digits, marked, national_ids, unmarked
from foundry_telemetry.content.redaction.encodings import decoded_copies, parted
from foundry_telemetry.content.redaction.spans import LEAF, PAIR, Span, numbers_in, replaced
from foundry_telemetry.content.redaction.values import leaves, rebuilt

__all__ = ["Redactor"]


class Redactor:
    """Replaces secrets.

    Args:
        national_ids: Whether numbers that a state gives to a person are looked for as well.
        redact: A function of the application, called with each text after that. What it raises is raised.
    """

    def __init__(self, *, national_ids: bool = False, redact: Callable[[str], str] | None = None) -> None:
        self._scans = _SCANS + ((_NATIONAL_IDS,) if national_ids else ())
        self._redact = redact

    def text(self, text: str) -> str:
        """A text without secrets."""
        redacted: str = self.value(text)
        return redacted

    def json(self, encoded: bytes) -> bytes:
        """JSON without secrets; a number that is one becomes a text.

        Raises:
            Exception: What the function of the application raises, or TypeError where it gives no text.
        """
        if self._redact is None:
            spans = self._secrets(encoded)
            if not spans:
                return encoded
            clean = replaced(encoded, spans, quoted=numbers_in(encoded, spans))
            if _is_json(clean):
                return clean
        return msgspec.json.encode(self.value(msgspec.json.decode(encoded)))

    def value(self, value: Any) -> Any:
        """A structure of JSON without secrets, text by text: slower than `json`.

        Raises:
            Exception: As for `json`.
        """
        found = list(leaves(value))
        buffer = b"".join(part for leaf in found for part in leaf)
        clean = replaced(buffer, self._secrets(buffer))
        texts = [one.decode(errors="replace") for one in clean.replace(PAIR, LEAF).split(LEAF)[1:]]
        if len(texts) != len(found):
            raise RuntimeError("a secret goes over two texts")
        if self._redact is not None:
            texts = [_text_of(self._redact, one) for one in texts]
        return rebuilt(value, iter(texts))

    def _secrets(self, buffer: bytes) -> list[Span]:
        plain = parted(buffer)
        spans = [span for scan in self._scans for span in scan(plain)]
        for way in decoded_copies(plain):
            found = [span for scan in self._scans for span in scan(way[-1].buffer)]
            for copy in reversed(way):
                found = copy.originals(found) if found else found
            spans += found
        return spans


_SCANS: Final = (marked.scan, unmarked.scan, digits.scan)
_NATIONAL_IDS: Final = national_ids.scan


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _text_of(redact: Callable[[str], str], text: str) -> str:
    redacted = redact(text)
    if not isinstance(redacted, str):
        raise TypeError(f"the function that redacts returned {type(redacted).__name__}; expected str")
    return redacted
