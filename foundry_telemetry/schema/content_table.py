"""What request and response logs carry, where an application has asked for them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from foundry_telemetry.schema import constraint as c
from foundry_telemetry.schema.row import Row

CONTENT_EVENT: Final = "gen_ai.client.inference.operation.details"
"""Of OpenTelemetry's GenAI conventions; the log record's event name."""

_JSON: Final = c.text("JSON, redacted and within the budget", r"(?s)\[.*\]")
_OPT_IN: Final = "yes: what people and the model wrote; only with `FOUNDRY_TELEMETRY_CONTENT` or `content=`"

CONTENT: Final = (
    Row("content", CONTENT_EVENT, ("content",), "constant", c.one_of(CONTENT_EVENT), "GenAI: the event."),
    Row(
        "content",
        "gen_ai.input.messages",
        ("content",),
        "request body",
        _JSON,
        "GenAI: the history that was sent; images and documents by hash and size.",
        personal=_OPT_IN,
    ),
    Row(
        "content",
        "gen_ai.output.messages",
        ("content",),
        "response body",
        _JSON,
        "GenAI: the answer.",
        personal=_OPT_IN,
    ),
    Row(
        "content",
        "gen_ai.system_instructions",
        ("content",),
        "request body",
        _JSON,
        "GenAI: the system prompt.",
        personal=_OPT_IN,
    ),
    Row(
        "content",
        "gen_ai.tool.definitions",
        ("content",),
        "request body",
        _JSON,
        "GenAI: the tools.",
        personal=_OPT_IN,
    ),
    Row(
        "content",
        "foundry.support.code",
        ("content",),
        "the call id",
        c.text("`FT-` and ten digits", r"FT-[0-9A-F]{5}-[0-9A-F]{5}"),
        "Ours: the name of the call that a user can be shown.",
    ),
    Row(
        "content",
        "foundry.content.cut",
        ("content",),
        "counted in the process",
        c.FLAG,
        "Ours: whether something was left out for its size.",
    ),
)
"""Beside these the event has fields of the ledger: ids, operation, models, cause and tags."""

_, INPUT, OUTPUT, SYSTEM, TOOLS, SUPPORT_CODE, CUT = (row.name for row in CONTENT)

CONTENT_TABLE: Final = "AppGenAIContent"
"""Where Azure keeps the values of `CONTENT_COLUMNS`."""

CONTENT_COLUMNS: Final = MappingProxyType(
    {
        INPUT: "InputMessages",
        OUTPUT: "OutputMessages",
        SYSTEM: "SystemInstructions",
        TOOLS: "ToolDefinitions",
        "gen_ai.tool.call.arguments": "ToolCallArguments",
        "gen_ai.tool.call.result": "ToolCallResult",
        "gen_ai.evaluation.explanation": "EvaluationExplanation",
    }
)
"""The attributes whose values Azure moves out of AppEvents, AppDependencies and AppTraces since 30 September
2026, and the column of `CONTENT_TABLE` that has each; a pointer stays in their place."""
