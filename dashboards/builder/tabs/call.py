"""One call: its attempts, its trace as bars on one axis of time, and what was logged in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from dashboards.builder.tabs.common import columns
from dashboards.builder.texts import EMPTY, LINKS, TITLES, VALUES
from dashboards.builder.visualizations import HIDDEN, Table, in_words, opens, parts
from dashboards.builder.workbook import Query, When

_ATTEMPTS: Final = Table(
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
        "support_code",
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
_WHOLE: Final = "84ch"
"""As wide as the longest text of the advice."""
_EXPLAINED: Final = Table(
    columns=(
        *columns("call_outcome", "error_type", "error_owner", "support_code"),
        *(replace(one, width=_WHOLE) for one in columns("meaning", "next_step")),
        *columns("command", "attempts", "call_id"),
    )
)
_BARS: Final = {"before_ms": "none", "ok_ms": "blue", "failed_ms": "redBright", "after_ms": "none"}
"""Column: the colour of its part of a row's bar; what stands before and after is not drawn."""
_TRACE: Final = Table(
    columns=columns(
        "name",
        "span_type",
        "result",
        "time_bar",
        "before_ms",
        "took_ms",
        "ok_ms",
        "failed_ms",
        "after_ms",
        "started",
        "service",
        "span_id",
        "parent_id",
        span_type=in_words(VALUES["span_type"]),
        time_bar=parts(_BARS),
        **dict.fromkeys(("ok_ms", "failed_ms", "after_ms", "span_id", "parent_id"), HIDDEN),
    )
)
_LOGS: Final = Table(
    columns=columns(
        "logged",
        "level",
        "exception_type",
        "message",
        "service",
        level=in_words(VALUES["level"], {"warning": "warning", "error": "error", "critical": "error"}),
    )
)


_CONTENT: Final = Table(columns=columns("attempt_number", "role", "part_type", "content"))

_PARTS: Final[Mapping[str, tuple[str, Table, str]]] = {
    "call_explained": ("explanation", _EXPLAINED, EMPTY["no_call"]),
    "call_attempts": ("attempts", _ATTEMPTS, EMPTY["no_call"]),
    "call_trace": ("trace", _TRACE, EMPTY["no_call"]),
    "call_logs": ("log lines", _LOGS, EMPTY["no_logs"]),
    "call_content": ("content", _CONTENT, EMPTY["no_content"]),
}
"""Query: what it is of the call, how it looks, and what to say without rows."""

_USUAL: Final = ("call_explained", "call_attempts", "call_trace", "call_logs")


def call_details(name: str, parameter: str, queries: Sequence[str] = _USUAL) -> tuple[Query, ...]:
    """What there is about the call whose id the parameter holds; nothing is asked without one.

    Args:
        name: Of the call, as the names of the steps have it.
        parameter: Set by the row that is selected.
        queries: What is shown; all but content by default.
    """
    return tuple(
        Query(
            name=f"{_PARTS[query][0]} of the {name}",
            query=query,
            renamed={"CallId": parameter},
            title=TITLES[query],
            visualization=_PARTS[query][1],
            empty=_PARTS[query][2],
            size="small",
            when=When(parameter),
        )
        for query in queries
    )
