"""The items of an Azure workbook as small frozen data, each of which knows its JSON (`Notebook/1.0`).

*Step*: one item of a workbook. *Export*: a row that is clicked sets a parameter for the steps after it. Only
what our workbooks use is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from dashboards.builder.inputs import LOGS, Input, same_id
from foundry_telemetry.kql import compose

Json = dict[str, object]

_SCHEMA: Final = (
    "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
)
_SUCCESS: Final = 3
"""The style of a message that is good news."""


class Visualization(Protocol):
    """How an answer looks."""

    @property
    def json(self) -> Json:
        """The keys it adds to a step."""


Size = Literal["medium", "small", "large", "full", "tiny"]
_SIZES: Final[Mapping[Size, int]] = {"medium": 0, "small": 1, "large": 2, "full": 3, "tiny": 4}


@dataclass(frozen=True)
class When:
    """Shows a step only while a parameter has a value, or the one named."""

    parameter: str
    value: str = ""

    @property
    def json(self) -> Json:
        """The condition."""
        comparison = "isEqualTo" if self.value else "isNotEqualTo"
        return {"parameterName": self.parameter, "comparison": comparison, "value": self.value}


@dataclass(frozen=True, kw_only=True)
class Item:
    """What all items have."""

    name: str
    """Telling, and the only one of that name."""
    width: int | None = None
    """Percent of the page; all of it by default."""
    when: When | None = None

    @property
    def json(self) -> Json:
        """The item as the portal reads it."""
        kind, content = self._content()
        item: Json = {"type": kind, "content": content, "name": self.name}
        if self.width is not None:
            item["customWidth"] = str(self.width)
        if self.when is not None:
            item["conditionalVisibility"] = self.when.json
        return item

    def _content(self) -> tuple[int, Json]:
        """The portal's number for this kind of item, and its content."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Text(Item):
    """Some words, in Markdown."""

    markdown: str

    def _content(self) -> tuple[int, Json]:
        return 1, {"json": self.markdown}


@dataclass(frozen=True, kw_only=True)
class Parameters(Item):
    """A bar of parameters."""

    inputs: tuple[Input, ...]

    def _content(self) -> tuple[int, Json]:
        inputs = [each.json for each in self.inputs]
        content: Json = {"version": "KqlParameterItem/1.0", "parameters": inputs, "style": "pills"}
        return 9, content | LOGS


@dataclass(frozen=True, kw_only=True)
class Tabs(Item):
    """A row of tabs that set a parameter."""

    parameter: str
    labels: Mapping[str, str]
    """Value of the parameter: what the tab says."""

    def _content(self) -> tuple[int, Json]:
        links = [
            {
                "id": same_id(f"{self.parameter}/{value}"),
                "cellValue": self.parameter,
                "linkTarget": "parameter",
                "linkLabel": label,
                "subTarget": value,
                "style": "link",
            }
            for value, label in self.labels.items()
        ]
        return 11, {"version": "LinkItem/1.0", "style": "tabs", "links": links}


@dataclass(frozen=True, kw_only=True)
class Group(Item):
    """Items that are shown together. A group that is not shown asks no query."""

    items: tuple[Item, ...]

    def _content(self) -> tuple[int, Json]:
        items = [item.json for item in self.items]
        return 12, {"version": "NotebookGroup/1.0", "groupType": "editable", "items": items}


@dataclass(frozen=True, kw_only=True)
class Query(Item):
    """The answer of a query, drawn."""

    query: str
    """Name of the file."""
    title: str | None = None
    visualization: Visualization
    empty: str
    """What to say when there are no rows: why that may be, and what to do."""
    empty_is_good: bool = False
    size: Size = "medium"
    brush: str | None = None
    """The time parameter that a brush on the chart sets."""
    export: tuple[str, str] | None = None
    """Column of the row that is clicked, and the parameter it sets."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Parameter in the file: parameter in its place here."""

    def _content(self) -> tuple[int, Json]:
        content: Json = {"version": "KqlItem/1.0", "query": self._text(), "size": _SIZES[self.size]}
        content["showExportToExcel"] = True
        if self.title is not None:
            content["title"] = self.title
        content["noDataMessage"] = self.empty
        if self.empty_is_good:
            content["noDataMessageStyle"] = _SUCCESS
        if self.brush is not None:
            content |= {"timeBrushParameterName": self.brush, "timeBrushExportOnlyWhenBrushed": True}
        if self.export is not None:
            column, parameter = self.export
            content |= {"exportFieldName": column, "exportParameterName": parameter, "exportDefaultValue": ""}
        return 3, content | LOGS | self.visualization.json

    def _text(self) -> str:
        text = compose.in_workbook(self.query)
        for name, here in self.renamed.items():
            text = text.replace(f"{{{name}:", f"{{{here}:")
        return text


def notebook(items: Iterable[Item]) -> Json:
    """A whole workbook."""
    return {
        "version": "Notebook/1.0",
        "items": [item.json for item in items],
        "fallbackResourceIds": [],
        "$schema": _SCHEMA,
    }
