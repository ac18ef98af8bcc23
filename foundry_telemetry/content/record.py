"""The event of one attempt with its content: what it holds, redacted and within its budget."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct
from opentelemetry.trace import SpanContext

from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.content import budget, messages
from foundry_telemetry.content.answer_pieces import AnswerPieces
from foundry_telemetry.content.answers import read_answer
from foundry_telemetry.content.redaction import Redactor
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.content_table import CUT, INPUT, OUTPUT, SUPPORT_CODE, SYSTEM, TOOLS
from foundry_telemetry.schema.value import PROVIDER_ANTHROPIC
from foundry_telemetry.signals.fields import read_tags

_RESERVED_BYTES: Final = 2_000
"""Of the budget, for names and ids."""
MOST_REDACTED: Final = 2 * 1024 * 1024
"""Bytes of a request or an answer that are redacted; of a longer one the first messages are left out."""


class PendingContent(Struct, frozen=True):
    """The content of a finished attempt that waits for its redaction: references."""

    observation: Observation
    where: SpanContext
    request: bytes | None
    pieces: AnswerPieces

    @property
    def size(self) -> int:
        """Bytes that it keeps in memory."""
        return len(self.request or b"") + self.pieces.size

    def __repr__(self) -> str:
        """Nothing of the content: crash reporters print local variables."""
        return "PendingContent(...)"


def record_of(pending: PendingContent, redactor: Redactor, policy: ContentPolicy) -> dict[str, Any]:
    """The attributes of the event.

    Raises:
        Exception: What a function of the application raises.
    """
    request = _object(pending.request)
    values = {
        INPUT: messages.input_messages(request),
        OUTPUT: messages.output_messages(read_answer(pending.pieces)),
        SYSTEM: messages.system_instructions(request),
        TOOLS: messages.tool_definitions(request),
    }
    values = {name: value for name, value in values.items() if value}
    is_cut = pending.pieces.has_gap
    if values.get(INPUT):
        values[INPUT], left_out = _newest(values[INPUT])
        is_cut = is_cut or left_out
    encoded = {name: redactor.json(msgspec.json.encode(value)) for name, value in values.items()}
    limit = policy.budget_bytes - _RESERVED_BYTES
    if sum(map(budget.size_of, encoded.values())) <= limit:
        texts = {name: text.decode() for name, text in encoded.items()}
    else:
        texts = budget.fitted({name: msgspec.json.decode(text) for name, text in encoded.items()}, limit)
        is_cut = True
    return _facts(pending.observation) | texts | ({CUT: True} if is_cut else {})


def _facts(observation: Observation) -> dict[str, Any]:
    """By what the event is found, and what the convention requires."""
    failure = observation.failure
    found = {
        names.OPERATION: observation.operation,
        names.PROVIDER: PROVIDER_ANTHROPIC,
        names.REQUEST_MODEL: observation.deployment,
        names.RESPONSE_MODEL: observation.response_model,
        names.RESPONSE_ID: observation.response_id,
        names.ERROR_TYPE: None if failure is None else failure.type,
        names.CALL_ID: observation.call_id,
        names.ATTEMPT_NUMBER: observation.attempt_number,
        SUPPORT_CODE: observation.support_code,
    }
    facts = {name: value for name, value in found.items() if value is not None}
    return facts | (read_tags(observation.tags) if observation.tags else {})


def _newest(history: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """The last messages that are not too much to redact, and whether others were left out."""
    kept, size = len(history), 0
    while kept:
        size += len(msgspec.json.encode(history[kept - 1]))
        if size > MOST_REDACTED:
            break
        kept -= 1
    if not kept:
        return history, False
    cut = {"role": "system", "parts": [{"type": "cut", "messages": kept}]}
    return [cut, *history[kept:]], True


def _object(body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {}
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
