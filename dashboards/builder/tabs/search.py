"""What was found by an id or a support code: above all tabs."""

from __future__ import annotations

from typing import Final

from dashboards.builder.tabs.call import call_details
from dashboards.builder.tabs.common import columns
from dashboards.builder.texts import EMPTY, TITLES
from dashboards.builder.visualizations import Table
from dashboards.builder.workbook import Group, Item, Query, When

_FOUND: Final = Table(
    columns=columns(
        "TimeGenerated",
        "service",
        "deployment",
        "status",
        "outcome",
        "error_type",
        "error_owner",
        "attempt_number",
        "ticket",
        "support_code",
        "apim_request_id",
        "request_id",
        "response_id",
        "duration_ms",
        "call_id",
        "OperationId",
    )
)

SEARCH: Final[tuple[Item, ...]] = (
    Group(
        name="find by id",
        when=When("Id"),
        items=(
            Query(
                name="attempts with this id",
                query="attempts_by_id",
                title=TITLES["attempts_by_id"],
                visualization=_FOUND,
                empty=EMPTY["not_found"],
                size="small",
                export=("call_id", "FoundCallId"),
                when=When("Id"),
            ),
            *call_details("call that was found", "FoundCallId"),
        ),
    ),
)
