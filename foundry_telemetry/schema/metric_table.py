"""The table of metrics, and their buckets. The constant is the metric's name."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.schema import constraint as c
from foundry_telemetry.schema.row import Row, Table

_CLOCK: Final = "monotonic clock"
_COUNTED: Final = "counted in the process"
_ANSWER: Final = "response body"
_PRICES: Final = "price list and your prices, times the tokens"

_table: Final = Table()


def _metric(name: str, meaning: str, unit: str, source: str) -> str:
    return _table.metric(name, meaning, unit, source, c.AMOUNT)


# fmt: off
# ruff: noqa: E501 - a table: a row is read across
OPERATION_DURATION: Final = _metric("gen_ai.client.operation.duration", "GenAI: histogram; of a call as a whole, where its span is ours or it ended.", "s", _CLOCK)
TIME_TO_FIRST_CHUNK: Final = _metric("gen_ai.client.operation.time_to_first_chunk", "GenAI: histogram; to the first ``content_block_delta``.", "s", _CLOCK)
ATTEMPT_DURATION: Final = _metric("foundry.client.attempt.duration", "Ours: histogram; of every attempt, to the end of its body.", "s", _CLOCK)
TOKEN_USAGE: Final = _metric("gen_ai.client.token.usage", "GenAI: histogram of input and of output, by type.", "tokens", _ANSWER)
CACHE_READ: Final = _metric("gen_ai.client.inference.usage.cache_read.input_tokens", "GenAI: sum of the tokens read from the cache.", "tokens", _ANSWER)
CACHE_WRITE: Final = _metric("gen_ai.client.inference.usage.cache_write.input_tokens", "GenAI: sum of the tokens written to the cache.", "tokens", _ANSWER)
REASONING: Final = _metric("gen_ai.client.inference.usage.reasoning.output_tokens", "GenAI: sum of the tokens spent on thinking.", "tokens", _ANSWER)
TOKENS: Final = _metric("foundry.client.token.usage", "Ours: sum of input and of output, by type; complete whoever records the standard metric.", "tokens", _ANSWER)
AUTH_FAILURES: Final = _metric("foundry.client.auth.failures", "Ours: attempts that failed for their credential or its rights.", "failures", _COUNTED)
COST: Final = _metric("foundry.client.cost", "Ours: sum of the cost.", "US dollars", _PRICES)
PARTIAL_COST: Final = _metric("foundry.client.cost.partial", "Ours: sum of the partial cost; apart from the cost.", "US dollars", _PRICES)
UNPRICED_ATTEMPTS: Final = _metric("foundry.client.cost.unpriced_attempts", "Ours: attempts with complete usage and no rate for the model or a part of the usage, by reason.", "attempts", _COUNTED)
INCOMPLETE_ATTEMPTS: Final = _metric("foundry.client.cost.incomplete_attempts", "Ours: attempts that ended before all usage was reported.", "attempts", _COUNTED)
QUOTA_USED: Final = _metric("foundry.client.quota.used", "Ours: what this process used in the last sixty seconds, by deployment and kind.", "requests or tokens per minute", _COUNTED)
QUOTA_LIMIT: Final = _metric("foundry.client.quota.limit", "Ours: a minute, declared or learnt.", "requests or tokens per minute", "your settings, or observed in 429 responses")
QUOTA_TIME_TO_EXHAUSTION: Final = _metric("foundry.client.quota.time_to_exhaustion", "Ours: seconds until used meets limit at the present slope; absent while it does not.", "s", _COUNTED)
BUDGET_OVERRUNS: Final = _metric("foundry.client.budget.overruns", "Ours: how often a budget was overrun; absent while none was.", "overruns", _COUNTED)
DROPPED: Final = _metric("foundry.telemetry.dropped", "Ours: items of telemetry that were lost, by reason and signal; absent while none were.", "items", _COUNTED)
HEARTBEAT: Final = _metric("foundry.telemetry.heartbeat", "Ours: seconds since this process was instrumented, reported at each collection.", "s", _CLOCK)
# fmt: on

METRICS: Final[tuple[Row, ...]] = _table.rows
"""Every metric."""

DURATION_BUCKETS: Final = tuple(0.01 * 2**n for n in range(14))
"""Seconds; GenAI."""
ATTEMPT_BUCKETS: Final = (*DURATION_BUCKETS, 163.84, 327.68, 655.36)
"""Seconds; the GenAI buckets and three more, up to the SDK's default timeout of 600 s."""
TOKEN_BUCKETS: Final = tuple(4**n for n in range(14))
"""Tokens; GenAI."""
