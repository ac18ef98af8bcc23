"""What is asked of single slices: how much their calls vary, and which versions they have anew."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.cost import causes, dimensions
from foundry_telemetry.investigate.cost.band import WITHOUT_HISTORY, calls_deviation
from foundry_telemetry.investigate.cost.periods import DAY, Period, midnight
from foundry_telemetry.investigate.cost.queries import Ask, Questions
from foundry_telemetry.investigate.filters import FilterError, Filters
from foundry_telemetry.investigate.sources import Row

TAG: Final = "tag."
"""Begins the name of the dimension of a tag."""
_HISTORY: Final = 35 * DAY


def daily(questions: Questions, now: Period, before: Period) -> list[Row]:
    """What each day cost: both periods, and the days before."""
    first = midnight(min(before[0], now[0] - _HISTORY))
    return questions.about("cost_daily", {"History": (first, now[1])})


class SliceQuestions:
    """Asks about single slices, each once."""

    def __init__(self, ask: Ask, times: tuple[Period, Period], filters: Filters, of_all: float) -> None:
        self._ask = ask
        self._times = times
        self._filters = filters
        self._of_all = of_all

    def variation(self, terms: causes.Terms) -> float:
        """How much the calls of a slice vary; of all traffic without terms."""
        if not terms:
            return self._of_all
        questions = self._questions(terms)
        if questions is None:
            return WITHOUT_HISTORY
        return calls_deviation(daily(questions, *self._times), *self._times)

    def new_versions(self, terms: causes.Terms) -> tuple[str, ...]:
        """Versions of a slice that were not there before."""
        questions = self._questions(terms)
        if questions is None:
            return ()
        now, before = self._times
        of = dimensions.read("version").kql
        rows = questions.about("cost_by", {"Now": now, "Before": before}, First=of, Second="''")
        if not any(row.get("part") and row["before_attempts"] for row in rows):
            return ()
        return tuple(str(row["part"]) for row in rows if row.get("part") and not row["before_attempts"])

    def _questions(self, terms: causes.Terms) -> Questions | None:
        """Asks about the attempts of a slice; nobody where a value of it cannot be asked for."""
        own = self._filters
        values = {"service": own.services, "deployment": own.deployments, "model": own.models}
        tags = own.tags
        for name, value in terms:
            if name.startswith(TAG):
                tags = (*((k, v) for k, v in tags if k != name[len(TAG) :]), (name[len(TAG) :], value))
            else:
                values[name] = (value,)
        try:
            filters = Filters(
                services=values["service"],
                deployments=values["deployment"],
                models=values["model"],
                tags=tags,
            )
        except FilterError:
            return None
        now, before = self._times
        return Questions(self._ask, before[0], now[1], filters)
