"""What the codes of Entra mean, where it refuses to issue a token: one table from codes to causes.

A further code is a row, whose meaning the advice on its cause gives. The cause of all others is ``OTHER``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

OTHER: Final = "credential_error"
"""The cause of a token provider that raised, whatever it says."""


class EntraCode(NamedTuple):
    """What one code means."""

    cause: str
    """A key of ``foundry_telemetry.wire.causes.CLASSES``."""
    meaning: str
    """Ends a sentence that begins with the code."""


ENTRA_CODES: Final[Mapping[str, EntraCode]] = {
    "AADSTS7000222": EntraCode("credential_error", "the client secret has expired"),
    "AADSTS7000215": EntraCode(
        "credential_error", "it is wrong, often the id of the secret in place of its value"
    ),
    "AADSTS700016": EntraCode("credential_error", "the application is not in this tenant"),
}
"""By code, the frequent before the rare."""


def cause_of(code: str | None) -> str:
    """The cause of a token that was never issued.

    Args:
        code: What Entra said, if it said anything.
    """
    known = ENTRA_CODES.get(code or "")
    return known.cause if known is not None else OTHER


def meanings(cause: str) -> str:
    """A sentence for each code of a cause."""
    return " ".join(f"{code}: {row.meaning}." for code, row in ENTRA_CODES.items() if row.cause == cause)
