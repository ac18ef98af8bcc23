"""The questions of ``cost``, which has predicates and columns put into them, as it asks them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from foundry_telemetry.investigate.cost.queries import Questions
from foundry_telemetry.investigate.cost.report import read_report
from foundry_telemetry.investigate.cost.why import read_cells_of, read_why
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.sources import Row
from foundry_telemetry.kql import files

_WEEK = timedelta(days=7)


def asked(since: datetime, until: datetime) -> Iterator[tuple[str, str, str]]:
    """The name of each query's file, its number from the second time on, and its text.

    Args:
        since: Begin of the time that is asked about.
        until: Its end.
    """
    texts: list[str] = []

    def answer(text: str) -> list[Row]:
        texts.append(text)
        return []

    filters = Filters(services=("it's",), models=("x",), tags=(("tenant", "acme"),))
    now, before = (since, until), (since - _WEEK, until - _WEEK)
    read_report(answer, since, until, ("day", "tag.tenant"), filters=filters)
    read_why(answer, now, before, filters)
    read_cells_of(Questions(answer, *before, filters), now, before, ("", "tag.tenant"))
    names = {files.investigation(name).partition("\n")[0]: name for name in files.investigations()}
    known = Counter[str]()
    for text in sorted(texts):
        name = names.get(text.partition("\n")[0])
        if name is not None:  # else it is a query of the workbook
            known[name] += 1
            yield name, f" ({known[name]})" if known[name] > 1 else "", text
