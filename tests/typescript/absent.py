"""The fields of the ledger event that the TypeScript module does not write, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.schema import field_table as names

ABSENT: Final[Mapping[str, str]] = {
    names.CONNECT: "fetch does not show when a connection is made",
    names.CLIENT_TIMEOUT: (
        "fetch does not show the timeouts of its caller. With the SDK, which sends its own in a header, the "
        "field is there"
    ),
    names.COST: "calls are left unpriced, their tokens are counted: the price list is a package of Python",
    names.PARTIAL_COST: "the same",
    names.COST_SOURCE: "the same",
}
"""By name; at most six."""

AT_TIMES: Final = frozenset({names.CLIENT_TIMEOUT})
"""Those that are known in other cases."""
