"""The fields of the ledger event that the TypeScript module does not write, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.schema import field_table as names

ABSENT: Final[Mapping[str, str]] = {
    names.CONNECT: "fetch does not show when a connection was made",
    names.CLIENT_TIMEOUT: "fetch does not show the timeouts of its caller; the SDK sends its own, so with the SDK the field is there",
    names.COST: "calls are left unpriced: tokens are counted, and the price list is a package of Python",
    names.PARTIAL_COST: "as above",
    names.COST_SOURCE: "as above",
}
"""By name; at most six."""

OF_SDK_ALONE: Final = frozenset({names.CLIENT_TIMEOUT})
"""Those that are known where the SDK makes the call."""
