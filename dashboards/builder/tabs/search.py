"""Find an id, in whatever was pasted, and its call, attempt by attempt: a part of the tab Incident."""

from __future__ import annotations

from typing import Final

from dashboards.builder.inputs import TextInput
from dashboards.builder.visualizations import GROUPED, MILLISECONDS, TIME, Column, Table, icons, number, opens
from dashboards.builder.workbook import Group, Parameters, Query, When

NOT_FOUND: Final = (
    "No attempt of the last 90 days carries this id. Looked for: request-id, apim-request-id, the id of the "
    "answer (msg_…), call id, trace id, and Entra's trace and correlation ids. An attempt is here a few "
    "minutes after it ended, and only if its service sends its records to this workspace."
)
NO_CALL: Final = (
    "This call is no longer in the workspace: its records are older than the workspace keeps them."
)

OUTCOME: Final = icons(
    ok="success",
    error="error",
    stream_error="error",
    truncated="error",
    no_response="error",
    not_sent="error",
    abandoned="stopped",
    cancelled="cancelled",
)

_CALL: Final = Table(
    columns=(
        Column("attempt_number", "Attempt"),
        Column("started", "Sent", TIME),
        Column("waited_ms", "Waited before", MILLISECONDS),
        Column("duration_ms", "Took", MILLISECONDS),
        Column("status", "Status"),
        Column("outcome", "Outcome", OUTCOME),
        Column("error_type", "Class"),
        Column("error_owner", "Whose move"),
        Column("retry_after_s", "Retry after, s", GROUPED),
        Column("apim_request_id", "apim-request-id (Azure)"),
        Column("request_id", "request-id (Anthropic)"),
        Column("response_id", "Answer"),
        Column("deployment", "Deployment"),
        Column("model", "Model"),
        Column("input_tokens", "Input tokens", GROUPED),
        Column("output_tokens", "Output tokens", GROUPED),
        Column("cost_usd", "Cost, USD", {"formatter": 0} | number(6)),
        Column("call_id", "Call"),
        Column("OperationId", "Trace"),
        Column("trace_url", "Whole trace", opens("Url", "End to end")),
    )
)


def whole_call(name: str, parameter: str) -> Query:
    """The attempts of the call whose id the parameter holds."""
    return Query(
        name=name,
        query="call_attempts",
        renamed={"CallId": parameter},
        title="This call, attempt by attempt",
        visualization=_CALL,
        empty=NO_CALL,
        size="small",
        when=When(parameter),
    )


SEARCH: Final = Group(
    name="search by id",
    items=(
        Parameters(
            name="id to search",
            inputs=(
                TextInput(
                    name="Id",
                    label="Find an id",
                    description="Paste an id, an error message or a whole ticket: all ids in it are looked "
                    "for, 90 days back.",
                ),
            ),
        ),
        Query(
            name="attempts with this id",
            query="attempts_by_id",
            title="Attempts with this id, newest first. Click one to see its call",
            visualization=Table(
                columns=(
                    Column("TimeGenerated", "Ended", TIME),
                    Column("service", "Service"),
                    Column("deployment", "Deployment"),
                    Column("status", "Status"),
                    Column("outcome", "Outcome", OUTCOME),
                    Column("error_type", "Class"),
                    Column("error_owner", "Whose move"),
                    Column("attempt_number", "Attempt"),
                    Column("ticket", "For a ticket", opens("CellDetails", "Text")),
                    Column("apim_request_id", "apim-request-id (Azure)"),
                    Column("request_id", "request-id (Anthropic)"),
                    Column("response_id", "Answer"),
                    Column("duration_ms", "Took", MILLISECONDS),
                    Column("call_id", "Call"),
                    Column("OperationId", "Trace"),
                )
            ),
            empty=NOT_FOUND,
            size="small",
            export=("call_id", "FoundCallId"),
            when=When("Id"),
        ),
        whole_call("attempts of the call that was found", "FoundCallId"),
    ),
)
