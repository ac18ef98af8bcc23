"""The questions of the cost commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from foundry_telemetry import pricing
from foundry_telemetry.investigate import filters as filtering
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, Value, substitute

Ask = Callable[[str], list[Row]]
"""Takes KQL and gives rows, as `Source.answer` does: what was not reported is not there."""

_HOUR: Final = timedelta(hours=1)


class Questions:
    """Asks about a time.

    Args:
        ask: Whom.
        since: Its begin.
        until: Its end.
        filters: Of which attempts; of all without them.
    """

    def __init__(self, ask: Ask, since: datetime, until: datetime, filters: Filters | None = None) -> None:
        self._ask = ask
        self._filters = filters or Filters()
        self._values: dict[str, Value] = {
            "TimeRange": TimeRange(since, until, _HOUR),
            **UNFILTERED,
            "Period": "range",
            "UsdPerUnit": repr(pricing.usd_per_ccu()),
            "Discount": "1",
        }

    def shared(self, name: str, **values: str) -> list[Row]:
        """The rows of a query of the workbook, with all its filters at "All"."""
        return self._ask(substitute(compose.whole(name), {**self._values, **values}))

    def own(self, name: str) -> list[Row]:
        """The rows of a query that only commands ask, of the whole time and without filters."""
        return self._ask(substitute(compose.composed(files.investigation(name)), self._values))

    def about(self, name: str, times: Mapping[str, tuple[datetime, datetime]], **values: str) -> list[Row]:
        """The rows of a query that only commands ask.

        Args:
            name: Of its file.
            times: By the name of the parameter.
            **values: Expressions; names and texts of users in them are literals already.
        """
        ranges = {key: TimeRange(*time, _HOUR) for key, time in times.items()}
        first, last = min(one.start for one in ranges.values()), max(one.end for one in ranges.values())
        scope = filtering.kql(self._filters, TimeRange(first, last, _HOUR))
        text = substitute(files.investigation(name), {**ranges, **values, "Scope": scope})
        return self._ask(compose.composed(text))

    def tag_keys(self) -> list[str]:
        """The keys of tags that attempts of this time have, sorted."""
        return [str(row["key"]) for row in self.own("tag_keys")]
