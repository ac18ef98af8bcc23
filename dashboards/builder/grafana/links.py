"""Data links: what a click on a cell of a table does where the workbook has row selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboards.builder.grafana.field_overrides import field, hides
from dashboards.builder.grafana.source import OPERATION
from dashboards.builder.grafana.units import Json
from dashboards.builder.visualizations import Table

_HERE: Final = "/d/${__dashboard.uid}?${__url_time_range}"
"""This dashboard, at the time that is shown."""


@dataclass(frozen=True)
class Links:
    """What links need to know of the whole dashboard."""

    variables: tuple[str, ...]
    """All of them: a link that sets one keeps the others."""
    titles: Mapping[str, str]
    """Variable: the title of the panel that shows what it names."""

    def by_column(self, table: Table, export: tuple[str, str] | None) -> Mapping[str, list[Json]]:
        """The links of each column that has some.

        They stand on the column whose value they take, and on the first that is shown: a hand goes there.
        """
        names = [column.name for column in table.columns]
        sets = [export] if export is not None else []
        sets += [(OPERATION, OPERATION)] if OPERATION in names else []
        links = {column: [self._set(column, variable)] for column, variable in sets}
        first = next((column.name for column in table.columns if not hides(column)), None)
        if links and first is not None:
            links[first] = [link for reported in links.values() for link in reported]
        return links

    def address(self, variable: str, value: str) -> str:
        """This dashboard with another value, percent-encoded, of one variable."""
        others = "".join(f"&${{{name}:queryparam}}" for name in self.variables if name != variable)
        return f"{_HERE}{others}&var-{variable}={value}"

    def _set(self, column: str, variable: str) -> Json:
        value = field(column).removesuffix("}") + ":percentencode}"
        return {
            "title": self.titles.get(variable, variable),
            "url": self.address(variable, value),
            "targetBlank": False,
        }
