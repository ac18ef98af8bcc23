"""The questions of the cost commands, with all filters at "All", as the workbook would ask them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from foundry_telemetry import pricing
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, Value, substitute

WAYS: Final = ("deployment", "model", "service")
"""By what the bill can be split besides tags."""

Ask = Callable[[str], list[Row]]
"""Takes KQL and gives rows, as `Source.answer` does: what was not told is not there."""

_TAG: Final = re.compile(r"tag\.[a-z][a-z0-9_]{0,31}")


class Questions:
    """Asks about a time.

    Args:
        ask: Whom.
        since: Its begin.
        until: Its end.
    """

    def __init__(self, ask: Ask, since: datetime, until: datetime) -> None:
        self._ask = ask
        self._values: dict[str, Value] = {
            "TimeRange": TimeRange(since, until, timedelta(hours=1)),
            **UNFILTERED,
            "UsdPerUnit": repr(pricing.usd_per_ccu()),
            "Discount": "1",
        }

    def shared(self, name: str, **values: str) -> list[Row]:
        """The rows of a query of the workbook."""
        return self._ask(substitute(compose.whole(name), {**self._values, **values}))

    def own(self, name: str) -> list[Row]:
        """The rows of a query that only commands ask."""
        return self._ask(substitute(compose.composed(files.investigation(name)), self._values))

    def tag_keys(self) -> list[str]:
        """The tags that attempts of this time carry, each as ``tag.<key>``."""
        keys = (str(row["value"]) for row in self.shared("split_keys"))
        return [key for key in keys if _TAG.fullmatch(key)]


def check_way(by: str) -> str:
    """What the bill is to be split by, if it can be.

    Raises:
        ValueError: It cannot.
    """
    if by in (*WAYS, "tag") or _TAG.fullmatch(by):
        return by
    raise ValueError(
        f"{by!r}: expected {', '.join(WAYS)}, tag (every tag) or tag.<key>; example: --by tag.tenant"
    )
