"""The tabs of the workbook, one module each, in the order in which people need them."""

from __future__ import annotations

from typing import Final

from dashboards.builder.tabs.auth import AUTH
from dashboards.builder.tabs.calls import CALLS
from dashboards.builder.tabs.cost import COST
from dashboards.builder.tabs.health import HEALTH
from dashboards.builder.tabs.incident import INCIDENT
from dashboards.builder.tabs.limits import LIMITS
from dashboards.builder.tabs.overview import OVERVIEW
from dashboards.builder.tabs.streams import STREAMS
from dashboards.builder.workbook import Item

CONTENTS: Final[tuple[Item, ...]] = (OVERVIEW, INCIDENT, CALLS, AUTH, COST, LIMITS, STREAMS, HEALTH)
