"""Advice: from the class of a failure to what it means, what to do, and whom to ask. One table for all.

The note on an exception, the command line, the workbook's Auth tab and `dashboards/causes.md` are made from
it. Who owns a class, and whether it can be retried, stands in `foundry_telemetry.wire.causes` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from foundry_telemetry.advice.client import CLIENT
from foundry_telemetry.advice.credentials import CREDENTIALS
from foundry_telemetry.advice.entry import IDS, PLACEHOLDERS, Advice, Placeholder, Step, SupportChannel, Tab
from foundry_telemetry.advice.fallbacks import FALLBACKS, UNKNOWN
from foundry_telemetry.advice.gateway import GATEWAY
from foundry_telemetry.advice.permissions import PERMISSIONS
from foundry_telemetry.advice.request import REQUEST
from foundry_telemetry.advice.service import SERVICE

__all__ = [
    "ALL",
    "FALLBACKS",
    "IDS",
    "PLACEHOLDERS",
    "UNKNOWN",
    "Advice",
    "Placeholder",
    "Step",
    "SupportChannel",
    "Tab",
    "advice_for",
    "as_markdown",
]

ALL: Final[Mapping[str, Advice]] = MappingProxyType(
    {**CREDENTIALS, **PERMISSIONS, **REQUEST, **SERVICE, **GATEWAY, **CLIENT}
)
"""By failure class: one for each class of ``foundry_telemetry.wire.causes``."""

_GATEWAY: Final = "customer_gateway"


def advice_for(error_type: str | None, owner: str | None = None) -> Advice:
    """What is known of a failure. Never raises.

    Args:
        error_type: The failure class (`error.type` of the record).
        owner: Who has to act by the record (`foundry.error.owner`). A customer's gateway changes the advice:
            its 429 is not Azure's. For what fits no class it is all there is to go by; ``None`` where the
            record does not say.
    """
    known = ALL.get(error_type or "")
    if owner == _GATEWAY and (known is None or known.owner != _GATEWAY):
        return FALLBACKS[_GATEWAY]
    if known is not None:
        return known
    return FALLBACKS.get(owner or "", UNKNOWN)


def as_markdown() -> str:
    """The whole advice as a page: a table of all causes, then each with its steps."""
    from foundry_telemetry.advice.page import page  # noqa: PLC0415 - a note on an exception needs no page

    return page(ALL.values(), (*FALLBACKS.values(), UNKNOWN))
