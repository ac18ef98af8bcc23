"""The tabs of the workbook, one module each, in the order in which people need them."""

from __future__ import annotations

from typing import Final

from dashboards.builder.tabs.auth import AUTH
from dashboards.builder.tabs.cost import COST
from dashboards.builder.tabs.health import WORKING
from dashboards.builder.tabs.incident import INCIDENT
from dashboards.builder.tabs.limits import LIMITS
from dashboards.builder.tabs.overview import OVERVIEW
from dashboards.builder.tabs.streams import STREAMS
from dashboards.builder.workbook import Item

TABS: Final = {
    "overview": "Overview",
    "incident": "Incident",
    "auth": "Auth",
    "cost": "Tokens and cost",
    "limits": "Limits",
    "streams": "Streams",
    "working": "Is it working?",
}
"""Value of the parameter `Tab`, and what the tab says: in the order in which people need them."""

CONTENTS: Final[tuple[Item, ...]] = (OVERVIEW, INCIDENT, AUTH, COST, LIMITS, STREAMS, WORKING)
