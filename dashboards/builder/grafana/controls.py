"""What is set for one row alone: words and links in that row, for the bar of variables belongs to all rows.

Grafana has no variables of a row. So those of a tab are hidden: a link sets one of a few values, and what is
typed stands in the settings of the dashboard.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from dashboards.builder.grafana.links import Links
from dashboards.builder.grafana.references import inputs
from dashboards.builder.grafana.units import Json
from dashboards.builder.texts import GRAFANA
from dashboards.builder.workbook import Group, Item

_SPACE: Final = 1
"""Of the panel, in the grid's units, beside its lines."""


def of_rows(items: Iterable[Item]) -> frozenset[str]:
    """The parameters that stand on a tab of the layout, not above all tabs."""
    groups = (item for item in items if isinstance(item, Group))
    return frozenset(str(each["name"]) for group in groups for each in inputs(group.items))


def controls(group: Group, links: Links) -> Json | None:
    """A panel with what can be set for a row, a line each; none where there is nothing to set."""
    lines = list(_lines(inputs(group.items), links))
    options = {"mode": "markdown", "content": "\n".join(lines)}
    return {"type": "text", "title": "", "transparent": True, "options": options} if lines else None


def height(panel: Mapping[str, Any]) -> int:
    """Of such a panel, in the grid's units."""
    return _SPACE + len(panel["options"]["content"].splitlines())


def _lines(found: Iterable[Mapping[str, Any]], links: Links) -> Iterator[str]:
    for each in found:
        name, label = str(each["name"]), str(each["label"])
        if "jsonData" in each:
            offered = (
                f"[{row['label']}](<{links.address(name, quote(row['value'], safe=''))}>)"
                for row in json.loads(each["jsonData"])
            )
            yield GRAFANA["chosen"].format(
                label=label, value=f"${{{name}:text}}", offered=" · ".join(offered)
            )
        else:
            yield GRAFANA["settable"].format(label=label, value=f"${{{name}}}", name=name)
