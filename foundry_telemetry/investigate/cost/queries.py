"""The questions of the cost commands, with all filters at "All", as the workbook would ask them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from foundry_telemetry import pricing
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import ALL, TimeRange, Value, substitute

WAYS: Final = ("deployment", "model", "service")
"""By what the bill can be split besides tags."""

Ask = Callable[[str], list[Row]]
"""Takes KQL and gives rows, as `Source.answer` does: what was not told is not there."""

_TAG: Final = re.compile(r"tag\.[a-z][a-z0-9_]{0,31}")
_AGO: Final = re.compile(r"(\d{1,4})([hdw])")
_HOURS: Final = {"h": 1, "d": 24, "w": 168}


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
            **dict.fromkeys(("Deployment", "Model", "Service"), ALL),
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
        f"{by!r}: expected {', '.join(WAYS)}, tag (every tag) or tag.<key>; try `--by tag.tenant`"
    )


def read_since(text: str, now: datetime) -> datetime:
    """When a time begins: so long ago, at a date or time, or with the month.

    Args:
        text: ``7d``, ``24h``, ``2w``, ``2026-11-01``, ``2026-11-01T06:00``, ``month``; UTC unless it says.
        now: Its end.

    Raises:
        ValueError: It is none of these, or not in the past.
    """
    since = _since(text, now)
    if since is None or since >= now:
        raise ValueError(
            f"{text!r}: expected a time ago or a past date, such as 7d, 24h, 2026-11-01 or month"
        )
    return since


def _since(text: str, now: datetime) -> datetime | None:
    if text == "month":
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - timedelta(hours=int(ago[1]) * _HOURS[ago[2]])
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
