"""Numbers that a state gives to a person. Each is checked by the rule of its country.

They are looked for only where the policy says so: a number of nine digits without any mark is one in a few of
all numbers of nine digits, so a text loses other numbers as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any, Final

from foundry_telemetry.content.redaction.spans import Span

_FORMS: Final = {
    "us.ssn": r"\d{3}-\d{2}-\d{4}",
    "us.itin": r"9\d{2}-\d{2}-\d{4}",
    "gb.nhs": r"\d{3}[ -]?\d{3}[ -]?\d{4}",
    "de.idnr": r"\d{2} ?\d{3} ?\d{3} ?\d{3}",
    "fr.nir": r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}",
    "it.codicefiscale": r"[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]",
    "es.dni": r"\d{8}-?[A-Za-z]",
    "es.nie": r"[XYZxyz]-?\d{7}-?[A-Za-z]",
    "nl.bsn": r"\d{4}\.?\d{2}\.?\d{3}",
    "be.nn": r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}",
    "pl.pesel": r"\d{11}",
    "pt.cc": r"\d{8} ?\d ?[A-Z0-9]{2}\d",
    "se.personnummer": r"(?:\d{2})?\d{6}[-+]\d{4}",
    "dk.cpr": r"\d{6}-?\d{4}",
    "no.fodselsnummer": r"\d{6} ?\d{5}",
    "fi.hetu": r"\d{6}[-+A]\d{3}[0-9A-Z]",
    "ch.ssn": r"756\.?\d{4}\.?\d{4}\.?\d{2}",
    "ca.sin": r"\d{3}[ -]?\d{3}[ -]?\d{3}",
    "br.cpf": r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}",
    "in_.aadhaar": r"\d{4}[ -]?\d{4}[ -]?\d{4}",
    "in_.pan": r"[A-Z]{5}\d{4}[A-Z]",
    "au.tfn": r"\d{3} ?\d{3} ?\d{3}",
    "za.idnr": r"\d{13}",
}
"""The module of python-stdnum that checks a number, and how it is written (RE2)."""
_BY_FORM: Final = (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",)
"""Without a check digit: the National Insurance number of the United Kingdom."""


@cache
def _expressions() -> list[tuple[Any, Callable[[str], bool]]]:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    checks = [(form, import_module(f"stdnum.{module}").is_valid) for module, form in _FORMS.items()]
    checks += [(form, bool) for form in _BY_FORM]
    return [(re2.compile(rf"\b(?:{form})\b".encode(), options), check) for form, check in checks]


def scan(buffer: bytes) -> Iterator[Span]:
    """The national ids of a buffer."""
    for expression, is_valid in _expressions():
        for found in expression.finditer(buffer):
            if is_valid(found[0].decode("latin-1")):
                yield Span(found.start(), found.end(), "national-id")
