"""The shipped workbook: filters for all, then one tab for each question people come with."""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import ChoiceInput, TextInput, TimeInput
from dashboards.builder.tabs import CONTENTS, TABS
from dashboards.builder.workbook import Item, Parameters, Tabs

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR

FILTERS: Final = Parameters(
    name="filters",
    inputs=(
        TimeInput(
            name="TimeRange",
            label="Time",
            description="Also set by dragging over a chart.",
            minutes=(5, 15, 30, _HOUR, 4 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY),
            first=_HOUR,
        ),
        ChoiceInput(
            name="Deployment",
            label="Deployment",
            description="The model of the request, which on Foundry names the deployment.",
            query="deployment_names",
        ),
        ChoiceInput(
            name="Service",
            label="Service",
            description="Who called: the cloud role name.",
            query="service_names",
        ),
        ChoiceInput(
            name="Model",
            label="Model",
            description="The model that answered. What failed before one was told counts for those of its "
            "deployment.",
            query="model_names",
        ),
        TextInput(
            name="Portal",
            label="Portal",
            description="Where links lead: the portal of your cloud.",
            first="https://portal.azure.com",
            is_hidden=True,
        ),
    ),
)

WORKBOOK: Final[tuple[Item, ...]] = (
    FILTERS,
    Tabs(name="tabs", parameter="Tab", labels=TABS),
    *CONTENTS,
)
