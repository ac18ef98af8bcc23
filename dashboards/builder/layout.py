"""The shipped workbook: filters for all, then one tab for each question people come with."""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import NUMBER, ChoiceInput, OneInput, TextInput, TimeInput
from dashboards.builder.tabs import CONTENTS
from dashboards.builder.tabs.search import SEARCH
from dashboards.builder.texts import INVALID, TABS, parameter
from dashboards.builder.workbook import Item, Parameters, Tabs
from foundry_telemetry.kql import compose

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR

FILTERS: Final = Parameters(
    name="filters",
    inputs=(
        *(
            TextInput(**parameter(name), first=text, is_hidden=True)
            for name, text in compose.shared().items()
        ),
        TimeInput(
            **parameter("TimeRange"),
            minutes=(5, 15, 30, _HOUR, 4 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY),
            first=_HOUR,
        ),
        ChoiceInput(
            **parameter("Deployment"),
            query="deployment_names",
        ),
        ChoiceInput(
            **parameter("Service"),
            query="service_names",
        ),
        ChoiceInput(
            **parameter("Model"),
            query="model_names",
        ),
        ChoiceInput(
            **parameter("Version"),
            query="version_names",
        ),
        OneInput(
            **parameter("TagKey"),
            query="tag_keys",
            first="tenant",
        ),
        ChoiceInput(
            **parameter("TagValue"),
            query="tag_values",
        ),
        TextInput(
            **parameter("Target"),
            first="99",
            form=NUMBER,
            otherwise=INVALID["number"],
        ),
        TextInput(
            **parameter("Id"),
        ),
        TextInput(
            **parameter("Portal"),
            first="https://portal.azure.com",
            is_hidden=True,
        ),
    ),
)

WORKBOOK: Final[tuple[Item, ...]] = (
    FILTERS,
    *SEARCH,
    Tabs(name="tabs", parameter="Tab", labels=TABS),
    *CONTENTS,
)
