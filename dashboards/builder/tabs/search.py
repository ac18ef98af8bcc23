"""Find an id, in whatever was pasted, and its call, attempt by attempt: a part of the tab Incident."""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import TextInput
from dashboards.builder.tabs.common import columns
from dashboards.builder.texts import EMPTY, LINKS, TITLES, parameter
from dashboards.builder.visualizations import Table, opens
from dashboards.builder.workbook import Group, Parameters, Query, When

_CALL: Final = Table(
    columns=columns(
        "attempt_number",
        "started",
        "waited_ms",
        "duration_ms",
        "status",
        "outcome",
        "error_type",
        "error_owner",
        "retry_after_s",
        "apim_request_id",
        "request_id",
        "response_id",
        "deployment",
        "model",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "call_id",
        "OperationId",
        "trace_url",
        trace_url=opens("Url", LINKS["trace"]),
    )
)


_EXPLAINED: Final = Table(
    columns=columns(
        "call_outcome",
        "error_type",
        "error_owner",
        "attempts",
        "support_code",
        "command",
        "call_id",
    )
)


def explained_call(name: str, parameter: str) -> Query:
    """What became of the call whose id the parameter holds, and what to do."""
    return Query(
        name=name,
        query="call_explained",
        renamed={"CallId": parameter},
        title=TITLES["call_explained"],
        visualization=_EXPLAINED,
        empty=EMPTY["no_call"],
        size="small",
        when=When(parameter),
    )


def whole_call(name: str, parameter: str) -> Query:
    """The attempts of the call whose id the parameter holds."""
    return Query(
        name=name,
        query="call_attempts",
        renamed={"CallId": parameter},
        title=TITLES["call_attempts"],
        visualization=_CALL,
        empty=EMPTY["no_call"],
        size="small",
        when=When(parameter),
    )


SEARCH: Final = Group(
    name="search by id",
    items=(
        Parameters(name="id to search", inputs=(TextInput(**parameter("Id")),)),
        Query(
            name="attempts with this id",
            query="attempts_by_id",
            title=TITLES["attempts_by_id"],
            visualization=Table(
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
                    "apim_request_id",
                    "request_id",
                    "response_id",
                    "duration_ms",
                    "call_id",
                    "OperationId",
                )
            ),
            empty=EMPTY["not_found"],
            size="small",
            export=("call_id", "FoundCallId"),
            when=When("Id"),
        ),
        explained_call("explanation of the call that was found", "FoundCallId"),
        whole_call("attempts of the call that was found", "FoundCallId"),
    ),
)
