"""One call: its attempts in order, the trace around it, its cause and the next step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Final

from msgspec import Struct

from foundry_telemetry.advice import Advice, advice_for
from foundry_telemetry.investigate import queries
from foundry_telemetry.investigate.queries import Attempt, RelatedTelemetry
from foundry_telemetry.investigate.sources import Source, SourceError
from foundry_telemetry.investigate.ticket import texts
from foundry_telemetry.investigate.ticket.ids import Identity, support_code
from foundry_telemetry.kql.parameters import TimeRange

_ENDED_BY_CALLER: Final = ("abandoned", "cancelled")


class Call(Struct, frozen=True):
    """The attempts of one call."""

    call_id: str
    attempts: tuple[Attempt, ...]
    """In order; never none."""

    @property
    def support_code(self) -> str:
        """The short code of it."""
        return support_code(self.call_id)

    @property
    def last(self) -> Attempt:
        """The attempt that decides the outcome of the call."""
        return self.attempts[-1]

    @property
    def failed(self) -> bool:
        """Whether it failed in the end."""
        return self.last.error_type is not None

    @property
    def failure(self) -> Attempt | None:
        """The attempt that has the cause: the last that failed."""
        return next((one for one in reversed(self.attempts) if one.error_type), None)

    @property
    def state(self) -> str:
        """Its outcome, in a word or two."""
        if self.failed:
            return texts.FAILED
        if self.last.outcome in _ENDED_BY_CALLER:
            return texts.ENDED_BY_CALLER.format(outcome=self.last.outcome)
        return texts.RECOVERED if self.failure else texts.SUCCEEDED

    @property
    def advice(self) -> Advice | None:
        """What is known of its cause; ``None`` where nothing failed."""
        failure = self.failure
        return None if failure is None else advice_for(failure.error_type, failure.error_owner)

    @property
    def began(self) -> datetime:
        """When the first request left, as far as it was reported."""
        return min(one.started or one.ended for one in self.attempts)

    def waits_ms(self) -> list[float | None]:
        """For each attempt the milliseconds since the end of the one before; unknown for the first."""
        waits: list[float | None] = [None]
        for before, attempt in zip(self.attempts, self.attempts[1:], strict=False):
            started = attempt.started
            waits.append(None if started is None else (started - before.ended).total_seconds() * 1e3)
        return waits


class Found(Struct, frozen=True):
    """What an id leads to."""

    identity: Identity
    call: Call
    others: tuple[Call, ...]
    """Further calls that carry it, as those of a whole trace do."""
    related_telemetry: tuple[RelatedTelemetry, ...]
    """Requests, dependencies and exceptions of the same trace, the oldest first."""
    source_error: str | None = None
    """Why the trace could not be asked for; the call is shown without it."""


def find(
    source: Source, identity: Identity, window: TimeRange, on_progress: Callable[[str], object]
) -> Found | None:
    """The call that an id belongs to; ``None`` where no attempt in the range carries it.

    Args:
        source: Who is asked.
        identity: The id.
        window: The range to search.
        on_progress: Given what is being done.

    Raises:
        SourceError: The ledger cannot be asked.
    """
    on_progress(texts.QUERY_CALL.format(source=source.name))
    calls = _calls(queries.call(source, identity, window))
    if not calls:
        return None
    # What failed is what is asked for; of several the newest.
    chosen = max(calls, key=lambda call: (call.failed, call.failure is not None, call.last.ended))
    on_progress(texts.QUERY_TRACE.format(source=source.name))
    related_telemetry, source_error = _related_telemetry(source, chosen)
    others = tuple(call for call in calls if call is not chosen)
    return Found(identity, chosen, others, related_telemetry, source_error)


def _calls(attempts: list[Attempt]) -> list[Call]:
    by_id: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_id.setdefault(attempt.call_id, []).append(attempt)
    return sorted(
        (Call(call_id, tuple(sorted(own, key=_order))) for call_id, own in by_id.items()),
        key=attrgetter("began"),
    )


def _order(attempt: Attempt) -> tuple[float, datetime]:
    return (float("inf") if attempt.attempt_number is None else attempt.attempt_number, attempt.ended)


def _related_telemetry(source: Source, call: Call) -> tuple[tuple[RelatedTelemetry, ...], str | None]:
    trace_id = next((one.trace_id for one in call.attempts if one.trace_id), None)
    if trace_id is None:
        return (), None
    try:
        return tuple(queries.related_telemetry(source, trace_id, call.began, call.last.ended)), None
    except SourceError as error:
        return (), str(error)
